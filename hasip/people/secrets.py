"""Secrets that browsers and programs show. They are random and long, so a plain digest of them is all that is kept."""
import hmac
import secrets
from hashlib import sha256

SECRET_BYTES = 32
TOKEN_BEGINS = "hasip_"         # so that those who search for leaked secrets find ours


def new_secret() -> str:
    """Return a secret of a session."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_token() -> str:
    """Return a token for a program."""
    return TOKEN_BEGINS + secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def csrf_token(secret: str) -> str:
    """Return what a page of this session sends with each change: another site can neither read it nor guess it."""
    return hmac.digest(secret.encode(), b"csrf", "sha256").hex()


def is_csrf_token(text: str, secret: str) -> bool:
    """True for the token of a session; it takes as long for any other."""
    return hmac.compare_digest(text.encode(), csrf_token(secret).encode())
