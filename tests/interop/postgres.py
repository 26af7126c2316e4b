"""A real PostgreSQL of Debian's for one test: a cluster in a directory of its own, on a free port of loopback and on a Unix socket, run by
a user without rights, because it refuses to run by root.

    with Postgres() as database: ...connect to 127.0.0.1:database.port or to database.socket as user `qaqpa`
"""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

from world import free_port, until

# Debian keeps the server's commands out of PATH.
SERVERS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
NOBODY = "nobody"


class Postgres:
    def __init__(self):
        assert SERVERS, "no PostgreSQL server: .ci/setup brings it"
        self.commands = SERVERS[-1].parent
        self.port = free_port()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qaqpa-pg-"))
        self.directory.chmod(0o755)
        self.socket = self.directory / f".s.PGSQL.{self.port}"
        self.server = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(self, *_):
        self._clear()

    def _start(self):
        data, log = self.directory / "data", self.directory / "log"
        if os.geteuid() == 0:
            user = pwd.getpwnam(NOBODY)
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        initdb = [self.commands / "initdb", "--pgdata", data, "--username", "qaqpa", "--auth", "trust", "--no-sync", "--no-locale"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, timeout=120, **self._who())
        serve = [self.commands / "postgres", "-D", data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                 "-c", f"unix_socket_directories={self.directory}", "-c", "fsync=off", "-c", "log_connections=on"]
        with open(log, "wb") as out:
            self.server = subprocess.Popen(serve, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **self._who())
        until(lambda: "ready to accept connections" in log.read_text() or self.server.poll() is not None, f"a server by {log}")
        assert self.server.poll() is None, log.read_text()

    def _who(self):
        """As somebody else only where that is allowed; with an environment in which no PG* variable stands."""
        rights = {"user": NOBODY, "group": pwd.getpwnam(NOBODY).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        return {"cwd": self.directory, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, **rights}

    def _clear(self):
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)  # a fast shutdown: whoever is connected is cut off
            try:
                self.server.wait(10)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait(10)
        shutil.rmtree(self.directory, ignore_errors=True)
