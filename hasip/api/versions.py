"""ETags: a version in quotes. Who says which one was seen changes nothing that somebody else has changed since. (RFC 9110 §8.8.3, §13.1)"""
import re
from typing import Annotated

from fastapi import Header, Response
from starlette.exceptions import HTTPException

from hasip.store import StoreChanged

IfMatch = Annotated[str | None, Header(description='The version that was seen, `"17"`, as ETag told it; `*`: any.', examples=['"17"'])]
IfNoneMatch = Annotated[str | None, Header(description="`*`: it shall not be there yet.", examples=["*"])]

NOT_THERE = 0                   # the version of what is to be new

ETAG = re.compile(r'"([0-9]{1,18})"')


def tell_version(response: Response, version: int, replaced: int | None = None) -> None:
    """Set the ETag, and the status of what replaced nothing. (RFC 9110 §9.3.4)"""
    if replaced == NOT_THERE:
        response.status_code = 201
    response.headers["ETag"] = f'"{version}"'


def seen_version(if_match: str | None) -> int | None:
    """Return the version that was seen; None: any will do. Errors: StoreChanged for what is no ETag of ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = ETAG.fullmatch(if_match.strip())
    if found is None or int(found[1]) == NOT_THERE:
        raise StoreChanged(f'{if_match}: no version of ours: send what ETag told, "17"')
    return int(found[1])


def wanted_version(if_match: str | None, if_none_match: str | None) -> int | None:
    """Return the version that a PUT replaces; NOT_THERE: it makes a new one. Errors: HTTPException for neither; StoreChanged as seen_version."""
    if if_none_match is not None and if_none_match.strip() == "*":
        return NOT_THERE
    if if_match is None:
        raise HTTPException(428, 'say what is replaced: If-Match with the ETag that was seen; or If-None-Match: * for a new one')
    return seen_version(if_match)
