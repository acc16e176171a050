"""Names of people, and of their tokens."""
from hasip.config.values import read_text

NAME_MAX = 63


def name_problem(name: str) -> str:
    """Return what is wrong with a name; empty: nothing. Nobody has one that is wrong, so it need not be looked for."""
    if not 1 <= len(name) <= NAME_MAX:
        return f"a name has 1 … {NAME_MAX} characters"
    try:
        read_text(name)
    except ValueError as error:
        return str(error)
    return ""
