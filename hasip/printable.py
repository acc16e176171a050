"""What a caller chose, as a terminal may print it: Call-IDs, numbers, names and whole messages come from whoever sends a datagram.

An escape sequence in them would move the cursor, retitle the window or type into it; a line break would make up a line; marks of direction
show a text as another one. So whatever is no printable character stands as its escape: what `\\x1b` was can still be read.
"""


def printable(text: str) -> str:
    """Return a text in which everything that is not to be seen stands as its escape: controls, line breaks, marks of direction, odd spaces."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode() for each in text)
