"""The node file: what this machine is."""
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hasip.config.document import read_document
from hasip.config.problems import ConfigError, Problem, problems_of
from hasip.config.values import read_dns_server, read_host_port, read_numeric_host_port, read_store_url
from hasip.domain.node import Abuse, Console, Health, Listener, Metrics, Node, Records, Registrar, Tls, Transport

LISTENERS_MAX = 12          # four of the data plane's places may be needed to connect from
STORE_NAME = "hasip.db"     # in state_dir
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
    binding_capacity: Annotated[int, Field(ge=64, le=16_777_216)] = 131_072


class ListenTable(Table):
    """[[listen]]"""

    transport: Transport
    address: Annotated[str, AfterValidator(lambda text: read_numeric_host_port(text) and text)]
    interface: Annotated[str, Field(max_length=15)] = ""
    advertise: Annotated[str, AfterValidator(lambda text: read_host_port(text) and text)] = ""
    certificate: str = ""
    key: str = ""
    client_ca: str = ""


class RegistrarTable(Table):
    """[registrar]"""

    realm: Annotated[str, Field(max_length=90, pattern=r'^[^"\\\x00-\x1f]*$')] = ""
    algorithms: Annotated[list[Literal["sha-256", "md5"]], Field(min_length=1, max_length=2)] = ["sha-256", "md5"]
    min_expires_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    default_expires_s: Annotated[int, Field(ge=1, le=604_800)] = 3600
    max_expires_s: Annotated[int, Field(ge=1, le=604_800)] = 7200
    nonce_secret: Annotated[str, Field(repr=False)] = ""


class AbuseTable(Table):
    """[abuse]"""

    requests_per_s: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    burst: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    failures_max: Annotated[int, Field(ge=0, le=1_000_000)] = 20
    ban_s: Annotated[int, Field(ge=1, le=604_800)] = 300
    scanners: Annotated[list[Annotated[str, Field(min_length=3, max_length=47)]], Field(max_length=32)] = []


class TlsTable(Table):
    """[tls]"""

    ca: str = ""
    certificate: str = ""
    key: str = ""
    verify: bool = True


Seconds = Annotated[float, Field(ge=0.05, le=3600)]


class HealthTable(Table):
    """[health]"""

    interval_s: Seconds = 10.0
    suspect_interval_s: Seconds = 1.0
    down_interval_s: Seconds = 5.0
    timeout_ms: Annotated[int, Field(ge=100, le=30_000)] = 2000
    failures_to_down: Annotated[int, Field(ge=1, le=100)] = 3
    successes_to_up: Annotated[int, Field(ge=1, le=100)] = 3
    ramp_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    hold_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    hold_max_s: Annotated[float, Field(ge=0, le=86_400)] = 300.0


class DnsTable(Table):
    """[dns]"""

    servers: list[Annotated[str, AfterValidator(lambda text: read_dns_server(text) and text)]] = []


class StoreTable(Table):
    """[store]"""

    url: Annotated[str, AfterValidator(read_store_url), Field(repr=False)]


class ClusterTable(Table):
    """[cluster]"""

    url: str


class ConsoleTable(Table):
    """[console]"""

    address: Annotated[str, AfterValidator(lambda text: read_numeric_host_port(text) and text)]
    certificate: str = ""
    key: str = ""


class MetricsTable(Table):
    """[metrics]"""

    address: Annotated[str, AfterValidator(lambda text: read_numeric_host_port(text) and text)]
    trunks_max: Annotated[int, Field(ge=0, le=1_000_000)] = 1000


class RecordsTable(Table):
    """[records]"""

    enabled: bool = True
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 90
    journal_mib: Literal[1, 2, 4, 8, 16, 32, 64, 128, 256] = 16
    spool_mib: Annotated[int, Field(ge=1, le=16_777_216)] = 4096


class NodeDocument(Table):
    """The whole file."""

    node: NodeTable
    listen: list[ListenTable] = []
    registrar: RegistrarTable = RegistrarTable()
    abuse: AbuseTable = AbuseTable()
    tls: TlsTable = TlsTable()
    health: HealthTable = HealthTable()
    dns: DnsTable = DnsTable()
    store: StoreTable | None = None
    cluster: ClusterTable | None = None
    console: ConsoleTable | None = None
    metrics: MetricsTable | None = None
    records: RecordsTable = RecordsTable()


LISTENS = TypeAdapter(list[ListenTable])
KNOWN_KEYS = {table.__name__: list(table.model_fields) for table in (
    NodeDocument, NodeTable, ListenTable, RegistrarTable, AbuseTable, TlsTable, HealthTable, DnsTable, StoreTable, ClusterTable, ConsoleTable, MetricsTable, RecordsTable)}


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
    if not problems:
        problems = [Problem(file, place, sentence) for place, sentence in table_problems(parsed)]
    if problems:
        raise ConfigError(problems)
    return node_of(parsed, file.parent)


def listener_problems(listens: list[ListenTable]) -> list[tuple[str, str]]:
    """Return what is wrong with the listeners as a whole."""
    problems = []
    if not any(listen.transport == "udp" for listen in listens):
        problems.append(("listen", 'no UDP listener: add [[listen]] with transport = "udp" and address = "192.0.2.1:5060"'))
    if len(listens) > LISTENERS_MAX:
        problems.append(("listen", f"{len(listens)} listeners: at most {LISTENERS_MAX} are possible"))
    seen: set[tuple[str, str]] = set()
    for listen in listens:
        place = f'listen "{listen.address}"'
        if (listen.transport, listen.address) in seen and not listen.address.endswith(":0"):
            problems.append((place, f"listens twice on {listen.transport}: remove one"))
        seen.add((listen.transport, listen.address))
        problems += [(f"{place}: {key}", sentence) for key, sentence in certificate_problems(listen)]
        if listen.transport != "udp" and listen.address.endswith(":0"):
            problems.append((place, "port 0 is for UDP: write the port that others connect to"))
        if read_host_port(listen.address)[0] in WILDCARDS and not listen.advertise:
            problems.append((place, 'listens on every address: say which one others shall see, advertise = "192.0.2.1:5060"'))
    return problems


def certificate_problems(listen: ListenTable) -> list[tuple[str, str]]:
    """Return what is wrong with a listener's certificate files."""
    if listen.transport != "tls":
        return [(key, 'is for transport = "tls"') for key in ("certificate", "key", "client_ca") if getattr(listen, key)]
    return [(key, f'is missing: a TLS listener needs {key} = "tls/edge.pem"') for key in ("certificate", "key") if not getattr(listen, key)]


def table_problems(document: NodeDocument) -> list[tuple[str, str]]:
    """Return what does not fit together inside a table."""
    registrar = document.registrar
    problems = []
    if not registrar.min_expires_s <= registrar.default_expires_s <= registrar.max_expires_s:
        problems.append(("registrar", "min_expires_s ≤ default_expires_s ≤ max_expires_s must hold"))
    if bool(document.tls.certificate) != bool(document.tls.key):
        problems.append(("tls", "certificate and key go together: give both, or none"))
    if document.health.hold_s > document.health.hold_max_s:
        problems.append(("health", "hold_s ≤ hold_max_s must hold"))
    if document.console and bool(document.console.certificate) != bool(document.console.key):
        problems.append(("console", "certificate and key go together: give both, or none"))
    if document.console and read_host_port(document.console.address)[1] == 0:
        problems.append(("console.address", "port 0 can't be found by a browser: write 8080, or another"))
    if document.metrics and read_host_port(document.metrics.address)[1] == 0:
        problems.append(("metrics.address", "port 0 can't be found by who asks for metrics: write 9464, or another"))
    return problems


def node_of(document: NodeDocument, base: Path) -> Node:
    """Return the file as domain data; files that it names lie beside it."""
    node, registrar, abuse, tls = document.node, document.registrar, document.abuse, document.tls
    return Node(
        name=node.name, state_dir=Path(node.state_dir), listeners=tuple(listener_of(listen, base) for listen in document.listen),
        workers=node.workers or len(os.sched_getaffinity(0)), domains=tuple(node.domains), user=node.user,
        drop_unknown=node.unknown_source == "drop", spin_us=node.spin_us, drain_s=node.drain_s, call_capacity=node.call_capacity,
        transaction_capacity=node.transaction_capacity, trunk_capacity=node.trunk_capacity, binding_capacity=node.binding_capacity,
        registrar=Registrar(registrar.realm or (node.domains[0] if node.domains else "hasip"), tuple(registrar.algorithms), registrar.min_expires_s, registrar.default_expires_s,
                            registrar.max_expires_s, registrar.nonce_secret),
        abuse=Abuse(abuse.requests_per_s, abuse.burst, abuse.failures_max, abuse.ban_s, tuple(abuse.scanners)),
        tls=Tls(beside(base, tls.ca), beside(base, tls.certificate), beside(base, tls.key), tls.verify),
        health=Health(**document.health.model_dump()), dns_servers=tuple(document.dns.servers),
        store_url=document.store.url if document.store else f"sqlite:///{Path(node.state_dir).absolute()}/{STORE_NAME}",
        metrics=metrics_of(document.metrics), console=console_of(document.console, base),
        records=Records(document.records.enabled, document.records.retention_days, document.records.journal_mib, document.records.spool_mib), not_served=tuple(not_served(document)))


def metrics_of(table: MetricsTable | None) -> Metrics | None:
    """Return [metrics] as domain data."""
    return Metrics(*read_host_port(table.address), table.trunks_max) if table else None


def console_of(table: ConsoleTable | None, base: Path) -> Console | None:
    """Return [console] as domain data."""
    return Console(*read_host_port(table.address), beside(base, table.certificate), beside(base, table.key)) if table else None


def listener_of(listen: ListenTable, base: Path) -> Listener:
    """Return one [[listen]] as domain data."""
    host, port = read_host_port(listen.address)
    return Listener(listen.transport, host, port, listen.interface, listen.advertise,
                    beside(base, listen.certificate), beside(base, listen.key), beside(base, listen.client_ca))


def beside(base: Path, name: str) -> str:
    """Return a file's path, relative names being relative to the node file; empty stays empty."""
    return str(base / name) if name else ""


def not_served(document: NodeDocument) -> list[str]:
    """Return what the file asks for and this version does not do yet."""
    tables: dict[str, Any] = {"cluster": document.cluster}
    return [f"[{name}]" for name, table in tables.items() if table is not None]
