"""A PostgreSQL of our own: in a temporary directory, on a unix socket."""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))


class Postgresql:
    """One cluster. Owns: its directory, its processes."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hasip-postgresql-"))
        self._databases = 0
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--pgdata", str(self._folder / "cluster"), "--auth", "trust", "--username", "hasip", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8")
        self.start()

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        self._control("start", "--options", f"-k {self._folder} -c listen_addresses='' -c fsync=off", "--log", str(self._folder / "log"))

    def stop(self) -> None:
        """End every connection, and stop."""
        self._control("stop", "--mode", "fast")

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it answer nobody for a while, as behind a network that is gone."""
        main = (self._folder / "cluster" / "postmaster.pid").read_text().split()[0]
        os.kill(int(main), signal.SIGSTOP)              # first: it makes no further children then
        children = list(map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split()))
        for process in children:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in (int(main), *children):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def close(self) -> None:
        """Stop for good; nothing is left."""
        self._control("stop", "--mode", "immediate")
        shutil.rmtree(self._folder)

    def new_database(self) -> str:
        """Return the URL of an empty database."""
        self._databases += 1
        name = f"store_{self._databases}"
        self._run("createdb", "--host", str(self._folder), "--username", "hasip", name)
        return f"postgresql://hasip@/{name}?host={self._folder}"

    def _control(self, verb: str, *arguments: str) -> None:
        self._run("pg_ctl", verb, "--pgdata", str(self._folder / "cluster"), "--wait", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        assert PROGRAMS is not None
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run([*as_postgres, str(PROGRAMS / program), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60, cwd="/")
        assert done.returncode == 0, done.stderr
