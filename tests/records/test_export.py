"""Records as lines of CSV and JSON."""
import csv
import io
import json
from dataclasses import replace

from hasip.domain.record import Result
from hasip.records.export import csv_header, csv_line, json_line
from tests.records.samples import PRIMARY, moved


def test_an_attempt_is_one_text_and_the_brackets_of_ipv6_tell_address_from_port() -> None:
    attempts = (replace(PRIMARY, address="2001:db8::1", port=5060), replace(PRIMARY, leg="secondary", result=Result.NOWHERE, status=0, address="", port=0))
    (row,) = csv.DictReader(io.StringIO(csv_header() + csv_line(moved(attempts=attempts))))
    assert row["attempts"] == "primary=refused/503@[2001:db8::1]:5060; secondary=nowhere"


def test_times_have_their_zone_and_what_never_was_is_empty_in_csv_and_null_in_json() -> None:
    record = moved(answered_ms=None)
    (row,) = csv.DictReader(io.StringIO(csv_header() + csv_line(record)))
    assert (row["received"], row["answered"], row["setup_ms"]) == ("2026-09-21T14:13:20.000Z", "", "")
    told = json.loads(json_line(record))
    assert (told["received"], told["answered"], told["attempts"][0]["status"]) == ("2026-09-21T14:13:20.000Z", None, 503)
