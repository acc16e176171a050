"""The trunks file, written: what is written is what would be read."""
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from hasip.config import load_provisioning
from hasip.config.trunks_writer import trunks_file_lines
from hasip.domain.trunk import Account, Provisioning
from tests.store.worlds import office, provisionings, world


def written(provisioning: Provisioning) -> str:
    return "".join(trunks_file_lines(provisioning))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(provisionings())
def test_what_is_written_is_read_as_what_it_was(tmp_path: Path, provisioning: Provisioning) -> None:
    file = tmp_path / "trunks.toml"
    file.write_text(written(provisioning), encoding="utf-8")
    assert replace(load_provisioning(file), warnings=()) == provisioning


def test_defaults_are_left_out() -> None:
    text = written(world(office()))
    assert "max_call_s" not in text and "transport" not in text and "secondary" not in text


def test_a_password_is_never_written() -> None:
    account = Account("primary", "", "digest", username="office", password="c0rrect-horse")
    assert "c0rrect-horse" not in written(world(office(primary=account)))
