"""What `hasip status` says of records."""
from hasip.cli.status import records_line

WELL = {"is_on": True, "written": 9, "waiting_batches": 0, "waiting_bytes": 0, "lost": 0, "refused_batches": 0}


def test_records_that_are_all_written_are_one_line() -> None:
    assert records_line(WELL) == "records of calls: 9 written, none waits"


def test_records_that_wait_or_are_lost_are_named() -> None:
    told = records_line({**WELL, "waiting_batches": 2, "waiting_bytes": 700, "lost": 3, "refused_batches": 1})
    assert told == "records of calls: 9 written, 700 bytes wait for the store, [red]3 lost, 1 batches refused by the store[/]"
