"""Names in paths: any name a trunk can have, "a/b" as a%2Fb too, so paths are matched as they came and names unescaped behind that."""
from typing import Annotated
from urllib.parse import unquote

from fastapi import Path
from pydantic import AfterValidator, BeforeValidator

from hasip.config.values import read_text

NAME_MAX = 63


def read_name(text: str) -> str:
    """Return a name. Errors: ValueError for one that nothing can have."""
    if not 1 <= len(text) <= NAME_MAX:
        raise ValueError(f"a name has 1 … {NAME_MAX} characters")
    return read_text(text)


Named = Annotated[str, Path(description="A name; / in it is written %2F.", min_length=1), BeforeValidator(unquote), AfterValidator(read_name)]
