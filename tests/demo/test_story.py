"""The demo as `make demo` runs it, and what it says where something does not come as told."""
import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from hasip.demo import story
from hasip.demo.router import running_router
from hasip.demo.story import Story


def test_the_story_comes_as_told() -> None:
    done = subprocess.run([sys.executable, "-m", "hasip.demo"], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("REGISTER answered 401, then 200", "20 calls challenged with 407, 20 answered by the core", "Calls lost: 0"):
        assert words in done.stdout


def test_a_wrong_password_fails_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(story, "PASSWORD", "wrong")

    async def tell_a_chapter() -> int:
        async with running_router(tmp_path):
            told = Story(tmp_path)
            for agent in (told.core, told.primary):
                await agent.open()
            await told.show_registering_secondary()
            for agent in (told.core, told.primary, told.registering):
                agent.close()
            return told.tell_end()

    assert asyncio.run(tell_a_chapter()) == 1
    assert "Not as told: REGISTER is answered 401, then 200" in capsys.readouterr().out
