"""The demo's router: its two files, and the process that runs by them."""
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from hasip.control.client import NoNode, ask
from hasip.user_agent.certificate import write_certificate

HOST = "127.0.9.1"
ROUTER, ROUTER_TLS = (HOST, 5060), (HOST, 5061)
CORE = ("127.0.9.2", 5060)
PRIMARY = ("127.0.9.3", 5060)
SECONDARY = ("127.0.9.4", 5060)
HOME = "127.0.9.5"                                      # where the one is who registers
USERNAME, PASSWORD = "dr-site", "c0rrect-horse-battery"
CALLER_ID = "+6561230000"

NODE_FILE = f"""
[node]
name = "demo"
state_dir = "{{state_dir}}"

[[listen]]
transport = "udp"
address = "{HOST}:5060"

[[listen]]
transport = "tcp"
address = "{HOST}:5060"

[[listen]]
transport = "tls"
address = "{HOST}:5061"
certificate = "edge.pem"
key = "edge.key"
"""

CORE_TABLE = f"""
[[core]]
name = "pstn"
allow = ["{CORE[0]}/32"]
target = [{{ address = "{CORE[0]}:{CORE[1]}", transport = "udp" }}]
"""

TRUNK_TABLE = f"""
[[trunk]]
name = "{{name}}"
calls = {{calls}}
caller_id = "{CALLER_ID}"
add_ons = ["high_availability", "ip_authentication"]
numbers = ["{{number}}"]
mode = "{{mode}}"
primary = {{{{ label = "HQ", authentication = "ip", allow = ["{PRIMARY[0]}/32"], address = "{PRIMARY[0]}:{PRIMARY[1]}", transport = "udp" }}}}
"""
SECONDARY_BY_ADDRESS = (
    f'secondary = {{ label = "DR site", authentication = "ip", allow = ["{SECONDARY[0]}/32"], address = "{SECONDARY[0]}:{SECONDARY[1]}", transport = "udp" }}\n')
SECONDARY_BY_DIGEST = f'secondary = {{ label = "DR site", authentication = "digest", username = "{USERNAME}", password = "{PASSWORD}", transport = "tls" }}\n'

TRUNKS = (("plain", 100, "1001", "only_primary", SECONDARY_BY_ADDRESS), ("balanced", 100, "1002", "load_balancing", SECONDARY_BY_ADDRESS),
          ("resilient", 1000, "1003", "auto_failover", SECONDARY_BY_ADDRESS), ("small", 5, "1004", "auto_failover", SECONDARY_BY_ADDRESS),
          ("roaming", 100, "1005", "auto_failover", SECONDARY_BY_DIGEST))


@contextlib.asynccontextmanager
async def running_router(folder: Path) -> AsyncIterator[int]:
    """Run a hasip of our own until the block ends; yield its process. Errors: SystemExit with its log when it does not start."""
    write_certificate(folder, HOST)
    (folder / "edge.toml").write_text(NODE_FILE.format(state_dir=folder))
    (folder / "trunks.toml").write_text(CORE_TABLE + "".join(
        TRUNK_TABLE.format(name=name, calls=calls, number=number, mode=mode) + secondary for name, calls, number, mode, secondary in TRUNKS))
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hasip", "run", str(folder / "edge.toml"), "--apply", str(folder / "trunks.toml"), stderr=log)
        try:
            await until_ready(folder, process)
            yield process.pid
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def until_ready(folder: Path, process: asyncio.subprocess.Process) -> None:
    """Wait until the node answers. Errors: SystemExit."""
    for _ in range(200):
        with contextlib.suppress(NoNode, RuntimeError):
            ask(folder, "status")
            return
        if process.returncode is not None:
            break
        await asyncio.sleep(0.05)
    raise SystemExit("the router did not start:\n" + (folder / "log").read_text())
