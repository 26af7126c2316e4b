"""Hands on the files of a gateway: a second one on its lane, a vault that is missing, older or another's, files removed under it.
What was known stays known, or the gateway does not run and says which command repairs it."""

import shutil
import signal
import subprocess

from calls import get_school
from world import SCHOOL, binary, qaqpa, until

CONFIGURATION = 78


def refused(world):
    """What `serve` says when it does not start."""
    return qaqpa("serve", "--config", world.config, wanted=CONFIGURATION).stderr


def answered(world, stubs):
    with world.channel() as channel:
        return get_school(stubs, channel).school.bin == SCHOOL


def stopped(world):
    """The gateway alone; the mock goes on."""
    gateway = world.processes.pop()
    gateway.popen.send_signal(signal.SIGTERM)
    assert gateway.popen.wait(30) == 0, gateway.written()


def vault(world):
    return world.directory / "vault" / "vault.sqlite"


def test_a_second_gateway_is_refused_also_when_the_lock_file_is_gone(own_world, stubs):
    assert answered(own_world, stubs)
    for _ in range(2):
        assert "another gateway writes this journal" in refused(own_world)
        (own_world.directory / "journal" / "lock").unlink()
    assert answered(own_world, stubs)


def test_a_missing_and_an_older_vault_are_refused_and_repaired(own_world, stubs):
    assert answered(own_world, stubs)
    stopped(own_world)
    older = own_world.directory / "older.sqlite"
    shutil.copy2(vault(own_world), older)
    own_world.gateway()
    stopped(own_world)
    vault(own_world).unlink()
    said = refused(own_world)
    assert "is not there" in said and "qaqpa vault restore --config" in said, said
    shutil.copy2(older, vault(own_world))
    said = refused(own_world)
    assert "older copy" in said and "qaqpa vault restore --config" in said, said
    qaqpa("vault", "restore", "--config", own_world.config)
    own_world.gateway()
    assert answered(own_world, stubs)
    assert [record["event"] for record in own_world.records() if record["phase"] == "RECOVERY"].count("vault_restored") == 1


def test_a_vault_that_is_removed_under_the_gateway_stops_it(own_world, stubs):
    gateway = own_world.processes[-1]
    assert answered(own_world, stubs)
    vault(own_world).unlink()
    arguments = ["consent", "list", "--gateway", f"https://localhost:{own_world.gateway_port}", "--ca", own_world.file("ca.pem"),
                 "--certificate", own_world.file("clients/school.pem"), "--key", own_world.file("clients/school.key"), "--iin"]
    ask = lambda: subprocess.run([binary(), *map(str, arguments)], input="991231500006\n", capture_output=True, text=True)  # noqa: E731
    until(lambda: "vault.unavailable" in ask().stderr, "the vault that stopped")
    assert gateway.popen.poll() is None
    stopped(own_world)
    assert "qaqpa vault restore" in refused(own_world)
