"""What commands that open the store have in common: how they begin, and how they fail."""
import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import typer

from hasip.config import ConfigError, load_node
from hasip.domain.node import Log, Node
from hasip.logs import set_up_logs
from hasip.store import CallStore, Store, StoreError

Result = TypeVar("Result")


def with_store(node_file: Path, work: Callable[[Node, Store], Awaitable[Result]]) -> Result:
    """Return what `work` returns; what goes wrong is said in a line each, and exit code 1."""
    async def run(node: Node) -> Result:
        async with Store(node.store_url) as store:
            return await work(node, store)

    return _run(node_file, run)


def with_call_store(node_file: Path, work: Callable[[Node, CallStore], Awaitable[Result]]) -> Result:
    """Return what `work` returns, given the records of calls; what goes wrong is said in a line each, and exit code 1."""
    async def run(node: Node) -> Result:
        async with CallStore(node.store_url) as store:
            return await work(node, store)

    return _run(node_file, run)


def _run(node_file: Path, run: Callable[[Node], Coroutine[Any, Any, Result]]) -> Result:
    set_up_logs(Log(), sys.stderr)              # standard output is what was asked for
    try:
        return asyncio.run(run(load_node(node_file)))
    except (ConfigError, StoreError, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
