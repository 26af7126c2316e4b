"""What the tests share: a running world, the stubs that protoc makes of our proto files, a kept demo.

A test that cannot run has failed: a missing tool is an error and a skip fails the run.
"""

import importlib
import json
import os
import shutil
import sys
import types

import pytest
from grpc_tools import protoc
import grpc_tools

import world as worlds
from country import Country, lay_tables
from namespaces import Namespace

TOOLS = ["xmllint", "xmlsec1", "openssl", "strace", "ip", "nft", "unshare", "nsenter"]


def pytest_configure():
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise pytest.UsageError(f"missing tools: {' '.join(missing)}; .ci/setup brings them")
    try:
        for name in ("c14n", "wsse", "codec"):
            os.environ.setdefault(f"QAQPA_{name.upper()}", worlds.example(name))
        worlds.binary()
    except AssertionError as missing:
        raise pytest.UsageError(str(missing)) from None


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


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A gateway and a mock government that all tests of the session share: use request ids of your own."""
    world = worlds.World(tmp_path_factory.mktemp("world"))
    try:
        world.mock()
        world.gateway()
        yield world
    finally:
        world.stop()


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


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo with everything it keeps, and what it said about itself."""
    kept = tmp_path_factory.mktemp("demo") / "kept"
    told = json.loads(worlds.qaqpa("demo", "--keep", kept, "--format", "json").stdout)
    return types.SimpleNamespace(directory=kept, told=told)


@pytest.fixture(scope="module")
def country(tmp_path_factory, stubs):
    """An Internet of the module's own with a state in it; `worlds.binary()` runs inside while it is there."""
    directory = tmp_path_factory.mktemp("country")
    with Namespace() as internet, pytest.MonkeyPatch.context() as patch:
        country = Country(directory, internet)
        context = stubs.exchange.Context(purpose=worlds.STATE_EXCHANGE, on_behalf_of=worlds.SCHOOL)
        country.request = stubs.training.GetSchoolRequest(context=context, school_bin=worlds.SCHOOL).SerializeToString()
        patch.setenv("QAQPA", str(country.wrapper))
        country.world.mock()
        yield country
        country.world.stop()


@pytest.fixture
def tables(country):
    """The tables of the country, which the test may spoil."""
    yield country.tables
    lay_tables(country.tables)
