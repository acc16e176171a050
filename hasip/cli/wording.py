"""Words for people."""


def counted(count: int, noun: str) -> str:
    """Return "1 trunk", "2 trunks"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
