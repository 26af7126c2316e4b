"""A process that may open few files lets in fewer and keeps the rest for its answers; one that may open more takes them all."""

import contextlib

from sockets import ended, hello, opened, tcp, tls
from test_silent import HELLO
from world import binary, qaqpa

FEW = 128
# What stays for answers, whoever comes: for a segment of the journal, for state systems.
KEPT = 10


@contextlib.contextmanager
def descriptors(world, monkeypatch, number):
    """What is started meanwhile may never have more."""
    wrapper = world.directory / "few"
    wrapper.write_text(f'#!/bin/sh\nulimit -n {number}\nexec {binary()} "$@"\n')
    wrapper.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("QAQPA", str(wrapper))
        yield


def test_few_descriptors_are_not_all_given_away(attack, monkeypatch):
    world = attack.world
    world.mock()
    with descriptors(world, monkeypatch, FEW):
        told = qaqpa("check", "--config", world.config).stdout
        gateway = world.gateway()
    assert f"open files: {FEW} of the 4064" in told and f"open files: {FEW} of the 4064" in gateway.written()
    with attack(f"{FEW} descriptors: 500 silent connections, 300 idle ones of an unknown certificate") as begun:
        with opened(300, lambda: hello(tls(world))) as idle, opened(500, lambda: tcp(world)) as silent:
            begun.goes_on(HELLO + 0.5)
            assert ended(silent) == 500 and ended(idle) > 280
    assert begun.meter.descriptors < FEW - KEPT


def test_a_gateway_takes_all_descriptors_that_it_may_have_and_leaves_no_core(own_world):
    limits = open(f"/proc/{own_world.processes[-1].popen.pid}/limits").read().splitlines()
    soft_and_hard = {line[:25].strip(): line[25:].split()[:2] for line in limits}
    assert soft_and_hard["Max open files"][0] == soft_and_hard["Max open files"][1]
    assert soft_and_hard["Max core file size"] == ["0", "0"]
