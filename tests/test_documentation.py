"""The pages say what the code does: links lead somewhere, verbs exist, every setting and every reason has its row, and no other."""
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from hasip.bridge.counters import REASONS
from hasip.config import node_file, trunks_file
from tests.metrics.test_dashboards import LABELS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OPERATIONS = ROOT / "docs" / "operations.md"

FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
VERB = re.compile(r"(?:`|^\s*|=\S+ )make ([a-z]+)(?=[`\s]|$)", re.MULTILINE)
TEST = re.compile(r"`(test_\w+)`")
SOURCE_FILE = re.compile(r"`([a-z_0-9]+\.(?:pxd|h|py|pyx|pxi))`")

# The heading of operations.md under which a model's keys have their rows.
HEADINGS = {
    node_file.NodeTable: "`[node]`", node_file.ListenTable: "`[[listen]]`", trunks_file.CoreTable: "`[[core]]`", trunks_file.TrunkTable: "`[[trunk]]`",
    node_file.RegistrarTable: "`[registrar]`", node_file.AbuseTable: "`[abuse]`", node_file.TlsTable: "`[tls]`", node_file.DnsTable: "`[dns]`",
    node_file.MetricsTable: "`[metrics]`", node_file.ConsoleTable: "`[console]`", node_file.RecordsTable: "`[records]`",
    trunks_file.AccountTable: "`[trunk.primary]`, `[trunk.secondary]`", trunks_file.RegionTable: "`[[trunk.region]]`",
    trunks_file.ZoneTable: "`zone` of a region", node_file.HealthTable: "`[health]`",
}
# Models whose keys stand in a sentence or a shared table: the place that has them.
IN_PASSING = {
    node_file.NodeDocument: "Node file", node_file.StoreTable: "Node file", node_file.ClusterTable: "Node file",
    trunks_file.TrunksDocument: "Trunks file", trunks_file.TargetTable: "`[[core]]`",
}


def relative_links(page: Path) -> list[str]:
    """Return a page's links to files of this repository, code left out."""
    links = LINK.findall(FENCED.sub("", page.read_text()))
    return [link for link in links if not link.startswith(("http://", "https://", "#", "mailto:"))]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings make."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def section(heading: str) -> str:
    """Return the part of operations.md below a heading, with what is below that."""
    found = re.search(rf"^(#+) {re.escape(heading)}$(.*?)(?=^(?!\1#)#+ |\Z)", OPERATIONS.read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"operations.md has no heading {heading}"
    return found[2]


def rows(text: str) -> list[str]:
    """Return the first cells of a table's rows, where they are code."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_there_are_pages() -> None:
    assert {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    for link in relative_links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve()
        assert target.exists(), f"{link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        assert not anchor or anchor in anchors(target), f"{link}: the page has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_verb_exists(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(VERB.findall(page.read_text())) - verbs == set()


def test_every_verb_is_explained_to_contributors() -> None:
    verbs = set(re.findall(r"^([a-z]+):.*?## ", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert verbs - set(VERB.findall((ROOT / "CONTRIBUTING.md").read_text())) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_is_named_exists(page: Path) -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    names = [name for name in TEST.findall(page.read_text()) if not (ROOT / "tests" / f"{name}.py").exists()]
    assert [name for name in names if f"def {name}(" not in tests] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_source_file_that_is_named_exists(page: Path) -> None:
    files = {path.name for folder in ("hasip", "tests", "bench", "tools") for path in (ROOT / folder).rglob("*")} | {path.name for path in ROOT.iterdir()}
    assert set(SOURCE_FILE.findall(page.read_text())) - files == set()


@pytest.mark.parametrize("model", HEADINGS, ids=lambda model: model.__name__)
def test_every_setting_has_its_row_and_every_row_is_a_setting(model: type[BaseModel]) -> None:
    assert sorted(rows(section(HEADINGS[model]))) == sorted(model.model_fields)


@pytest.mark.parametrize("model", IN_PASSING, ids=lambda model: model.__name__)
def test_settings_of_small_tables_are_named(model: type[BaseModel]) -> None:
    text = section(IN_PASSING[model])
    assert [key for key in model.model_fields if f"`{key}`" not in text] == []


def test_no_table_of_the_files_is_left_out() -> None:
    models = {model for module in (node_file, trunks_file) for model in module.Table.__subclasses__()}
    assert models - HEADINGS.keys() - IN_PASSING.keys() == set()


@pytest.mark.parametrize("model", HEADINGS, ids=lambda model: model.__name__)
def test_defaults_are_those_of_the_code(model: type[BaseModel]) -> None:
    text = section(HEADINGS[model])
    for name, field in model.model_fields.items():
        row = re.search(rf"^\| `{name}` \|[^|]*\|([^|]*)\|", text, re.MULTILINE)
        assert row
        written = row[1].strip().strip("`")
        if field.is_required():
            assert written == "required", name
        elif isinstance(field.default, bool) or field.default in ("", []):
            assert written in (str(field.default).lower(), '""', "the bound address", "the first core"), name
        elif isinstance(field.default, int):
            assert written.replace(" ", "") == str(field.default), name
        elif isinstance(field.default, str):
            assert written == f'"{field.default}"', name


def test_every_reason_has_its_row_and_every_row_is_a_reason() -> None:
    found = re.findall(r"^\| `(\w+)` \| (.*?) \| ", section("Reasons"), re.MULTILINE)
    assert found == list(REASONS.items())


def test_every_metric_has_its_row_with_its_labels_and_every_row_is_a_metric() -> None:
    found = re.findall(r"^\| `(hasip_\w+)` \|[^|]*\|([^|]*)\|", section("Metrics"), re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in found} == {
        name: labels - {"instance", "job"} for name, labels in LABELS.items() if name != "up"}
