"""Storage goes through the one door as well: `tokio-postgres` over a judged connection to a real PostgreSQL, where the environment says
what libpq would believe, and where the tables are replaced while the connection is open.

The endpoint that is judged by tables stands in an Internet of the test's own (namespaces.py): there a connection abroad would be met.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys

import pytest

import world as worlds
from geography import LOCATION, REGISTRY, delegated, geoip4, geoip6, today
from namespaces import Namespace
from postgres import Postgres
from trap import Trap
from world import until

TODAY = today()
HOST, AT_HOME, ABROAD, PORT = "db.example.kz", "195.12.113.29", "8.8.8.8", 5432
# Hands connections to a TCP port on to a Unix socket: sockets of the file system are met from any network namespace.
BRIDGE = """
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
def pump(source, sink):
    while octets := source.recv(65536):
        sink.sendall(octets)
    sink.shutdown(socket.SHUT_WR)
while True:
    client, _ = listener.accept()
    server = socket.socket(socket.AF_UNIX)
    server.connect(sys.argv[2])
    for pair in ((client, server), (server, client)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


def example():
    path = pathlib.Path(os.environ.get("QAQPA_DOOR_POSTGRES", worlds.target() / "debug" / "examples" / "door_postgres"))
    assert path.is_file(), f"{path} is missing: cargo build -p qaqpa-tests --examples"
    return str(path)


def told(run):
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def lay_tables(directory, registry=REGISTRY, location=LOCATION):
    directory.mkdir()
    for name, text in [("delegated", delegated(registry, TODAY)), ("geoip", geoip4(location, TODAY)), ("geoip6", geoip6(location, TODAY))]:
        (directory / name).write_text(text)
    return directory


def environment(host, port, service):
    """Everything that libpq reads to find a server."""
    service.write_text(f"[trap]\nhost={host}\nport={port}\n")
    return {**os.environ, "PGHOST": host, "PGHOSTADDR": host, "PGPORT": str(port), "PGSERVICE": "trap", "PGSERVICEFILE": str(service),
            "DATABASE_URL": f"postgres://{host}:{port}/"}


@pytest.fixture(scope="module")
def database():
    with Postgres() as database:
        yield database


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return lay_tables(tmp_path_factory.mktemp("evidence") / "tables")


@pytest.fixture(scope="module")
def internet():
    with Namespace() as internet:
        yield internet


@contextlib.contextmanager
def bridge(internet, database):
    """The database at a port of the namespace's loopback."""
    port = worlds.free_port()
    command = internet.command([sys.executable, "-u", "-c", BRIDGE, port, database.socket])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield ("127.0.0.1", port)
    finally:
        process.kill()
        process.wait(10)


def test_the_declared_database_answers_whatever_the_environment_says(database, tables, tmp_path):
    trap = Trap()
    try:
        variables = environment("127.0.0.1", trap.port, tmp_path / "services")
        url = f"postgres://localhost:{database.port}"
        run = subprocess.run([example(), tables, url, "development-loopback", "127.0.0.1"], env=variables, capture_output=True, text=True, timeout=60)
        seen = told(run)
        assert (seen["answer"], seen["peer"]) == ("1", f"127.0.0.1:{database.port}")
        assert "endpoint=db plane=storage code=residency.ok rule=loopback" in seen["evidence"]
        assert trap.arrived == []
        # The trap works: libpq itself goes there by these variables.
        subprocess.run([database.commands / "psql", "-c", "select 1"], env=variables, capture_output=True, timeout=60)
        until(lambda: trap.arrived, "libpq at the trap")
    finally:
        trap.close()


REFUSED = [
    ("abroad", f"postgres://{HOST}", "internet", ABROAD, "residency.foreign"),
    ("one address of two abroad", f"postgres://{HOST}", "internet", f"{AT_HOME},{ABROAD}", "residency.mixed"),
    ("an address abroad", f"postgres://{ABROAD}", "internet", ABROAD, "residency.literal"),
    ("this machine, as the Internet", f"postgres://{HOST}", "internet", "127.0.0.1", "residency.special"),
    ("two hosts", f"postgres://{HOST},{ABROAD}", "internet", AT_HOME, "residency.bad_url"),
    ("two hosts with ports", f"postgres://{HOST}:5432,{ABROAD}:5432", "internet", AT_HOME, "residency.bad_url"),
    ("a user", f"postgres://qaqpa@{HOST}", "internet", AT_HOME, "residency.userinfo"),
    ("a user and a password", f"postgres://qaqpa:secret@{HOST}:5432", "internet", AT_HOME, "residency.userinfo"),
    ("a host in the options", f"postgres://{HOST}/?host={ABROAD}", "internet", AT_HOME, "residency.bad_url"),
    ("another scheme", f"mysql://{HOST}", "internet", AT_HOME, "residency.scheme"),
]


@pytest.mark.parametrize("url, kind, addresses, code", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_may_not_be_reached_hears_nothing(internet, tables, tmp_path, url, kind, addresses, code):
    internet.begin()
    run = internet.run([example(), tables, url, kind, addresses], env=environment(ABROAD, PORT, tmp_path / "services"))
    assert told(run) == {"refused": code}
    seen = internet.end()
    assert (seen.arrived, seen.spoken, seen.asked) == ({}, {}, [])


def test_a_connection_ends_with_the_tables_that_let_it_be(internet, database, tables, tmp_path):
    moved = lay_tables(tmp_path / "moved", registry=[*REGISTRY, ("195.12.112.0/22", "DE")], location=[*LOCATION, ("195.12.112.0/22", "DE")])
    arguments = [f"postgres://{HOST}", "internet", AT_HOME]
    with bridge(internet, database) as inside:
        for row, new, wanted in [
            ("the same tables", tables, {"again": "1"}),
            ("tables that place it abroad", moved, {"again": None, "ended": "residency.revoked", "reconnected": "residency.foreign"}),
        ]:
            internet.begin({(AT_HOME, PORT): inside})
            seen = told(internet.run([example(), tables, *arguments, new], env=environment(ABROAD, PORT, tmp_path / "services")))
            assert (seen.pop("answer"), seen.pop("peer")) == ("1", f"{AT_HOME}:{PORT}"), row
            assert "code=residency.ok rule=country" in seen.pop("evidence"), row
            assert seen == wanted, row
            network = internet.end()
            assert network.beside((AT_HOME, PORT)) == set(), row
            assert network.arrived[AT_HOME, PORT, "tcp"][0] == 1, f"{row}: one connection"
