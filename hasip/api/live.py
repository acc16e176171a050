"""What happens now, and what can be done about it."""
from fastapi import APIRouter

from hasip.api.entry import Asking, PortalHere
from hasip.api.models import Facts, FailoverTest, FailoverTestBody
from hasip.api.paths import Named

routes = APIRouter(tags=["live"])


@routes.get("/nodes")
async def list_nodes(person: Asking, portal: PortalHere) -> list[Facts]:
    """Show the node that is asked, as `hasip status` does, without its trunks."""
    return [Facts(**portal.live.node(person))]


@routes.get("/calls")
async def list_calls(person: Asking, portal: PortalHere) -> list[Facts]:
    """Say who holds each slot of every pool in reach, the oldest call first."""
    return [Facts(**call) for call in portal.live.calls(person)]


@routes.get("/zones")
async def list_zones(person: Asking, portal: PortalHere) -> list[Facts]:
    """Say how zones and probed accounts stand, and why."""
    return [Facts(**zone) for zone in portal.live.zones(person)]


@routes.get("/zone-events")
async def list_zone_events(person: Asking, portal: PortalHere) -> list[Facts]:
    """Say what happened to zones, the oldest first."""
    return [Facts(**event) for event in portal.live.zone_history(person)]


@routes.get("/trunks/{name}/pool")
async def see_pool(name: Named, person: Asking, portal: PortalHere) -> Facts:
    """Say how many calls a trunk has, of how many; per leg figures, and where it is registered; and a failover test that goes on."""
    return Facts(**portal.live.pool(person, name))


@routes.get("/trunks/{name}/calls")
async def list_calls_of_trunk(name: Named, person: Asking, portal: PortalHere) -> list[Facts]:
    """Say who holds each slot of a trunk's pool, the oldest call first."""
    return [Facts(**call) for call in portal.live.calls(person, name)]


@routes.get("/trunks/{name}/zones")
async def list_zones_of_trunk(name: Named, person: Asking, portal: PortalHere) -> list[Facts]:
    """Say how a trunk's zones and probed accounts stand, and why."""
    return [Facts(**zone) for zone in portal.live.zones(person, name)]


@routes.get("/trunks/{name}/zone-events")
async def list_zone_events_of_trunk(name: Named, person: Asking, portal: PortalHere) -> list[Facts]:
    """Say what happened to a trunk's zones, the oldest first."""
    return [Facts(**event) for event in portal.live.zone_history(person, name)]


@routes.post("/trunks/{name}/failover-test")
async def test_failover(name: Named, body: FailoverTestBody, person: Asking, portal: PortalHere) -> FailoverTest:
    """Let new calls pass the first leg by for a while, as if it were dead. No call is lost by it; it ends by itself."""
    return FailoverTest(**await portal.live.test_failover(person, name, body.seconds))


@routes.delete("/trunks/{name}/failover-test", status_code=204)
async def end_failover_test(name: Named, person: Asking, portal: PortalHere) -> None:
    """End a failover test now."""
    await portal.live.end_failover_test(person, name)


@routes.put("/trunks/{name}/zones/{zone}/drain", status_code=204)
async def drain_zone_of_trunk(name: Named, zone: Named, person: Asking, portal: PortalHere) -> None:
    """Let a zone have no new calls, after a restart too; those in progress stay."""
    await portal.live.set_drained(person, f"{name}/{zone}", True)


@routes.delete("/trunks/{name}/zones/{zone}/drain", status_code=204)
async def undrain_zone_of_trunk(name: Named, zone: Named, person: Asking, portal: PortalHere) -> None:
    """Let a zone have calls again, as its state allows."""
    await portal.live.set_drained(person, f"{name}/{zone}", False)


@routes.put("/cores/{name}/zones/{zone}/drain", status_code=204)
async def drain_zone_of_core(name: Named, zone: Named, person: Asking, portal: PortalHere) -> None:
    """Let a core's zone have no new calls."""
    await portal.live.set_drained(person, f"core:{name}/{zone}", True)


@routes.delete("/cores/{name}/zones/{zone}/drain", status_code=204)
async def undrain_zone_of_core(name: Named, zone: Named, person: Asking, portal: PortalHere) -> None:
    """Let a core's zone have calls again."""
    await portal.live.set_drained(person, f"core:{name}/{zone}", False)
