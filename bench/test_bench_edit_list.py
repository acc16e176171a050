"""A carrier's INVITE written with the edits of one hop: `pytest bench/test_bench_edit_list.py`."""
from tests._bench import EditLoop

from bench.loops import measure
from bench.test_bench_parser import MESSAGES

COUNT = 4_096
MESSAGE = MESSAGES["carrier_invite"].encode()
OUR_HEADERS = (
    b"Via: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
    b"Record-Route: <sip:AAAAAAAAAAAAAAAAAAAAAA@192.0.2.99:5060;lr>\r\n")


def place_of(text):
    start = MESSAGE.index(text)
    return start, start + len(text)


def one_hop():
    """Return the edits: Request-URI, our headers in front, received behind the first Via, Max-Forwards, a header taken off."""
    first_header = MESSAGE.index(b"\r\n") + 2
    via_end = MESSAGE.index(b"\r\n", MESSAGE.index(b"Via:"))
    supported = MESSAGE.index(b"Supported:")
    return [(*place_of(b"192.0.2.20:5060"), b"198.51.100.44:5080"), (first_header, first_header, OUR_HEADERS), (via_end, via_end, b";received=198.51.100.7"),
            (*place_of(b"67"), b"66"), (supported, MESSAGE.index(b"\r\n", supported) + 2, b"")]


def test_write_edited(benchmark):
    edits = one_hop()
    grown = sum(len(text) - (end - start) for start, end, text in edits)
    assert measure(benchmark, EditLoop(MESSAGE, edits).run, COUNT) == COUNT * (len(MESSAGE) + grown)
