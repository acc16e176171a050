"""What a store of many trunks costs: time and memory to apply, change, load and follow, each in a process of its own.

    python bench/load/store.py [--trunks 100000] [--url postgresql:///hasip?host=/run/postgresql]
"""
import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from hasip.bridge.publish import any_seat, by_address_alone
from hasip.bridge.publisher import Publisher
from hasip.bridge.router import open_router
from hasip.config import load_provisioning
from hasip.domain.node import Listener, Node, Registrar
from hasip.domain.trunk import Mode, Provisioning
from hasip.registrar.credentials import hash_passwords
from hasip.store import Store, read_last_world, write_last_world

CORE = '[[core]]\nname = "pstn"\nallow = ["10.0.0.0/8"]\ntarget = [{ address = "10.0.0.1:5060" }]\n'
TRUNK = """
[[trunk]]
name = "trunk-{0}"
calls = 30
caller_id = "+65{0:08d}"
numbers = ["+65{0:08d}", "+66{0:08d}*"]
add_ons = ["high_availability", "ip_authentication"]
mode = "auto_failover"
[trunk.primary]
label = "Office"
authentication = "ip"
address = "{1}:5060"
allow = ["{1}"]
[trunk.secondary]
label = "Home"
authentication = "digest"
username = "user-{0}"
password = "c0rrect-horse-{0}"
"""
STEPS = ("read_file", "apply_from_nothing", "apply_nothing", "apply_one_trunk", "look", "load", "follow_one_trunk", "write_last_world", "read_last_world", "publish",
         "publish_one_trunk", "remove_all")


def main() -> None:
    """Run every step and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trunks", type=int, default=100_000)
    parser.add_argument("--url", default="", help="the store; default: SQLite in a temporary directory")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(asyncio.run(measured(options.step, options.folder, options.url))))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_trunks_file(Path(folder) / "trunks.toml", options.trunks)
        url = options.url or f"sqlite:///{folder}/hasip.db"
        print(f"{options.trunks} trunks\n{'step':20} {'s':>8} {'MiB at most':>12}")
        for step in STEPS:
            done = subprocess.run([sys.executable, __file__, "--step", step, "--folder", folder, "--url", url], check=True, capture_output=True, text=True)
            seconds, mebibytes = json.loads(done.stdout)
            print(f"{step:20} {seconds:8.2f} {mebibytes:12.0f}", flush=True)


def write_trunks_file(file: Path, count: int) -> None:
    """Write trunks of one kind, each with an account by address and one that registers."""
    with file.open("w") as text:
        text.write(CORE)
        for index in range(count):
            text.write(TRUNK.format(index, f"172.{16 + index // 65536}.{index // 256 % 256}.{index % 256}"))


async def measured(step: str, folder: Path, url: str) -> tuple[float, float]:
    """Return the seconds of one step, and the most MiB its process had, with all that the step begins with."""
    async with Store(url) as store:
        await store.generation()                # connected, and migrated
        work = await prepared(step, folder, store)
        begun = time.perf_counter()
        await work()
        return time.perf_counter() - begun, peak_mebibytes()


async def prepared(step: str, folder: Path, store: Store) -> Callable[[], Awaitable[object]]:
    """Return what is to be measured, with all that it needs made before."""
    if step.startswith("apply") or step == "remove_all":
        wanted = Provisioning() if step == "remove_all" else world_of_file(folder)
        if step == "apply_one_trunk":
            wanted = replace(wanted, trunks=(replace(wanted.trunks[0], mode=Mode.ONLY_PRIMARY), *wanted.trunks[1:]))
        return lambda: store.apply(wanted, realm="hasip", who="bench")
    if step in ("load", "look"):
        return store.load if step == "load" else store.generation
    if step in ("read_file", "read_last_world"):
        return lambda: asyncio.to_thread(world_of_file if step == "read_file" else read_last_world, folder)
    world = await store.load()
    if step == "follow_one_trunk":
        first, *others = world.provisioning.trunks
        await store.apply(replace(world.provisioning, trunks=(replace(first, calls=first.calls + 1), *others)), realm="hasip", who="bench")
        return lambda: store.load(world)
    if step == "write_last_world":
        return lambda: asyncio.to_thread(write_last_world, folder, world)
    publisher = publisher_in(folder, len(world.provisioning.trunks))
    if step == "publish":
        return lambda: asyncio.to_thread(publisher.publish, world.provisioning, by_address_alone, any_seat)
    publisher.publish(world.provisioning, by_address_alone, any_seat)
    first, *others = world.provisioning.trunks
    changed = replace(world.provisioning, trunks=(replace(first, calls=first.calls + 1), *others))
    return lambda: asyncio.to_thread(publisher.publish, changed, by_address_alone, any_seat)


def publisher_in(folder: Path, trunks: int) -> Publisher:
    """Return the publisher of a router that nobody runs."""
    state_dir = folder / "state"
    state_dir.mkdir(exist_ok=True)
    node = Node("bench", state_dir, (Listener("udp", "127.0.0.1", 0),), trunk_capacity=trunks + 2, call_capacity=1024, transaction_capacity=1024)
    return Publisher(open_router(node), node.trunk_capacity)


def world_of_file(folder: Path) -> Provisioning:
    """Return the trunks file as it is applied."""
    return hash_passwords(load_provisioning(folder / "trunks.toml"), Registrar())


def peak_mebibytes() -> float:
    """Return the most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
