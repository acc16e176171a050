"""SIP payloads: a small builder of requests and responses, and both ends' view of a dialog. Written apart from hasip's code on purpose."""
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tests.scenario.message import Message, host_text, parameter, split_values, tag_of, uri_of, write

Place = tuple[str, int]
Headers = Sequence[tuple[str, str]]

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
NUMBER = "+6561234567"                  # of a trunk
FAR = "+4930123456"                     # whoever is behind the core

_numbers = itertools.count(1)


@dataclass(slots=True)
class Dialog:
    """One end of a call (RFC 3261 §12.1)."""

    call_id: str
    local: str
    remote: str
    target: str
    routes: list[str]
    cseq: int = 100


def place_text(place: Place) -> str:
    return f"{host_text(place[0])}:{place[1]}"


def via_of(sender: Place, *, branch: str = "", rport: bool = True, transport: str = "UDP") -> str:
    return f"SIP/2.0/{transport} {place_text(sender)};branch={branch or new_branch()}{';rport' if rport else ''}"


def new_branch() -> str:
    return f"z9hG4bKcase{next(_numbers)}"


def request(method: str, uri: str, sender: Place, *, via: str = "", from_value: str = "", to_value: str = "", call_id: str = "", cseq: int = 1,
            max_forwards: int | None = 70, contacts: Sequence[str] | None = None, headers: Headers = (), body: bytes = b"") -> bytes:
    """Return a request outside a dialog; it has one Contact, or those given."""
    number = next(_numbers)
    forwards = [("Max-Forwards", str(max_forwards))] if max_forwards is not None else []
    return write(f"{method} {uri} SIP/2.0", [
        ("Via", via or via_of(sender)), *forwards, ("From", from_value or f"<sip:caller@{sender[0]}>;tag=from{number}"),
        ("To", to_value or f"<{uri}>"), ("Call-ID", call_id or f"call{number}@cases"), ("CSeq", f"{cseq} {method}"),
        *(("Contact", value) for value in (contacts if contacts is not None else [f"<sip:caller@{place_text(sender)}>"])), *headers], body)


def response(to: Message, status: int, responder: Place, *, tag: str = "far", contact: str = "", headers: Headers = (), body: bytes = b"") -> bytes:
    """Return a response (§8.2.6): Via, From, To, Call-ID, CSeq and Record-Route are the request's."""
    to_value = to.header("To") + (f";tag={tag}" if status > 100 and not tag_of(to.header("To")) else "")
    copied = [("Via", value) for value in to.all("Via")]
    if status < 300:
        copied += [("Record-Route", value) for value in to.all("Record-Route")]
    copied += [("From", to.header("From")), ("To", to_value), ("Call-ID", to.call_id), ("CSeq", to.header("CSeq"))]
    if 100 < status < 300:
        copied.append(("Contact", contact or f"<sip:far@{place_text(responder)}>"))
    return write(f"SIP/2.0 {status} Because", [*copied, *headers], body)


def hop_request(method: str, invite: Message, to_value: str = "") -> bytes:
    """Return the CANCEL of an INVITE, or the ACK of its final response ≥ 300 (§9.1, §17.1.1.3)."""
    return write(f"{method} {invite.request_uri} SIP/2.0", [
        ("Via", invite.header("Via")), ("Max-Forwards", "70"), ("From", invite.header("From")), ("To", to_value or invite.header("To")),
        ("Call-ID", invite.call_id), ("CSeq", f"{invite.cseq} {method}")])


def in_dialog(method: str, dialog: Dialog, sender: Place, *, via: str = "", cseq: int = 0, routes: list[str] | None = None, uri: str = "",
              local: str = "", remote: str = "", max_forwards: int = 70, headers: Headers = (), body: bytes = b"") -> bytes:
    """Return a request of a call (§12.2.1.1); each takes the next CSeq."""
    dialog.cseq += not cseq
    return write(f"{method} {uri or dialog.target} SIP/2.0", [
        ("Via", via or via_of(sender)), ("Max-Forwards", str(max_forwards)),
        *(("Route", route) for route in (dialog.routes if routes is None else routes)),
        ("From", local or dialog.local), ("To", remote or dialog.remote), ("Call-ID", dialog.call_id), ("CSeq", f"{cseq or dialog.cseq} {method}"),
        ("Contact", f"<sip:agent@{place_text(sender)}>"), *headers], body)


def caller_dialog(invite: Message, answer: Message) -> Dialog:
    return Dialog(invite.call_id, answer.header("From"), answer.header("To"), uri_of(answer.header("Contact")),
                  split_values(answer.all("Record-Route"))[::-1], invite.cseq)


def callee_dialog(invite: Message, answer: Message) -> Dialog:
    return Dialog(invite.call_id, answer.header("To"), answer.header("From"), uri_of(invite.header("Contact")), split_values(invite.all("Record-Route")))


def to_tag(message: Message) -> str:
    return tag_of(message.header("To"))


__all__ = ["FAR", "NUMBER", "SDP", "Dialog", "Headers", "Message", "Place", "callee_dialog", "caller_dialog", "hop_request", "in_dialog", "new_branch",
           "parameter", "place_text", "request", "response", "split_values", "tag_of", "to_tag", "uri_of", "via_of", "write"]
