"""SIP messages for streams."""


def request(branch: str = "z9hG4bK1", method: str = "OPTIONS", body: bytes = b"", uri: str = "sip:far.example") -> bytes:
    """Return a request that only the transport need understand."""
    return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch={branch}\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKbelow\r\n"
            f"CSeq: 1 {method}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def response(branch: str = "z9hG4bK1", status: str = "200 OK", body: bytes = b"") -> bytes:
    """Return a response to such a request."""
    return (f"SIP/2.0 {status}\r\nVia: SIP/2.0/TCP 192.0.2.1;branch={branch}\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKbelow\r\n"
            f"CSeq: 1 OPTIONS\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
