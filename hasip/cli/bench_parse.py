"""Measure the parser over a set of messages, for `hasip bench parse FILE.set`."""
import struct
from pathlib import Path

from hasip._fastpath import bench_parse, simd

MESSAGE_BYTES_MAX = 65471


def bench_parse_file(path: Path, rounds: int = 20) -> dict[str, float | int | str]:
    """Return nanoseconds per message (best of `rounds` passes), and what was measured.

    Errors: OSError when the file can't be read; ValueError naming the place when it is no set of SIP messages.
    """
    messages = read_set(path)
    try:
        ns_per_message = bench_parse(messages, rounds)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return {
        "ns_per_message": ns_per_message,
        "messages": len(messages),
        "mean_bytes": sum(map(len, messages)) / len(messages),
        "simd": simd(),
        "file": str(path),
    }


def read_set(path: Path) -> list[bytes]:
    """Read messages, each behind its length as a little-endian 32-bit number.

    Errors: OSError; ValueError naming the offset at which the file stops making sense.
    """
    content = path.read_bytes()
    messages: list[bytes] = []
    offset = 0
    while offset < len(content):
        if len(content) - offset < 4:
            raise ValueError(f"{path}: at byte {offset}: {len(content) - offset} stray bytes where a 4-byte length should stand")
        (length,) = struct.unpack_from("<I", content, offset)
        if not 0 < length <= MESSAGE_BYTES_MAX:
            raise ValueError(f"{path}: at byte {offset}: a message of {length} bytes; it has to be 1 to {MESSAGE_BYTES_MAX} (is this a .set file?)")
        if length > len(content) - offset - 4:
            raise ValueError(f"{path}: at byte {offset}: a message of {length} bytes, but only {len(content) - offset - 4} follow")
        messages.append(content[offset + 4:offset + 4 + length])
        offset += 4 + length
    if not messages:
        raise ValueError(f"{path}: no messages in it")
    return messages
