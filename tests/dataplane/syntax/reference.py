"""A slow SIP parser that one can check by reading: RFC 3261 §25.1 as regular expressions over whole values. The fast one must agree with it.

Like the fast one it is lenient where RFC 3261 §7.3.1 or a torture test asks for it: any octet above SP may stand in a header name, LF ends a
line as well as CRLF, and a host is not checked beyond where it ends.
"""
import re
from typing import Any

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
REQUIRED = ("via", "to", "from", "call-id", "cseq")
SINGLE = ("to", "from", "call-id", "cseq", "max-forwards", "content-length", "expires")

WHITE = "[ \t\r\n]*"
TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
QUOTED = r'"(?:\\[\s\S]|[^"\\])*"'
PARAMETER = rf';{WHITE}({TOKEN}){WHITE}(?:(=){WHITE}({QUOTED}|[^ \t\r\n;,"]*){WHITE})?'
IPV6 = r"\[[0-9A-Fa-f:.]+\]"
URI_OCTET = r'[^\x00- "<>]'
VIA = re.compile(
    rf"SIP{WHITE}/{WHITE}2\.0{WHITE}/{WHITE}({TOKEN})[ \t\r\n]+({IPV6}|(?!\[)[^ \t\r\n:;,]+){WHITE}(?::{WHITE}([0-9]+){WHITE})?((?:{PARAMETER})*)(,[\s\S]+)?",
    re.IGNORECASE)
NAME_ADDR = re.compile(rf'(?:(?:{QUOTED}|[^"<;,])*<({URI_OCTET}+)>|([^\x00- "<>;,]*:[^\x00- "<>;,]*)){WHITE}((?:{PARAMETER})*)(,[\s\S]*)?')
SIP_URI = re.compile(rf"sips?:(?:([^@:]+)(?::[^@]*)?@(?=[^@])|(?![^@]*@))({IPV6}|(?!\[)[^:;?@]+)(?::([0-9]+))?(?=[;?]|$)([^?]*)(?:\?.*)?", re.IGNORECASE)
ANY_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+\-.]*:{URI_OCTET}*")


class Malformed(Exception):
    """The message is not lawful."""


def demand(condition: object) -> None:
    if not condition:
        raise Malformed


def parse(datagram: bytes) -> dict[str, Any]:
    """Return the fields by name.

    Errors: Malformed.
    """
    text = datagram.decode("latin-1")
    start_line, headers, body = split(text.lstrip("\r\n"))
    fields: dict[str, Any] = read_start_line(start_line)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    demand(all(name in values for name in REQUIRED))
    demand(all(len(set(values.get(name, []))) <= 1 for name in SINGLE))
    fields |= read_via(values["via"][0])
    fields |= {"to_tag": read_tag(values["to"][0]), "from_tag": read_tag(values["from"][0]), "call_id": values["call-id"][0]}
    demand(fields["call_id"])
    fields |= read_cseq(values["cseq"][0], fields["method_name"])
    fields["max_forwards"] = read_number(values.get("max-forwards"), 255)
    fields["content_length"] = read_number(values.get("content-length"), 2**31 - 1)
    fields["expires"] = min(read_number(values.get("expires"), 10**400), 2**31 - 1)
    demand(fields["content_length"] <= len(body))
    fields["route_uri"] = read_name_addr(values["route"][0])[0] if "route" in values else ""
    fields |= read_contact(values["contact"][0]) if values.get("contact", ["*"])[0] != "*" else {"contact_uri": "", "contact_host": "", "contact_port": 0}
    fields["header_count"] = len(headers)
    return fields


def split(text: str) -> tuple[str, list[tuple[str, str]], str]:
    """Return the start line, (small long name, trimmed value) of each header, and the body."""
    start_line, separator, rest = text.partition("\n")
    lines: list[str] = []
    demand(text and separator)
    while True:
        line, separator, rest = rest.partition("\n")
        demand(separator)
        if line in ("", "\r"):
            break
        if line[0] in " \t" and lines:
            lines[-1] += "\n" + line
        else:
            lines.append(line)
    demand(len(lines) <= 128)
    headers = []
    for line in lines:
        found = re.fullmatch(r"([^\x00- :]+)[ \t]*:([\s\S]*)", line)
        demand(found)
        name = found[1].lower()
        headers.append((COMPACT.get(name, name), found[2].strip(" \t\r\n")))
    return start_line.removesuffix("\r"), headers, rest


def read_start_line(line: str) -> dict[str, Any]:
    nothing = {"request_uri": "", "request_uri_user": "", "request_uri_host": "", "request_uri_port": 0, "request_uri_parameters": ""}
    if line[:4].lower() == "sip/":
        found = re.fullmatch(r"SIP/2\.0 ([1-6][0-9][0-9])(?: ([\s\S]*))?", line, re.IGNORECASE)
        demand(found)
        return {"kind": 2, "status": int(found[1]), "reason_phrase": found[2] or "", "method_name": ""} | nothing
    found = re.fullmatch(rf"({TOKEN}) ({URI_OCTET}*) SIP/2\.0", line, re.IGNORECASE)
    demand(found)
    return {"kind": 1, "status": 0, "reason_phrase": "", "method_name": found[1]} | read_uri(found[2], "request_uri")


def read_uri(text: str, prefix: str) -> dict[str, Any]:
    demand(ANY_URI.fullmatch(text))
    user = host = parameters = ""
    port = 0
    if re.match("sips?:", text, re.IGNORECASE):
        found = SIP_URI.fullmatch(text)
        demand(found)
        user, host, port, parameters = found[1] or "", found[2], int(found[3] or 0), found[4]
        demand(port <= 65535)
    return {prefix: text, f"{prefix}_user": user, f"{prefix}_host": host, f"{prefix}_port": port, f"{prefix}_parameters": parameters}


def read_parameters(text: str) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, _, value in re.findall(PARAMETER, text)]


def first(parameters: list[tuple[str, str]], name: str) -> str | None:
    return next((value for each, value in parameters if each == name), None)


def read_via(text: str) -> dict[str, Any]:
    found = VIA.fullmatch(text)
    demand(found)
    parameters = read_parameters(found[4])
    demand(all(value and value[0] != '"' for name, value in parameters if name in ("branch", "received")))
    rport, port = first(parameters, "rport"), int(found[3] or 0)
    demand(not rport or (re.fullmatch("[0-9]+", rport) and int(rport) <= 65535))
    demand(port <= 65535)
    return {
        "via_transport": found[1], "via_host": found[2], "via_port": port, "branch": first(parameters, "branch") or "",
        "via_received": first(parameters, "received") or "", "rport": -1 if rport is None else int(rport or 0),
        "via_is_last_value": int(found[8] is None),
    }


def read_name_addr(text: str) -> tuple[str, list[tuple[str, str]], bool]:
    """Return the first element's URI and parameters, and whether it is the only one."""
    found = NAME_ADDR.fullmatch(text)
    demand(found)
    return found[1] or found[2], read_parameters(found[3]), found[7] is None


def read_tag(text: str) -> str:
    _, parameters, is_alone = read_name_addr(text)
    tag = first(parameters, "tag")
    demand(is_alone and (tag is None or (tag and tag[0] != '"')))
    return tag or ""


def read_contact(text: str) -> dict[str, Any]:
    fields = read_uri(read_name_addr(text)[0], "contact")
    return {"contact_uri": fields["contact"], "contact_host": fields["contact_host"], "contact_port": fields["contact_port"]}


def read_cseq(text: str, method: str) -> dict[str, Any]:
    found = re.fullmatch(rf"([0-9]+)[ \t\r\n]+({TOKEN})", text)
    demand(found)
    demand(int(found[1]) < 2**31 and found[2] == (method or found[2]))
    return {"cseq": int(found[1]), "cseq_method_name": found[2]}


def read_number(values: list[str] | None, number_max: int) -> int:
    if values is None:
        return -1
    demand(re.fullmatch("[0-9]+", values[0]))
    demand(int(values[0]) <= number_max)
    return int(values[0])
