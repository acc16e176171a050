"""`hasip bench parse`: what it measures, and what it says of a file that is no set."""
import struct

import pytest
from typer.testing import CliRunner

from hasip.cli.bench import bench
from hasip.cli.bench_parse import bench_parse_file

MESSAGE = (
    b"OPTIONS sip:192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:192.0.2.9>\r\n"
    b"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n")


def test_a_set_is_measured(tmp_path):
    path = tmp_path / "two.set"
    path.write_bytes((struct.pack("<I", len(MESSAGE)) + MESSAGE) * 2)
    result = bench_parse_file(path, rounds=2)
    assert result["ns_per_message"] > 0
    assert (result["messages"], result["mean_bytes"], result["file"]) == (2, len(MESSAGE), str(path))
    assert result["simd"] in ("scalar", "avx2", "avx512")


def test_a_file_is_named_once_where_it_is_no_set_or_none(tmp_path):
    wrong = tmp_path / "wrong.set"
    wrong.write_bytes(b"")
    for path, sentence in ((wrong, "no messages in it"), (tmp_path / "none.set", "No such file or directory")):
        done = CliRunner().invoke(bench, ["parse", str(path)])
        assert (done.exit_code, done.output) == (1, f"{path}: {sentence}\n")


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "no messages in it"),
    (b"\x01\x00", "at byte 0: 2 stray bytes"),
    (struct.pack("<I", 0), "a message of 0 bytes"),
    (MESSAGE, "is this a .set file"),
    (struct.pack("<I", 9) + b"12345678", "a message of 9 bytes, but only 8 follow"),
    (struct.pack("<I", 4) + b"SIP!", "Malformed start line"),
])
def test_what_is_no_set_is_refused_with_the_place(tmp_path, content, sentence):
    path = tmp_path / "wrong.set"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as refusal:
        bench_parse_file(path)
    assert str(path) in str(refusal.value)
