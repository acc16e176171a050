"""Moments as the command line takes them."""
from datetime import UTC, datetime

import pytest
import typer

from hasip.cli.records import moment_ms

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


@pytest.mark.parametrize(("text", "ms"), [
    ("", None), ("0s", NOW_MS), ("15m", NOW_MS - 900_000), ("2h", NOW_MS - 7_200_000), ("7d", NOW_MS - 604_800_000),
    ("2026-01-31T12:00+00:00", NOW_MS), ("2026-01-31T13:00:00.5+01:00", NOW_MS + 500)])
def test_a_moment_is_iso_8601_or_so_long_ago(text: str, ms: int | None) -> None:
    assert moment_ms(text, NOW) == ms


@pytest.mark.parametrize("text", ["yesterday", "d", "-5d", "1.5h", "\N{SUPERSCRIPT TWO}d", "99999999999d", "2026-13-01"])
def test_what_is_no_moment_is_refused_and_told_what_would_be(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="15m, 2h, 7d"):
        moment_ms(text, NOW)
