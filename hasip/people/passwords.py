"""Passwords become argon2id hashes, in threads: one takes tens of milliseconds and 64 MiB, and the loop has streams to serve. (RFC 9106)"""
import asyncio

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2                     # hashes that are made or checked at the same time: so much memory, and no more
PASSWORD_MIN, PASSWORD_MAX = 10, 1024     # characters


class PasswordHasher:
    """Makes hashes and checks passwords against them. Threads: the loop's; the work is done in others."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._argon2 = hasher or argon2.PasswordHasher()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return a hash, with its own salt and cost."""
        async with self._room:
            return await asyncio.to_thread(self._argon2.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """True for the password of a hash. Without one it takes as long to say no: who asks must not learn who is known."""
        if password_hash is None:
            self._nobodys = self._nobodys or await self.hash("nobody's")
            password_hash, is_nobody = self._nobodys, True
        else:
            is_nobody = False
        async with self._room:
            return await asyncio.to_thread(self._verify, password_hash, password) and not is_nobody

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def password_problem(password: str) -> str:
    """Return what is wrong with a new password; empty: nothing. Its length is what counts. (NIST SP 800-63B §5.1.1)"""
    if len(password) < PASSWORD_MIN:
        return f"a password has at least {PASSWORD_MIN} characters"
    return f"a password has at most {PASSWORD_MAX} characters" if len(password) > PASSWORD_MAX else ""
