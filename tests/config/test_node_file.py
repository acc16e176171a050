"""The node file: what is accepted, and every error with its place."""
import os
from pathlib import Path

import pytest

from hasip.config import ConfigError, load_node
from hasip.domain.node import Health, Metrics
from hasip.health import Rules
from hasip.zones import rules_of

EXAMPLE = Path(__file__).parent.parent / "data" / "edge.toml"
LISTEN = '[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:5060"\n'


def load(tmp_path: Path, text: str):
    file = tmp_path / "edge.toml"
    file.write_text(text)
    return load_node(file)


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return the errors' lines, without the file's name in front, which every one has."""
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    prefix = f"{tmp_path / 'edge.toml'}: "
    lines = str(raised.value).splitlines()
    assert all(line.startswith(prefix) for line in lines), lines
    return [line.removeprefix(prefix) for line in lines]


def test_example_loads_as_it_stands() -> None:
    node = load_node(EXAMPLE)
    assert (node.name, node.workers, str(node.state_dir)) == ("edge-1", 1, "/tmp/hasip-edge-1")
    [listener] = node.listeners
    assert (listener.transport, listener.address, listener.port) == ("udp", "127.0.0.1", 5060)
    assert node.not_served == ()


def test_workers_0_means_one_per_core(tmp_path: Path) -> None:
    node = load(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\nworkers = 0\n{LISTEN}')
    assert node.workers == len(os.sched_getaffinity(0))


def test_what_is_not_served_yet_is_accepted_and_named(tmp_path: Path) -> None:
    node = load(tmp_path, f'''[node]
name = "n"
state_dir = "/x"
{LISTEN}
[[listen]]
transport = "tls"
address = "127.0.0.1:5061"
certificate = "tls/edge.pem"
key = "tls/edge.key"
client_ca = "tls/customers.pem"
[store]
url = "postgresql://hasip@db/hasip"
[cluster]
url = "redis://127.0.0.1:6379/0"
[console]
address = "127.0.0.1:8080"
''')
    assert node.not_served == ("[cluster]",)
    assert [listener.transport for listener in node.listeners] == ["udp", "tls"]
    assert node.listeners[1].certificate == str(tmp_path / "tls/edge.pem")


def test_every_error_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    found = problems(tmp_path, '[node]\nname = 5\nworkers = "x"\nstate_dri = "/tmp/x"\n[[listen]]\ntransport = "sctp"\naddress = "localhost:5060"\n')
    assert [line.split(": ")[0] for line in found] == ["node.name", "node.state_dir", "node.workers", "node.state_dri", "listen[0]", "listen[0]"]
    assert "did you mean state_dir?" in found[3]
    assert "'udp', 'tcp' or 'tls'" in found[4]
    assert "a name can't be bound" in found[5]


def test_errors_of_the_node_table_do_not_hide_those_of_the_listeners(tmp_path: Path) -> None:
    found = problems(tmp_path, f'[node]\nname = 5\nstate_dir = "/x"\n{LISTEN}{LISTEN}')
    assert len(found) == 2
    assert 'listen "127.0.0.1:5060": listens twice on udp' in found[1]


@pytest.mark.parametrize(("listen", "wanted"), [
    ("", "no UDP listener"),
    ('[[listen]]\ntransport = "udp"\naddress = "0.0.0.0:5060"\n', "advertise"),
    ('[[listen]]\ntransport = "udp"\naddress = "[::]:5060"\n', "advertise"),
    ('[[listen]]\ntransport = "udp"\naddress = "::1:5060"\n', "an IPv6 address needs brackets"),
    ('[[listen]]\ntransport = "udp"\naddress = "127.0.0.1"\n', "write 192.0.2.1:5060"),
    ('[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:70000"\n', "write 192.0.2.1:5060"),
    ('[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:5060"\ninterface = "a-name-far-too-long"\n', "interface"),
])
def test_listener_that_cannot_work_says_what_would(tmp_path: Path, listen: str, wanted: str) -> None:
    [line] = problems(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\n{listen}')
    assert wanted in line


@pytest.mark.parametrize("setting", ["workers = -1", "workers = 65", 'unknown_source = "ignore"', "spin_us = -1", "call_capacity = 1", 'user = 7'])
def test_setting_out_of_range_is_named(tmp_path: Path, setting: str) -> None:
    [line] = problems(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\n{setting}\n{LISTEN}')
    assert line.startswith(f"node.{setting.split()[0]}: ")


def test_file_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    [line] = problems(tmp_path, '[node]\nname = "n\n')
    assert "line 2" in line


def test_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_node(tmp_path / "none.toml")


def test_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_bytes(b"[node]\nname = \"\xff\"\n")
    with pytest.raises(ConfigError, match="byte 15"):
        load_node(tmp_path / "edge.toml")


def test_health_is_judged_as_the_specification_says_unless_told_otherwise(tmp_path: Path) -> None:
    assert load(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\n{LISTEN}').health == Health()
    assert rules_of(Health()) == Rules()
    node = load(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\n{LISTEN}[health]\ninterval_s = 30\ntimeout_ms = 500\nhold_s = 2.5\n')
    assert (node.health.interval_s, node.health.timeout_ms, node.health.hold_s, node.health.ramp_s) == (30, 500, 2.5, 30)
    rules = rules_of(node.health)
    assert (rules.interval_s, rules.hold_first_s) == (30, 2.5)
    assert rules.probe_result_max_s > 0.5


@pytest.mark.parametrize("setting", ["interval_s = 0", "suspect_interval_s = 5000", "timeout_ms = 50", "timeout_ms = 2.5", "failures_to_down = 0",
                                     "successes_to_up = 0", "ramp_s = -1", 'hold_s = "10"'])
def test_setting_of_health_out_of_range_is_named(tmp_path: Path, setting: str) -> None:
    [line] = problems(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\n{LISTEN}[health]\n{setting}\n')
    assert line.startswith(f"health.{setting.split()[0]}: ")


def test_first_hold_time_is_no_longer_than_the_longest(tmp_path: Path) -> None:
    [line] = problems(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\n{LISTEN}[health]\nhold_s = 400\n')
    assert line == "health: hold_s ≤ hold_max_s must hold"


def test_metrics_are_off_unless_the_table_is_there(tmp_path: Path) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(f'[node]\nname = "n"\nstate_dir = "/x"\n{LISTEN}')
    assert load_node(file).metrics is None
    file.write_text(file.read_text() + '[metrics]\naddress = "[::1]:9464"\ntrunks_max = 5\n')
    assert load_node(file).metrics == Metrics("::1", 9464, 5)


@pytest.mark.parametrize(("setting", "wanted"), [('address = "edge:9464"', "a name can't be bound"), ('address = "127.0.0.1:0"', "write 9464"), ("trunks_max = 5", "is missing")])
def test_metrics_that_cannot_be_served_say_why(tmp_path: Path, setting: str, wanted: str) -> None:
    [line] = problems(tmp_path, f'[node]\nname = "n"\nstate_dir = "/x"\n{LISTEN}[metrics]\n{setting}\n')
    assert line.startswith("metrics.address: ") and wanted in line
