"""The files a page needs: one style sheet, one script, one icon. They are named by their content, so that browsers may keep them."""
import hashlib
from functools import cache
from importlib.resources import files

CONTENT_TYPES = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}


@cache
def asset(name: str) -> bytes:
    """Return a file's bytes. Errors: KeyError for a name that is none of ours."""
    CONTENT_TYPES[name]
    return files("hasip.console").joinpath("static", name).read_bytes()


@cache
def asset_path(name: str) -> str:
    """Return where a page finds a file."""
    return f"/static/{hashlib.sha256(asset(name)).hexdigest()[:12]}/{name}"
