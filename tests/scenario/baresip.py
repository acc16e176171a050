"""A real baresip: configured into a folder, told what to do and heard through its control socket (JSON in netstrings)."""
import json
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_S

from .edge import SIP_PORT, Edge
from .user import PASSWORD

CONTROL_PORT = 4444
QUIT_S = 3.0
RUN_S = 60              # it ends by itself after it, whatever happens to us

CONFIG = """\
sip_listen {address}:{port}
sip_cafile {ca}
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
module_path {modules}
module g711.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{control_port}
"""


class Baresip:
    """One user of a trunk, at an address of its own."""

    def __init__(self, folder: Path, edge: Edge, name: str, transport: str, address: str) -> None:
        program = shutil.which("baresip")
        assert program, "baresip is missing: apt-get install baresip-core"
        modules = next(iter(sorted(Path("/usr/lib").glob("**/baresip/modules"))), Path("/usr/lib/baresip/modules"))
        folder.mkdir()
        (folder / "config").write_text(CONFIG.format(address=address, port=SIP_PORT, ca=edge.authority.file, modules=modules, control_port=CONTROL_PORT))
        where = f"{edge.address[0]}:{edge.tls_address[1] if transport == 'tls' else edge.address[1]};transport={transport}"
        (folder / "accounts").write_text(f"<sip:{name}@{where}>;auth_user={name};auth_pass={PASSWORD};answermode=auto;regint=600\n")
        self.log_file = folder / "log"
        self._events: list[dict[str, Any]] = []
        self._received = b""
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen([program, "-f", str(folder), "-t", str(RUN_S), "-s"], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, cwd=folder)
        self._control = self._connect(address)

    def command(self, command: str, parameters: str = "") -> None:
        """Tell it to do something: "dial", "hangup", …"""
        text = json.dumps({"command": command, "params": parameters}).encode()
        self._control.sendall(b"%d:%b," % (len(text), text))

    def wait(self, event_type: str) -> dict[str, Any]:
        """Return the next event of a type, "REGISTER_OK" or "CALL_ESTABLISHED". Errors: AssertionError after PATIENCE_S."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            for event in self._events:
                if event.get("type") == event_type:
                    self._events.remove(event)
                    return event
            left = deadline - time.monotonic()
            assert left > 0 and self.process.poll() is None, f"no {event_type}, but {self._events}\n{self.log()}"
            if select.select([self._control], [], [], left)[0]:
                self._take()

    def log(self) -> str:
        """Return the end of what it said, its SIP trace included."""
        return self.log_file.read_text(errors="replace")[-6000:]

    def stop(self) -> None:
        """Let it unregister and end."""
        try:
            self.command("quit")
            self.process.wait(QUIT_S)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        finally:
            self._control.close()

    def _connect(self, address: str) -> socket.socket:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return socket.create_connection((address, CONTROL_PORT), timeout=PATIENCE_S)
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    self.process.wait()
                    raise AssertionError(f"baresip does not start:\n{self.log()}") from None
                select.select([], [], [], 0.02)

    def _take(self) -> None:
        octets = self._control.recv(65_536)
        assert octets, f"baresip closed its control socket:\n{self.log()}"
        self._received += octets
        while b":" in self._received:
            length, _, rest = self._received.partition(b":")
            if len(rest) <= int(length):
                return
            self._events.append(json.loads(rest[:int(length)]))
            self._received = rest[int(length) + 1:]


Start = Callable[..., Baresip]
