"""What every session of tests needs, whatever it proves: a world of one's own, the stubs that protoc makes of our proto files,
the logs of whoever failed, and a session that fails where something was skipped.

A `conftest.py` takes them by name, here and in `tests/attack`.
"""

import importlib
import os
import sys
import types

import pytest
from grpc_tools import protoc
import grpc_tools

import world as worlds


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    unproven = [kind for kind in ("skipped", "xfailed", "xpassed") if reporter and reporter.stats.get(kind)]
    if unproven and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"tests were {' and '.join(unproven)}: what was not run is not proven", red=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Shows what the processes of a failed test's world wrote."""
    report = (yield).get_result()
    for value in item.funcargs.values() if report.failed else ():
        if isinstance(value, worlds.World):
            report.sections.append(("logs", value.logs()))


@pytest.fixture
def laid_out(tmp_path):
    """An environment for one test alone, in which nothing runs yet."""
    world = worlds.World(tmp_path)
    yield world
    world.stop()


@pytest.fixture
def own_world(laid_out):
    """A gateway and a mock government for one test alone."""
    laid_out.mock()
    laid_out.gateway()
    return laid_out


@pytest.fixture(scope="session")
def stubs(tmp_path_factory):
    """Our published proto files, compiled by somebody else's protoc."""
    out = tmp_path_factory.mktemp("stubs")
    proto = worlds.REPOSITORY / "proto"
    files = sorted(str(path.relative_to(proto)) for path in proto.rglob("*.proto"))
    bundled = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
    assert protoc.main(["protoc", f"-I{proto}", f"-I{bundled}", f"--python_out={out}", f"--grpc_python_out={out}",
                        *files]) == 0
    sys.path.insert(0, str(out))
    return types.SimpleNamespace(
        training=importlib.import_module("qaqpa.avtoshkola.v1.training_pb2"),
        services=importlib.import_module("qaqpa.avtoshkola.v1.training_pb2_grpc"),
        consent=importlib.import_module("qaqpa.consent.v1.consents_pb2"),
        ledger=importlib.import_module("qaqpa.consent.v1.consents_pb2_grpc"),
        exchange=importlib.import_module("qaqpa.v1.exchange_pb2"),
        options=importlib.import_module("qaqpa.v1.options_pb2"),
    )
