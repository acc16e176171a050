"""What happens now, as people see it, and what they do about it."""
import pytest

from hasip.portal import NotAllowed, NotFound, NotPossible

from .scene import ANNA, OPERATOR, Scene, play


def test_customers_see_calls_zones_and_pools_of_their_own(url: str) -> None:
    async def work(scene: Scene) -> None:
        live = scene.portal.live
        assert [call["trunk"] for call in live.calls(ANNA)] == ["acme"] and len(live.calls(OPERATOR)) == 3
        assert live.zones(ANNA) == [] and len(live.zones(OPERATOR)) == 2
        assert live.calls_of(ANNA, ["acme", "globex"]) == {"acme": 2}
        assert live.pool(ANNA, "acme")["calls"] == 2
        for see in (live.pool, live.calls, live.zones, live.zone_history):
            with pytest.raises(NotFound):
                see(ANNA, "globex")
        with pytest.raises(NotFound):
            live.pool(OPERATOR, "no-such")
        with pytest.raises(NotAllowed):
            live.node(ANNA)
    play(url, work)


def test_zone_history_is_of_zones_in_reach(url: str) -> None:
    async def work(scene: Scene) -> None:
        scene.live.history = [{"zone": "initech/sg-a", "after": "down"}, {"zone": "acme/primary", "after": "down"}, {"zone": "core:pstn/a", "after": "down"}]
        assert [event["zone"] for event in scene.portal.live.zone_history(ANNA)] == ["acme/primary"]
        assert [event["zone"] for event in scene.portal.live.zone_history(OPERATOR, "initech")] == ["initech/sg-a"]
    play(url, work)


def test_draining_a_zone_is_an_operators_and_is_in_the_audit_log(url: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.portal.live.set_drained(OPERATOR, "initech/sg-a", True)
        await scene.portal.live.set_drained(OPERATOR, "initech/sg-a", False)
        assert [(each.who, each.action, each.name) for each in (await scene.portal.audit.entries(OPERATOR))[:2]] == [
            ("root", "undrained", "initech/sg-a"), ("root", "drained", "initech/sg-a")]
        with pytest.raises(NotAllowed):
            await scene.portal.live.set_drained(ANNA, "acme/primary", True)
        with pytest.raises(NotFound):
            await scene.portal.live.set_drained(OPERATOR, "initech/no-such", True)
    play(url, work)


def test_a_failover_test_is_begun_ended_and_in_the_audit_log(url: str) -> None:
    async def work(scene: Scene) -> None:
        live = scene.portal.live
        begun = await live.test_failover(ANNA, "acme", 60)
        assert live.pool(ANNA, "acme")["failover_test"] == begun == {"legs": ["primary"], "ends_at": 1060.0}
        await live.end_failover_test(ANNA, "acme")
        assert live.pool(ANNA, "acme")["failover_test"] is None
        with pytest.raises(NotFound):
            await live.end_failover_test(ANNA, "acme")
        assert [each.action for each in (await scene.portal.audit.entries(ANNA))[:2]] == ["failover test ended", "failover test begun"]
    play(url, work)


@pytest.mark.parametrize("seconds", [0, 301, -1])
def test_a_failover_test_lasts_five_minutes_at_the_most(url: str, seconds: int) -> None:
    async def work(scene: Scene) -> None:
        with pytest.raises(NotPossible):
            await scene.portal.live.test_failover(ANNA, "acme", seconds)
    play(url, work)


def test_a_failover_test_that_would_do_harm_is_not_begun(url: str) -> None:
    async def work(scene: Scene) -> None:
        scene.live.no_trial = "secondary could take no call now"
        with pytest.raises(NotPossible, match="could take no call"):
            await scene.portal.live.test_failover(ANNA, "acme", 60)
        with pytest.raises(NotFound):
            await scene.portal.live.test_failover(ANNA, "globex", 60)
        assert all(each.action == "added" for each in await scene.portal.audit.entries(ANNA))
    play(url, work)
