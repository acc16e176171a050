"""HTTP on the node's own loop, and what API and console have in common there."""
from hasip.web.cookies import CSRF_HEADER, SAFE_METHODS, forget_session, is_from_another_site, session_secret, set_session
from hasip.web.headers import SecureHeaders
from hasip.web.limits import BodyLimit
from hasip.web.paths import PathsAsTheyCame
from hasip.web.server import serving
from hasip.web.streams import OpenStreams

__all__ = ["CSRF_HEADER", "SAFE_METHODS", "BodyLimit", "OpenStreams", "PathsAsTheyCame", "SecureHeaders", "forget_session", "is_from_another_site", "serving",
           "session_secret", "set_session"]
