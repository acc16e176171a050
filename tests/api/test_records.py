"""Records by HTTP."""
import csv
import io
import json

from tests.portal.scene import ANNA, OPERATOR

from .client import Asker, ask


def test_records_are_found_by_time_number_call_and_whether_they_moved(url: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.as_program(OPERATOR)

        async def calls(path: str = "/records", **query: str) -> list[str]:
            return [record["call_id"] for record in (await asker.get(path, params=query)).json()["records"]]
        assert len(await calls()) == 3 and await calls("/trunks/acme/records") == ["acme@cases"]
        assert await calls(call_id="globex@cases") == ["globex@cases"] and len(await calls(number="+6561230000")) == 3
        assert len(await calls(failovers="true")) == 3 and await calls(number="+1") == []
        assert await calls(until="2000-01-01T00:00:00Z") == [] and len(await calls(since="2000-01-01T00:00:00+02:00")) == 3
        assert (await asker.get("/records", params={"since": "2000-01-01T00:00:00"})).status_code == 422         # whose midnight?
        first = (await asker.get("/records", params={"limit": 2})).json()
        rest = (await asker.get("/records", params={"limit": 2, "after": first["after"]})).json()
        assert len(first["records"]) == 2 and len(rest["records"]) == 1 and rest["after"] is None
    ask(url, work)


def test_records_are_exported_as_csv_and_as_json_lines(url: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.as_program(ANNA)
        answer = await asker.get("/record-export", params={"format": "jsonl"})
        assert [json.loads(line)["trunk"] for line in answer.text.splitlines()] == ["acme"] and answer.headers["Content-Type"] == "application/jsonl"
        table = await asker.get("/trunks/acme/record-export")
        (row,) = csv.DictReader(io.StringIO(table.text))
        assert (row["trunk"], row["failovers"]) == ("acme", "1") and 'filename="calls.csv"' in table.headers["Content-Disposition"]
    ask(url, work)


def test_a_call_is_explained_and_a_trunks_timeline_shows_its_failover(url: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.as_program(ANNA)
        (told,) = (await asker.get("/records/acme%40cases")).json()
        assert told["record"]["attempts"][0]["status"] == 503 and len(told["sentences"]) > 3
        timeline = (await asker.get("/trunks/acme/timeline", params={"since": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"})).json()
        assert [(each["from_leg"], each["to_leg"], each["result"]) for each in timeline["failovers"]] == [("primary", "secondary", "refused")]
        assert (await asker.get("/trunks/acme/timeline")).status_code == 200
    ask(url, work)
