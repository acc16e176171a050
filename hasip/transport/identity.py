"""Which hosts a verified certificate speaks for. Source: RFC 5922 §7.1 and §7.2; without wildcards, which §7.2 forbids."""
from collections.abc import Mapping
from typing import Any


def certificate_names(certificate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the names in what `getpeercert()` gave: SIP domains, DNS names, addresses; the common name only when there are none."""
    if not certificate:
        return ()
    alternatives = [name_of(kind, value) for kind, value in certificate.get("subjectAltName", ())]
    names = [name for name in alternatives if name]
    if not names:
        names = [value for part in certificate.get("subject", ()) for kind, value in part if kind == "commonName"]
    return tuple(dict.fromkeys(name.lower() for name in names))


def name_of(kind: str, value: str) -> str:
    """Return the host one subjectAltName speaks for; empty for kinds that name none."""
    if kind in ("DNS", "IP Address"):
        return value
    scheme, _, domain = value.partition(":")
    is_sip_domain = kind == "URI" and scheme.lower() == "sip" and "@" not in domain
    return domain if is_sip_domain else ""
