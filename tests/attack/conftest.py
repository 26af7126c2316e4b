"""Attacks on a running gateway: each in a world of its own, beside a bystander who must not notice, under a meter.

    pytest tests/attack                          each attack for some seconds, as `.ci/run` does
    QAQPA_ATTACK_SECONDS=60 pytest tests/attack  as long as one likes

An attack is a test that enters `attack(TITLE)` and does there what a stranger can do. It ends with one line (memory, CPU,
descriptors, the bystander's percentiles), and fails where memory grew by 64 MiB or a call of the bystander's was not
answered. What else must hold (how many were cut, what the journal says) the test asserts itself.
"""

import pathlib
import resource
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import bystander  # noqa: E402
from attack import Attack, lines  # noqa: E402
from fixtures import laid_out, own_world, pytest_runtest_makereport, pytest_sessionfinish, stubs  # noqa: E402, F401


def pytest_configure():
    """An attacker has as many descriptors as he likes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("attacks")
    for line in lines:
        terminalreporter.write_line(line)


@pytest.fixture
def attack(laid_out, stubs):
    """Begins the attack of that title on a gateway of the test's own. `attack.world` is its world; what a test changes in
    its configuration before it attacks is in force."""
    def attack(title):
        if not laid_out.processes:
            laid_out.mock()
        if len(laid_out.processes) == 1:
            laid_out.gateway()
        return Attack(title, laid_out, stubs)

    attack.world = bystander.let_exchange(laid_out)
    return attack
