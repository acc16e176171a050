"""What a scrape costs: the text of 1000 trunks with two legs each."""
from hasip.metrics import exposition
from tests.metrics.status import STATUS

TRUNKS_COUNT = 1000


def test_exposition_of_a_thousand_trunks(benchmark):
    status = {**STATUS, "trunks": {f"trunk-{number}": STATUS["trunks"]["acme"] for number in range(TRUNKS_COUNT)}}
    assert benchmark(exposition, status).count(b"hasip_trunk_calls{") == TRUNKS_COUNT
