"""`hasip import` on the command line: what it prints, where it writes, and how it ends."""
from pathlib import Path

from tests.cli.test_check import DATA, hasip

DISPATCHER, ADDRESS = DATA / "kamailio" / "dispatcher.list", DATA / "kamailio" / "address.list"


def test_lines_that_were_left_out_are_named_and_the_exit_code_is_1(tmp_path: Path) -> None:
    done = hasip("import", "kamailio", DISPATCHER, ADDRESS, "--core-set", "100", "--group", "40=4", "-o", tmp_path / "trunks.toml")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{DISPATCHER}:25: set 5 has 3 destinations" in done.stderr and done.stderr.endswith("4 trunks, 6 lines left out\n")
    checked = hasip("check", tmp_path / "trunks.toml")
    assert checked.returncode == 1
    assert "still to be filled in: the numbers that are dialled for set 1" in checked.stderr and "Traceback" not in checked.stderr


def test_without_output_the_file_is_printed_and_all_taken_ends_with_0(tmp_path: Path) -> None:
    (tmp_path / "dispatcher.list").write_text("1 sip:192.0.2.1\n")
    done = hasip("import", "kamailio", tmp_path / "dispatcher.list", "--calls", "5", "--core-allow", "10.0.0.0/8")
    assert (done.returncode, done.stderr) == (0, "1 trunk, 0 lines left out\n")
    assert "calls = 5" in done.stdout and "10.0.0.0/8" in done.stdout


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "trunks.toml").write_text("mine")
    done = hasip("import", "kamailio", DISPATCHER, "-o", tmp_path / "trunks.toml")
    assert done.returncode == 1 and "is there already" in done.stderr
    assert (tmp_path / "trunks.toml").read_text() == "mine"


def test_what_is_wrong_with_the_command_is_one_line(tmp_path: Path) -> None:
    missing = hasip("import", "kamailio", tmp_path / "none.list")
    assert (missing.returncode, missing.stderr) == (1, f"{tmp_path}/none.list: No such file or directory\n")
    core = hasip("import", "kamailio", DISPATCHER, "--core-set", "77")
    assert (core.returncode, core.stderr) == (1, f"{DISPATCHER}: no destination of set 77, which --core-set names\n")
    assert hasip("import", "kamailio", DISPATCHER, "--core-allow", "10.0.0.1/8").returncode == 2
    assert hasip("import", "kamailio", DISPATCHER, "--group", "7").returncode == 2
