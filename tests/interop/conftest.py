"""What the tests share: a running world, the stubs that protoc makes of our proto files, a kept demo.

A test that cannot run has failed: a missing tool is an error and a skip fails the run.
"""

import json
import os
import shutil
import types

import pytest

import world as worlds
from country import Country, lay_tables
from fixtures import laid_out, own_world, pytest_runtest_makereport, pytest_sessionfinish, stubs  # noqa: F401
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
