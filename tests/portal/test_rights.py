"""Who may do what."""
import pytest

from hasip.domain.trunk import Mode
from hasip.portal import Action, NotAllowed, NotFound
from hasip.portal.rights import RIGHTS, beyond_self_service, demand, is_self_service, may, trunks_in_reach

from .scene import ANNA, OPERATOR

OPERATORS_ONLY = {Action.SET_UP_TRUNKS, Action.ADD_OR_REMOVE_TRUNKS, Action.SEE_CORES, Action.CHANGE_CORES, Action.DRAIN_ZONES, Action.SEE_NODES, Action.SEE_USERS,
                  Action.CHANGE_USERS}


def test_the_table_has_a_line_for_every_action() -> None:
    assert set(RIGHTS) == set(Action)


@pytest.mark.parametrize("action", Action)
def test_an_operator_may_do_everything_to_every_trunk(action: Action) -> None:
    demand(OPERATOR, action, "globex")
    assert may(OPERATOR, action, "globex") and trunks_in_reach(OPERATOR, action) is None


@pytest.mark.parametrize("action", sorted(OPERATORS_ONLY))
def test_what_is_for_operators_is_refused_to_customers_even_on_their_own_trunks(action: Action) -> None:
    with pytest.raises(NotAllowed, match="ask an operator"):
        demand(ANNA, action, "acme")
    assert not may(ANNA, action, "acme")


@pytest.mark.parametrize("action", sorted(set(Action) - OPERATORS_ONLY - {Action.MAKE_OWN_TOKENS}))
def test_a_customer_reaches_own_trunks_and_somebody_elses_is_not_found(action: Action) -> None:
    demand(ANNA, action, "acme")
    assert trunks_in_reach(ANNA, action) == {"acme"}
    with pytest.raises(NotFound, match='^no trunk "globex"$'):
        demand(ANNA, action, "globex")


@pytest.mark.parametrize("place", ["mode", "primary.label", "primary.allow", "secondary", "secondary.allow", "secondary.username", "secondary.address"])
def test_self_service_covers(place: str) -> None:
    assert is_self_service(place)


@pytest.mark.parametrize("place", [
    "name", "calls", "numbers", "core", "add_ons", "caller_id", "caller_id_policy", "failover_codes", "primary", "primary.address", "primary.authentication",
    "primary.username", "primary.ha1_md5", "primary.transport", "primary.probe", "region", "region[0].zone[0].address", "max_call_s", "modes", "secondaryx"])
def test_self_service_does_not_cover(place: str) -> None:
    assert not is_self_service(place)


@pytest.mark.parametrize("old", Mode)
@pytest.mark.parametrize("new", Mode)
def test_customers_move_among_the_basic_modes_and_operators_among_all(old: Mode, new: Mode) -> None:
    is_fit = old is new or (old.is_basic and new.is_basic)
    assert (beyond_self_service(ANNA, [] if old is new else ["mode"], old, new) == []) is is_fit
    assert beyond_self_service(OPERATOR, ["mode", "calls"], old, new) == []
