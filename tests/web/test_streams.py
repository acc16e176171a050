"""Streams of news are counted by person, for as long as they are open."""
import pytest

from hasip.web import OpenStreams


def test_one_person_has_so_many_and_another_their_own() -> None:
    streams = OpenStreams(2)
    with streams.one_more("carol"), streams.one_more("carol"):
        assert (streams.has_room("carol"), streams.has_room("dave")) == (False, True)
    assert streams.has_room("carol")


def test_a_stream_that_breaks_is_open_no_more() -> None:
    streams = OpenStreams(1)
    with pytest.raises(ValueError, match="broken"), streams.one_more("carol"):
        raise ValueError("broken")
    assert streams.has_room("carol")
