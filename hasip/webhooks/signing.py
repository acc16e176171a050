"""How a receiver knows that an alert is ours, and of now: HMAC-SHA256 over time and body."""
import hashlib
import hmac

TIMESTAMP = "Hasip-Timestamp"       # seconds since 1970; a receiver refuses old ones
SIGNATURE = "Hasip-Signature"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return "sha256=…" over the timestamp, a dot and the body."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
