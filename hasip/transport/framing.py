"""Cuts a byte stream into SIP messages and keep-alives, without any I/O.

Content-Length is the only thing that says where a message on a stream ends, so whatever makes it doubtful ends the stream: guessing would let one
message be read as two. Source: RFC 3261 §7.5, §18.3, §20.14; RFC 5626 §3.5.1 and §4.4.1 for CRLF.
"""
import re
from collections.abc import Iterator
from enum import Enum, auto

HEADER_MAX_BYTES = 16_384
MESSAGE_MAX_BYTES = 65_471             # what the data plane's blocks of 65 536 hold
HEADER_END = b"\r\n\r\n"

# The name stands at the start of a line and may have white space before the colon; the value goes on in lines that begin with white space.
CONTENT_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:(.*?)(?=\r\n(?![ \t]))", re.IGNORECASE | re.DOTALL)
TOKEN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~")


class KeepAlive(Enum):
    """What may come between messages and wants an answer."""

    PING = auto()


class FramingError(Exception):
    """The stream cannot be read any further. Its text says why."""


class MessageTooLarge(FramingError):
    """A message is over a limit."""


class Framer:
    """The unread bytes of one stream.

    Units and shapes: linear in what was fed, also when fed byte by byte: no byte is searched twice, and the buffer's front is cut once a feed.
    """

    __slots__ = ("_buffer", "_message_end", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0          # there is no end of a header section before this offset
        self._message_end = 0       # where the first message ends; 0 while its header section is incomplete

    @property
    def is_inside_message(self) -> bool:
        """True when a message has begun and not ended. CRLF alone begins none."""
        return bool(self._buffer) and not HEADER_END.startswith(self._buffer)

    def forget_line_end(self) -> None:
        """Drop a CRLF that waits for a second one: a pong, when nothing has come after it for a while."""
        if not self.is_inside_message:
            self._buffer.clear()

    def feed(self, received: bytes) -> Iterator[bytes | KeepAlive]:
        """Yield the messages and pings that `received` completes; to be read to its end. Errors: FramingError, after what came before it."""
        self._buffer += received
        start = 0
        try:
            while (end := self._next_end(start)) is not None:
                item = self._item(start, end)
                start, self._searched, self._message_end = end, end, 0
                if item is not None:
                    yield item
        finally:
            del self._buffer[:start]
            self._searched = max(self._searched - start, 0)
            self._message_end = max(self._message_end - start, 0)

    def _item(self, start: int, end: int) -> bytes | KeepAlive | None:
        if self._buffer[start] != 0x0D:
            return bytes(memoryview(self._buffer)[start:end])
        return KeepAlive.PING if end - start == len(HEADER_END) else None

    def _next_end(self, start: int) -> int | None:
        """Return where the message or line end at `start` ends; None when it takes more bytes to know. Errors: FramingError."""
        if start == len(self._buffer):
            return None
        if self._buffer[start] == 0x0D:
            return self._line_end(start)
        if not self._message_end and not self._read_header_section(start):
            return None
        return self._message_end if self._message_end <= len(self._buffer) else None

    def _line_end(self, start: int) -> int | None:
        """Return the end of CRLF or CRLF CRLF. Errors: FramingError for a lone CR."""
        line_ends = self._buffer[start:start + len(HEADER_END)]
        if HEADER_END.startswith(line_ends):
            return start + len(HEADER_END) if len(line_ends) == len(HEADER_END) else None
        if line_ends.startswith(b"\r\n"):
            return start + 2
        raise FramingError("a CR without LF stands where a message should begin")

    def _read_header_section(self, start: int) -> bool:
        """Set where the message at `start` ends; False when its header section is incomplete. Errors: FramingError."""
        if self._searched <= start and self._buffer[start] not in TOKEN:
            raise FramingError(f"a message begins with octet 0x{self._buffer[start]:02x}: this is not SIP")
        end = self._buffer.find(HEADER_END, max(start, self._searched - len(HEADER_END) + 1))
        self._searched = len(self._buffer)
        seen_bytes = (len(self._buffer) if end < 0 else end + len(HEADER_END)) - start
        if seen_bytes > HEADER_MAX_BYTES:
            raise MessageTooLarge(f"a header section is longer than {HEADER_MAX_BYTES} bytes")
        if end < 0:
            return False
        length_bytes = content_length(bytes(memoryview(self._buffer)[start:end + 2]))
        if seen_bytes + length_bytes > MESSAGE_MAX_BYTES:
            raise MessageTooLarge(f"a message of {seen_bytes + length_bytes} bytes is longer than {MESSAGE_MAX_BYTES}")
        self._message_end = start + seen_bytes + length_bytes
        return True


def content_length(header_section: bytes) -> int:
    """Return what a header section, with the CRLF of its last line, says of its body. Errors: FramingError when it says nothing or several things."""
    lengths = {length_of(value.strip()) for value in CONTENT_LENGTH.findall(header_section)}
    if not lengths:
        raise FramingError("a message has no Content-Length, which a stream demands")
    if len(lengths) > 1:
        raise FramingError(f"a message has {len(lengths)} different Content-Lengths")
    return lengths.pop()


def length_of(value: bytes) -> int:
    """Return the number in a Content-Length. Errors: FramingError."""
    if not value.isdigit():
        wrong = "negative" if re.fullmatch(rb"-\d+", value) else "not a number"
        raise FramingError(f"Content-Length {value[:20].decode('latin-1')!r} is {wrong}")
    if len(value.lstrip(b"0")) > len(str(MESSAGE_MAX_BYTES)):
        raise MessageTooLarge(f"Content-Length {value[:20].decode()} is more than {MESSAGE_MAX_BYTES}")
    return int(value[-len(str(MESSAGE_MAX_BYTES)):])
