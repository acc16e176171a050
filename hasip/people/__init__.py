"""Who somebody is: passwords, secrets of sessions and tokens, and how often one may try. Nothing here knows the store or HTTP."""
from hasip.people.limiter import LoginLimiter
from hasip.people.names import NAME_MAX, name_problem
from hasip.people.passwords import PASSWORD_MAX, PasswordHasher, password_problem
from hasip.people.secrets import csrf_token, digest_of, is_csrf_token, new_secret, new_token
from hasip.people.sessions import SessionRules

__all__ = ["NAME_MAX", "PASSWORD_MAX", "LoginLimiter", "PasswordHasher", "SessionRules", "csrf_token", "digest_of", "is_csrf_token", "name_problem",
           "new_secret", "new_token", "password_problem"]
