"""SIP messages as the tests see them: split into lines, nothing more. Written apart from hasip's parser on purpose."""
import re
import time
from dataclasses import dataclass, field

Address = tuple[str, int]

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "k": "supported"}


@dataclass(slots=True)
class Message:
    """One SIP message, received or sent."""

    raw: bytes
    source: Address = ("", 0)
    at: float = field(default_factory=time.monotonic)
    start_line: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def __post_init__(self) -> None:
        head, _, self.body = self.raw.partition(b"\r\n\r\n")
        self.start_line, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.append((name.strip(), value.strip()))

    def all(self, name: str) -> list[str]:
        """Return the values of a header, one per line it stands in."""
        wanted = name.lower()
        return [value for header, value in self.headers if COMPACT.get(header.lower(), header.lower()) == wanted]

    def header(self, name: str) -> str:
        """Return a header's first value, or ""."""
        return next(iter(self.all(name)), "")

    @property
    def status(self) -> int:
        """The status code; 0 in a request."""
        return int(self.start_line[8:11]) if self.start_line.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """The method; in a response the one it answers."""
        return self.header("CSeq").split()[-1] if self.status else self.start_line.split(" ", 1)[0]

    @property
    def request_uri(self) -> str:
        return self.start_line.split(" ")[1]

    @property
    def call_id(self) -> str:
        return self.header("Call-ID")

    @property
    def cseq(self) -> int:
        return int(self.header("CSeq").split()[0])

    @property
    def branch(self) -> str:
        return parameter(self.header("Via"), "branch")

    def __repr__(self) -> str:
        return f"<{self.start_line} | {self.header('CSeq')} | {self.call_id} from {self.source}>"


def parameter(value: str, name: str) -> str:
    """Return a header parameter's value, or ""."""
    found = re.search(rf";\s*{name}\s*=\s*([^;,>\s]+)", value)
    return found.group(1) if found else ""


def tag_of(value: str) -> str:
    """Return the tag of a From or To value, or ""."""
    return parameter(value.rpartition(">")[2] or value, "tag")


def uri_of(value: str) -> str:
    """Return the URI inside a name-addr."""
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.split(";")[0].strip()


def split_values(lines: list[str]) -> list[str]:
    """Return a header's values, several in one line told apart by their angle brackets."""
    return [value.strip() for line in lines for value in re.findall(r"[^,<]*<[^>]*>[^,]*", line)]


def write(start_line: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    """Return a message's bytes; Content-Length is added."""
    lines = [start_line, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def host_text(host: str) -> str:
    """Return a host as a URI or Via writes it."""
    return f"[{host}]" if ":" in host else host


def port_of(uri: str) -> int:
    found = re.search(r"^sips?:(?:[^@]*@)?(?:\[[^\]]*\]|[^:;?]*):(\d+)", uri)
    return int(found.group(1)) if found else 5060


def host_of(uri: str) -> str:
    found = re.search(r"^sips?:(?:[^@]*@)?(\[[^\]]*\]|[^:;?]*)", uri)
    return found.group(1).strip("[]") if found else ""
