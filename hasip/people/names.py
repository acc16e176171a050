"""Names of people, and of their tokens."""

NAME_MAX = 63


def name_problem(name: str) -> str:
    """Return what is wrong with a name; empty: nothing. Nobody has one that is wrong, so it need not be looked for."""
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():         # what can't be seen makes one name look like another
        return f"a name has 1 … {NAME_MAX} characters that can be printed"
    return ""
