"""compose.yaml: what it mounts is there, and the files it hands out fit together."""
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from hasip.config import load_node, load_provisioning
from tests.cli.test_check import hasip

ROOT = Path(__file__).parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MOUNTS = [(name, *mount.split(":")[:2]) for name, service in SERVICES.items() for mount in service.get("volumes", [])]


def test_there_is_the_node_and_all_that_belongs_to_it() -> None:
    assert set(SERVICES) == {"edge", "postgres", "redis", "prometheus", "grafana"}


@pytest.mark.parametrize(("service", "source", "target"), MOUNTS)
def test_what_is_mounted_is_there(service: str, source: str, target: str) -> None:
    assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
    assert target.startswith("/")


def test_the_files_of_the_node_pass_the_check() -> None:
    files = [ROOT / source for service, source, target in MOUNTS if service == "edge" and target.startswith("/etc/hasip/")]
    done = hasip("check", *files)
    assert (len(files), done.returncode, done.stderr) == (2, 0, "")
    assert load_provisioning(files[1]).warnings == ()


def test_the_node_runs_by_the_files_that_are_mounted_and_keeps_its_state() -> None:
    edge = SERVICES["edge"]
    targets = {target for service, _, target in MOUNTS if service == "edge"}
    assert {each for each in edge["command"] if each.startswith("/")} <= targets
    assert str(load_node(ROOT / "deploy" / "edge.toml").state_dir) in targets


def test_the_nodes_addresses_are_those_of_its_network() -> None:
    node = load_node(ROOT / "deploy" / "edge.toml")
    address = SERVICES["edge"]["networks"]["sip"]["ipv4_address"]
    assert {listener.address for listener in node.listeners} == {address}
    assert node.metrics and node.metrics.address == address


def test_the_node_is_given_longer_to_stop_than_it_drains() -> None:
    assert int(SERVICES["edge"]["stop_grace_period"].removesuffix("s")) > load_node(ROOT / "deploy" / "edge.toml").drain_s


def test_store_and_cluster_are_services_with_that_password() -> None:
    document = tomllib.loads((ROOT / "deploy" / "edge.toml").read_text())
    environment = SERVICES["postgres"]["environment"]
    assert document["store"]["url"] == f"postgresql://{environment['POSTGRES_USER']}:{environment['POSTGRES_PASSWORD']}@postgres/{environment['POSTGRES_DB']}"
    assert document["cluster"]["url"].startswith("redis://redis:")


def test_prometheus_asks_the_node_and_loads_the_alerts() -> None:
    settings = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())
    node = load_node(ROOT / "deploy" / "edge.toml")
    [job] = settings["scrape_configs"]
    assert node.metrics and job["job_name"] == "hasip" and job["static_configs"][0]["targets"] == [f"edge:{node.metrics.port}"]
    assert set(settings["rule_files"]) <= {target for service, _, target in MOUNTS if service == "prometheus"}


def test_grafana_shows_the_dashboard_out_of_prometheus() -> None:
    targets = {target: ROOT / source for service, source, target in MOUNTS if service == "grafana"}
    [source] = yaml.safe_load((ROOT / "deploy" / "grafana" / "datasource.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((ROOT / "deploy" / "grafana" / "dashboards.yml").read_text())["providers"]
    assert source["url"] == "http://prometheus:9090" and source["isDefault"]
    assert (targets[provider["options"]["path"]] / "hasip.json").exists()
