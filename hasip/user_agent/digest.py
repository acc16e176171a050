"""The customer's side of Digest: an answer to a challenge. (RFC 7616 §3.4, RFC 8760)"""
import re
import secrets
from hashlib import md5, sha256

from hasip import Message

HASHES = {"SHA-256": sha256, "MD5": md5}


def answer_to(challenge: Message, method: str, uri: str, username: str, password: str) -> str:
    """Return the header that answers the first challenge of a 401 or 407 whose algorithm we know. Errors: StopIteration for none such."""
    asked, answered = ("WWW-Authenticate", "Authorization") if challenge.status == 401 else ("Proxy-Authenticate", "Proxy-Authorization")
    offers = (dict(re.findall(r'(\w+)="?([^",]*)', value)) for name, value in challenge.headers if name == asked)
    offer = next(offer for offer in offers if offer.get("algorithm", "MD5") in HASHES)
    algorithm, realm, nonce, cnonce = offer.get("algorithm", "MD5"), offer["realm"], offer["nonce"], secrets.token_hex(8)

    def hashed(*parts: str) -> str:
        return HASHES[algorithm](":".join(parts).encode()).hexdigest()

    response = hashed(hashed(username, realm, password), nonce, "00000001", cnonce, "auth", hashed(method, uri))
    return (f'{answered}: Digest username="{username}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
            f'algorithm={algorithm}, qop=auth, nc=00000001, cnonce="{cnonce}"')
