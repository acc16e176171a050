"""The node file: what this machine is."""
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hasip.config.document import read_document
from hasip.config.problems import ConfigError, Problem, problems_of
from hasip.config.values import read_host_port, read_numeric_host_port
from hasip.domain.node import Listener, Node, Transport

LISTENERS_MAX = 16
WILDCARDS = ("0.0.0.0", "::")


class Table(BaseModel):
    """A table of the file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NodeTable(Table):
    """[node]"""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    state_dir: Annotated[str, Field(min_length=1)]
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    domains: list[Annotated[str, Field(min_length=1, max_length=90)]] = []
    user: str = ""
    unknown_source: Literal["refuse", "drop"] = "refuse"
    spin_us: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    drain_s: Annotated[int, Field(ge=0, le=86_400)] = 30
    call_capacity: Annotated[int, Field(ge=64, le=16_777_216)] = 262_144
    transaction_capacity: Annotated[int, Field(ge=64, le=33_554_432)] = 1_048_576
    trunk_capacity: Annotated[int, Field(ge=2, le=4_194_304)] = 131_072


class ListenTable(Table):
    """[[listen]]"""

    transport: Transport
    address: Annotated[str, AfterValidator(lambda text: read_numeric_host_port(text) and text)]
    interface: Annotated[str, Field(max_length=15)] = ""
    advertise: Annotated[str, AfterValidator(lambda text: read_host_port(text) and text)] = ""
    certificate: str = ""
    key: str = ""
    client_ca: str = ""


class StoreTable(Table):
    """[store]"""

    url: str


class ClusterTable(Table):
    """[cluster]"""

    url: str


class ConsoleTable(Table):
    """[console]"""

    address: Annotated[str, AfterValidator(lambda text: read_numeric_host_port(text) and text)]


class NodeDocument(Table):
    """The whole file."""

    node: NodeTable
    listen: list[ListenTable] = []
    store: StoreTable | None = None
    cluster: ClusterTable | None = None
    console: ConsoleTable | None = None


LISTENS = TypeAdapter(list[ListenTable])
KNOWN_KEYS = {table.__name__: list(table.model_fields) for table in (NodeDocument, NodeTable, ListenTable, StoreTable, ClusterTable, ConsoleTable)}


def load_node(file: Path) -> Node:
    """Return what a node file says. Errors: ConfigError with every problem."""
    document = read_document(file)
    problems: list[Problem] = []
    try:
        parsed = NodeDocument.model_validate(document)
    except ValidationError as error:
        problems = problems_of(error, file, document, KNOWN_KEYS)
    try:
        listens = LISTENS.validate_python(document.get("listen", []))
    except ValidationError:
        listens = None                      # told already
    if listens is not None:
        problems += [Problem(file, place, sentence) for place, sentence in listener_problems(listens)]
    if problems:
        raise ConfigError(problems)
    return node_of(parsed)


def listener_problems(listens: list[ListenTable]) -> list[tuple[str, str]]:
    """Return what is wrong with the listeners as a whole."""
    problems = []
    served = [listen for listen in listens if listen.transport == "udp"]
    if not served:
        problems.append(("listen", 'no UDP listener: add [[listen]] with transport = "udp" and address = "192.0.2.1:5060"'))
    if len(served) > LISTENERS_MAX:
        problems.append(("listen", f"{len(served)} UDP listeners: at most {LISTENERS_MAX} are possible"))
    seen: set[tuple[str, str]] = set()
    for listen in listens:
        place = f'listen "{listen.address}"'
        if (listen.transport, listen.address) in seen and not listen.address.endswith(":0"):
            problems.append((place, f"listens twice on {listen.transport}: remove one"))
        seen.add((listen.transport, listen.address))
        if read_host_port(listen.address)[0] in WILDCARDS and not listen.advertise:
            problems.append((place, 'listens on every address: say which one others shall see, advertise = "192.0.2.1:5060"'))
    return problems


def node_of(document: NodeDocument) -> Node:
    """Return the file as domain data."""
    node = document.node
    return Node(
        name=node.name, state_dir=Path(node.state_dir), listeners=tuple(listener_of(listen) for listen in document.listen if listen.transport == "udp"),
        workers=node.workers or len(os.sched_getaffinity(0)), domains=tuple(node.domains), user=node.user,
        drop_unknown=node.unknown_source == "drop", spin_us=node.spin_us, drain_s=node.drain_s, call_capacity=node.call_capacity,
        transaction_capacity=node.transaction_capacity, trunk_capacity=node.trunk_capacity, not_served=tuple(not_served(document)))


def listener_of(listen: ListenTable) -> Listener:
    """Return one [[listen]] as domain data."""
    host, port = read_host_port(listen.address)
    return Listener(listen.transport, host, port, listen.interface, listen.advertise)


def not_served(document: NodeDocument) -> list[str]:
    """Return what the file asks for and this version does not do yet."""
    lines = [f"listener {listen.transport} {listen.address}" for listen in document.listen if listen.transport != "udp"]
    tables: dict[str, Any] = {"store": document.store, "cluster": document.cluster, "console": document.console}
    return lines + [f"[{name}]" for name, table in tables.items() if table is not None]
