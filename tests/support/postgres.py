"""A PostgreSQL server of our own: on loopback, a free port, in a temporary folder, as a user who is not root."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from support import debian

PASSWORD = "secret-of-the-test"  # of a server that only this test can reach


def find_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``pg_ctl``; Debian keeps it off the path."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists() and (folder / "initdb").exists()), None)


def why_missing() -> str | None:
    """Return why there is no server to start, None if there is one."""
    return debian.why_missing("PostgreSQL's server", "postgresql", find_programs)


@dataclass
class Server:
    """A running server."""

    folder: Path
    port: int
    numbers: itertools.count = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return f"postgresql://calcidect:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        import pg8000.dbapi

        name = f"t{next(self.numbers)}"
        with pg8000.dbapi.connect("calcidect", "127.0.0.1", "postgres", self.port, PASSWORD) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)


def start() -> Server:
    """Start a server; ``stop`` ends it and removes its folder."""
    folder = Path(tempfile.mkdtemp(prefix="calcidect-pg-"))
    (folder / "password").write_text(PASSWORD)
    if os.geteuid() == 0:
        user = _user()
        for path in (folder, folder / "password"):
            os.chown(path, user.pw_uid, user.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _run(folder, "initdb", "-U", "calcidect", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    _run(folder, "pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
    return Server(folder, port)


def stop(server: Server) -> None:
    """End a server and remove its folder."""
    _run(server.folder, "pg_ctl", "-m", "immediate", "stop")
    shutil.rmtree(server.folder, ignore_errors=True)


def _run(folder: Path, program: str, *words: str) -> None:
    programs = find_programs()
    assert programs is not None
    command = [str(programs / program), "-D", str(folder / "data"), *words]
    user = {} if os.geteuid() != 0 else {"user": _user().pw_uid, "group": _user().pw_gid, "extra_groups": []}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user)


def _user() -> pwd.struct_passwd:
    """Return an account without rights: the server refuses to run as root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
