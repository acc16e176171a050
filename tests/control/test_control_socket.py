"""The control socket: a question, an answer; a question that fails is told so, and the node goes on."""
import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from hasip.control.client import NoNode, ask, find_state_dir, follow
from hasip.control.server import SOCKET_NAME, AlreadyRunning, ControlServer
from tests.patience import PATIENCE_S


def fail() -> None:
    raise ValueError("this can't be")


async def later() -> str:
    return "later"


async def zone_drain(zone: str) -> dict[str, str]:
    return {"zone": zone}


ANSWERS = {"status": lambda: {"calls": 1}, "fail": fail, "later": later, "zone_drain": zone_drain}


def asked(state_dir: Path, *questions: str) -> list[object]:
    """Run a server, ask, and return the answers, or the errors raised."""
    async def run() -> list[object]:
        async with ControlServer(state_dir, ANSWERS):
            return await asyncio.gather(*(asyncio.to_thread(ask, state_dir, question) for question in questions), return_exceptions=True)

    return asyncio.run(run())


def test_questions_are_answered_by_name(tmp_path: Path) -> None:
    assert asked(tmp_path, "status", "later") == [{"calls": 1}, "later"]


def test_question_that_fails_is_told_and_the_next_is_answered(tmp_path: Path) -> None:
    failed, fine = asked(tmp_path, "fail", "status")
    assert isinstance(failed, RuntimeError) and str(failed) == "ValueError: this can't be"
    assert fine == {"calls": 1}


def test_unknown_question_is_told_which_ones_there_are(tmp_path: Path) -> None:
    [error] = asked(tmp_path, "stat")
    assert isinstance(error, RuntimeError) and "['fail', 'later', 'status', 'zone_drain']" in str(error)


def test_arguments_come_with_their_question(tmp_path: Path) -> None:
    async def run() -> object:
        async with ControlServer(tmp_path, ANSWERS):
            return await asyncio.to_thread(ask, tmp_path, "zone_drain", {"zone": "globex/sg-a"})

    assert asyncio.run(run()) == {"zone": "globex/sg-a"}


def test_arguments_that_a_question_does_not_take_or_lacks_are_told(tmp_path: Path) -> None:
    async def run() -> list[object]:
        async with ControlServer(tmp_path, ANSWERS):
            return [await asyncio.gather(asyncio.to_thread(ask, tmp_path, "zone_drain", arguments), return_exceptions=True)
                    for arguments in ({}, {"zone": "a", "region": "b"})]

    [[lacking], [surplus]] = asyncio.run(run())
    assert isinstance(lacking, RuntimeError) and "'zone'" in str(lacking)
    assert isinstance(surplus, RuntimeError) and "'region'" in str(surplus)


@pytest.mark.parametrize("line", [b"\xff\x00", b"[]", b'"status"', b'{"ask": []}', b'{"ask": "status", "arguments": 1}', b'{"ask": "status", "arguments": "ab"}'])
def test_line_that_is_no_question_is_answered_with_an_error(tmp_path: Path, line: bytes) -> None:
    assert "the question must be one of" in answered(tmp_path, line)["error"]


def test_question_needs_no_arguments(tmp_path: Path) -> None:
    assert answered(tmp_path, b'{"ask": "status"}') == {"ok": {"calls": 1}}


def answered(state_dir: Path, line: bytes) -> dict[str, Any]:
    """Run a server, write a line, and return what comes back."""
    async def run() -> dict[str, Any]:
        async with ControlServer(state_dir, ANSWERS):
            reader, writer = await asyncio.open_unix_connection(state_dir / SOCKET_NAME)
            writer.write(line + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
            writer.close()
            await writer.wait_closed()
            return answer

    return asyncio.run(run())


def test_socket_is_for_its_owner_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    async def run() -> int:
        async with ControlServer(tmp_path, ANSWERS):
            return stat.S_IMODE(os.stat(tmp_path / SOCKET_NAME).st_mode)

    assert asyncio.run(run()) & 0o077 == 0
    assert not (tmp_path / SOCKET_NAME).exists()


def test_second_server_is_refused_and_a_dead_ones_socket_is_taken_over(tmp_path: Path) -> None:
    async def run() -> None:
        async with ControlServer(tmp_path, ANSWERS):
            with pytest.raises(AlreadyRunning, match=str(tmp_path)):
                async with ControlServer(tmp_path, ANSWERS):
                    pass

    asyncio.run(run())
    (tmp_path / SOCKET_NAME).touch()
    assert asked(tmp_path, "status") == [{"calls": 1}]


def test_no_node_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NoNode, match="hasip run"):
        ask(tmp_path, "status")


def test_node_is_found_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASIP_STATE_DIR", str(tmp_path))
    assert find_state_dir() == tmp_path


def test_several_nodes_are_listed_and_none_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HASIP_STATE_DIR", raising=False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    for name in ("hasip-1", "hasip-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / SOCKET_NAME).touch()
    with pytest.raises(NoNode, match="hasip-1.*hasip-2"):
        find_state_dir()


# ------------------------------------------------------------------------------------------------ answers that go on


class Counting:
    """An answer that goes on for as long as somebody listens."""

    def __init__(self, fails_at: int = -1) -> None:
        self.fails_at = fails_at
        self.told = 0
        self.has_ended = asyncio.Event()

    async def items(self, until: int = 10**9) -> AsyncGenerator[int, None]:
        try:
            for number in range(until):
                if number == self.fails_at:
                    raise ValueError("this can't be")
                yield number
                self.told += 1
                await asyncio.sleep(0)
        finally:
            self.has_ended.set()


def followed(state_dir: Path, counting: Counting, **arguments: int) -> list[int]:
    async def run() -> list[int]:
        async with ControlServer(state_dir, ANSWERS, {"count": counting.items}):
            return await asyncio.to_thread(lambda: list(follow(state_dir, "count", arguments)))

    return asyncio.run(run())


def test_an_answer_that_goes_on_comes_item_by_item_until_its_end(tmp_path: Path) -> None:
    assert followed(tmp_path, Counting(), until=3) == [0, 1, 2]


def test_an_answer_that_fails_on_its_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ValueError: this can't be"):
        followed(tmp_path, Counting(fails_at=2))


def test_arguments_that_an_answer_does_not_take_are_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="to_what"):
        followed(tmp_path, Counting(), to_what=3)


def test_an_answer_ends_when_who_asked_is_gone(tmp_path: Path) -> None:
    counting = Counting()

    async def run() -> None:
        async with ControlServer(tmp_path, ANSWERS, {"count": counting.items}):
            reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_NAME)
            writer.write(b'{"ask": "count"}\n')
            assert json.loads(await reader.readline()) == {"item": 0}
            writer.close()
            await asyncio.wait_for(counting.has_ended.wait(), PATIENCE_S)

    asyncio.run(run())


def test_who_does_not_read_is_waited_for_and_nothing_piles_up(tmp_path: Path) -> None:
    counting = Counting()

    async def run() -> int:
        async with ControlServer(tmp_path, ANSWERS, {"count": counting.items}):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(tmp_path / SOCKET_NAME))
                connection.sendall(b'{"ask": "count"}\n')
                before = -1
                while counting.told != before or not before:
                    before = counting.told
                    for _ in range(1000):
                        await asyncio.sleep(0)
                told = counting.told
            await asyncio.wait_for(counting.has_ended.wait(), PATIENCE_S)
            return told

    assert 0 < asyncio.run(run()) < 1_000_000
