"""Users register over UDP, TCP and TLS, are called where they registered, and call out; and what a restart leaves of it. (RFC 3261 §10, RFC 5626)"""
import pytest

from .agent import Agent, callee_dialog, caller_dialog, is_final, is_final_of_invite
from .conftest import Node
from .edge import Edge, Trunk
from .message import Message, host_of, parameter, split_values
from .user import User

TRANSPORTS = ("udp", "tcp", "tls")
ALGORITHMS = ("MD5", "SHA-256")
MANY = 1000


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def edge(node: Node, request: pytest.FixtureRequest) -> Edge:
    return node(
        *(Trunk(f"office-{transport}", "only_primary", primary="digest", secondary="", primary_settings={"transport": transport}) for transport in TRANSPORTS),
        Trunk("failing-over", primary="digest"),
        Trunk("restarted", primary="digest"),
        Trunk("unregistered", primary="digest"),
        Trunk("shared", "load_balancing", primary="digest", secondary="digest"),
        Trunk("many-contacts", "only_primary", primary="digest", secondary=""),
        streams=True, workers=request.param)


def call(edge: Edge, caller: Agent, trunk: str, user: User) -> tuple[Message, Message]:
    """Place a call that this user answers; return the caller's INVITE and the one that arrived."""
    invite = caller.invite(edge[trunk].number)
    arrived = user.agent.wait("INVITE", call_id=invite.call_id)
    user.agent.respond(arrived, 180)
    caller.wait(180, call_id=invite.call_id)
    answer = user.agent.respond(arrived, 200)
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    assert final.status == 200
    caller.ack(invite, final)
    user.agent.wait("ACK", call_id=invite.call_id)
    caller.send_in_dialog("INFO", caller_dialog(invite, final, edge.address))
    user.agent.respond(user.agent.wait("INFO", call_id=invite.call_id), 200)
    caller.wait(200, call_id=invite.call_id)
    user.agent.send_in_dialog("BYE", callee_dialog(arrived, answer, user.agent.edge))
    caller.respond(caller.wait("BYE", call_id=invite.call_id), 200)
    user.agent.wait(200, call_id=invite.call_id)
    return invite, arrived


def bindings_count(edge: Edge, trunk: str) -> int:
    """Return how many contacts the primary has."""
    return len(edge.trunk_status(trunk)["legs"]["primary"]["bindings"])


# ---------------------------------------------------------------------------------------- registering


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_user_registers_and_is_told_its_binding(edge: Edge, transport: str, algorithm: str) -> None:
    user = edge.user(f"office-{transport}-primary", transport, algorithm=algorithm)
    registered = user.register(expires_s=120)
    assert registered.status == 200
    [contact] = [value for value in split_values(registered.all("Contact")) if user.agent.contact_uri(user.name) in value]
    assert 110 <= int(parameter(contact, "expires")) <= 120
    assert user.register(expires_s=0).status == 200


def test_the_challenge_offers_sha_256_before_md5_rfc8760(edge: Edge) -> None:
    stranger = edge.stranger()
    sent = stranger.request("REGISTER", to_value="<sip:office-udp-primary@hasip>")
    offers = stranger.wait(401, call_id=sent.call_id).all("WWW-Authenticate")
    assert [parameter(offer.replace(",", ";"), "algorithm") for offer in offers] == ["SHA-256", "MD5"]
    assert len({offer for offer in offers}) == 2 and all('qop="auth"' in offer for offer in offers)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_call_comes_by_the_way_that_was_registered(edge: Edge, transport: str) -> None:
    trunk = f"office-{transport}"
    user = edge.user(f"{trunk}-primary", transport)
    assert user.register().status == 200
    invite, arrived = call(edge, edge.caller(), trunk, user)
    assert arrived.request_uri == user.agent.contact_uri(user.name)
    assert arrived.header("Via").startswith(f"SIP/2.0/{transport.upper()} ")
    assert arrived.body == invite.body
    if transport != "udp":
        assert len(user.agent.connections) == 1, "one connection carries it all"       # type: ignore[attr-defined]
    assert user.register(expires_s=0).status == 200


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_contact_that_leads_nowhere_is_called_on_its_connection(edge: Edge, transport: str) -> None:
    user = edge.user(f"office-{transport}-primary", transport)
    contact = f"sip:me@192.0.2.77:9;transport={transport}"
    assert user.register(contact=f"<{contact}>").status == 200
    invite = edge.caller().invite(edge[f"office-{transport}"].number)
    arrived = user.agent.wait("INVITE", call_id=invite.call_id)
    assert arrived.request_uri == contact
    user.agent.respond(arrived, 603)
    assert user.register(contact=f"<{contact}>", expires_s=0).status == 200


class NatAgent(Agent):
    """Believes that it is at its address in the private network."""

    @property
    def sent_by(self) -> str:
        return "10.9.8.7:5060"


def test_a_contact_behind_nat_is_called_where_its_register_came_from_rfc3581(edge: Edge) -> None:
    user = User(edge.keep(NatAgent(f"{edge.network}.140", 0, edge.address)), "office-udp-primary")
    assert user.register().status == 200
    caller = edge.caller()
    invite = caller.invite(edge["office-udp"].number)
    arrived = user.agent.wait("INVITE", call_id=invite.call_id)
    assert arrived.request_uri == "sip:office-udp-primary@10.9.8.7:5060"
    answer = user.agent.respond(arrived, 200)
    caller.ack(invite, caller.wait(200, call_id=invite.call_id))
    user.agent.wait("ACK", call_id=invite.call_id)
    user.agent.send_in_dialog("BYE", callee_dialog(arrived, answer, edge.address))
    caller.respond(caller.wait("BYE", call_id=invite.call_id), 200)
    assert user.register(contact="*", expires_s=0).status == 200


def test_expires_0_ends_the_binding_and_star_ends_all(edge: Edge) -> None:
    user = edge.user("many-contacts-primary")
    contacts = [f"<{user.agent.contact_uri(f'line{line}')}>" for line in range(3)]
    for contact in contacts:
        assert user.register(contact=contact).status == 200
    assert bindings_count(edge, "many-contacts") == 3
    left = user.register(contact=contacts[0], expires_s=0)
    assert len(split_values(left.all("Contact"))) == 2
    assert user.register(contact="*", expires_s=0).all("Contact") == []
    assert bindings_count(edge, "many-contacts") == 0


def test_too_brief_a_time_is_423_with_min_expires(edge: Edge) -> None:
    refused = edge.user("office-udp-primary").register(expires_s=10)
    assert (refused.status, refused.header("Min-Expires")) == (423, "60")


def test_a_user_may_not_register_for_another(edge: Edge) -> None:
    thief = edge.user("office-udp-primary")
    thief_name, thief.name = thief.name, "office-tcp-primary"
    thief.password = "not mine"
    assert thief.register().status == 401
    thief.name, thief.password = thief_name, User(thief.agent, "").password
    sent = thief.agent.request("REGISTER", to_value="<sip:office-tcp-primary@hasip>", cseq=1)
    challenge = thief.agent.wait(401, call_id=sent.call_id)
    again = thief.agent.request("REGISTER", to_value="<sip:office-tcp-primary@hasip>", call_id=sent.call_id, cseq=2,
                                headers=[thief.answer(challenge, "REGISTER", thief.registrar)])
    assert thief.agent.wait(is_final, call_id=again.call_id).status == 403
    assert bindings_count(edge, "office-tcp") == 0


def test_a_nonce_serves_for_more_requests_with_rising_counts_and_for_none_twice(edge: Edge) -> None:
    user = edge.user("office-udp-primary")
    sent = user.agent.request("REGISTER", to_value=f"<sip:{user.name}@hasip>")
    challenge = user.agent.wait(401, call_id=sent.call_id)
    statuses = []
    for count in (1, 2, 3, 2):
        header = user.answer(challenge, "REGISTER", user.registrar, count)
        again = user.agent.request("REGISTER", to_value=f"<sip:{user.name}@hasip>", headers=[header])
        final = user.agent.wait(is_final, call_id=again.call_id)
        statuses.append(final.status)
    assert statuses == [200, 200, 200, 401]
    assert all("stale=true" in value for value in final.all("WWW-Authenticate"))
    assert user.register(contact="*", expires_s=0).status == 200


# ---------------------------------------------------------------------------------------- calling out


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_user_calls_the_core_with_its_trunks_caller_id_and_without_its_password(edge: Edge, transport: str, algorithm: str) -> None:
    trunk = f"office-{transport}"
    user, core = edge.user(f"{trunk}-primary", transport, algorithm=algorithm), edge.core()
    invite = user.invite("+4930123456", headers=[("P-Asserted-Identity", "<sip:boss@bank.example>"), ("Remote-Party-ID", "<sip:boss@bank.example>")])
    arrived = core.wait("INVITE", call_id=invite.call_id)
    asserted = arrived.all("P-Asserted-Identity")
    assert len(asserted) == 1 and f"sip:{edge[trunk].number}@" in asserted[0]
    assert arrived.all("Proxy-Authorization") == arrived.all("Authorization") == arrived.all("Remote-Party-ID") == []
    assert arrived.request_uri.startswith(f"sip:+4930123456@{edge.core_address}")
    assert arrived.body == invite.body
    answer = core.respond(arrived, 200)
    final = user.agent.wait(200, call_id=invite.call_id)
    user.agent.ack(invite, final)
    core.wait("ACK", call_id=invite.call_id)
    core.send_in_dialog("OPTIONS", callee_dialog(arrived, answer, edge.address))
    user.agent.respond(user.agent.wait("OPTIONS", call_id=invite.call_id), 200)
    core.wait(200, call_id=invite.call_id)
    user.agent.send_in_dialog("BYE", caller_dialog(invite, final, user.agent.edge))
    core.respond(core.wait("BYE", call_id=invite.call_id), 200)
    user.agent.wait(200, call_id=invite.call_id)
    assert edge.calls(trunk) == 0


def test_a_call_of_a_user_takes_a_slot_of_its_trunks_pool(edge: Edge) -> None:
    user, core = edge.user("office-udp-primary"), edge.core()
    invite = user.invite("+4930123456")
    arrived = core.wait("INVITE", call_id=invite.call_id)
    assert edge.calls("office-udp") == 1
    core.respond(arrived, 486)
    user.agent.ack(invite, user.agent.wait(486, call_id=invite.call_id))
    edge.settle()
    assert edge.calls("office-udp") == 0


# ---------------------------------------------------------------------------------------- not there


def test_who_is_not_registered_is_480_with_warning_and_no_failover(edge: Edge) -> None:
    caller, secondary = edge.caller(), edge.leg("unregistered", 1)
    invite = caller.invite(edge["unregistered"].number)
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    caller.ack(invite, final)
    assert final.status == 480
    assert final.header("Warning").startswith("399 ") and '"user not registered"' in final.header("Warning")
    edge.settle()
    assert secondary.count("INVITE") == 0


def test_load_balancing_does_not_look_at_registrations(edge: Edge) -> None:
    user = edge.user("shared-secondary")
    assert user.register().status == 200
    caller, statuses = edge.caller(), []
    for _ in range(4):
        invite = caller.invite(edge["shared"].number)
        edge.settle()
        for arrived in [message for message in user.agent.drain() if message.method == "INVITE"]:
            user.agent.respond(user.agent.wait("INVITE", call_id=arrived.call_id), 603)
        final = caller.wait(is_final_of_invite, call_id=invite.call_id)
        caller.ack(invite, final)
        statuses.append(final.status)
    assert statuses == [480, 603] * 2


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@pytest.mark.parametrize("end", ["closed", "reset"])
def test_a_registered_connection_that_is_gone_is_a_connection_error_and_moves_the_call(edge: Edge, transport: str, end: str) -> None:
    user, caller, secondary = edge.user("failing-over-primary", transport), edge.caller(), edge.leg("failing-over", 1)
    assert user.register().status == 200
    connection = user.agent.connections[0]          # type: ignore[attr-defined]
    (connection.reset if end == "reset" else user.agent.close)()
    before = edge.reason("far_end_error_stream")
    invite = caller.invite(edge["failing-over"].number)
    arrived = secondary.wait("INVITE", call_id=invite.call_id)
    assert edge.reason("far_end_error_stream") == before + 1
    secondary.respond(arrived, 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))
    edge.settle()
    assert bindings_count(edge, "failing-over") <= 1
    assert edge.user("failing-over-primary").register(contact="*", expires_s=0).status == 200


# ---------------------------------------------------------------------------------------- a restart


def test_bindings_outlive_kill_9_and_a_lost_tls_connection_moves_the_call(edge: Edge) -> None:
    near, far = edge.user("office-udp-primary"), edge.user("restarted-primary", "tls")
    assert (near.register().status, far.register().status) == (200, 200)
    edge.kill()
    edge.start()
    assert [bindings_count(edge, trunk) for trunk in ("office-udp", "restarted")] == [1, 1]
    call(edge, edge.caller(), "office-udp", near)
    others = [edge.user("office-tls-primary", "tls") for _ in range(3)]      # connections that could be mistaken for the lost one
    caller, secondary = edge.caller(), edge.leg("restarted", 1)
    invite = caller.invite(edge["restarted"].number)
    arrived = secondary.wait("INVITE", call_id=invite.call_id)
    assert edge.reason("far_end_silent") == 0
    secondary.respond(arrived, 603)
    caller.ack(invite, caller.wait(603))
    assert [other.agent.count("INVITE") for other in others] == [0, 0, 0]
    again = edge.user("restarted-primary", "tls")
    assert again.register().status == 200
    call(edge, caller, "restarted", again)


@pytest.mark.parametrize("workers", [1, 8])
def test_a_thousand_bindings_of_one_source_outlive_kill_9(node: Node, workers: int) -> None:
    edge = node(*(Trunk(f"office-{place}", "load_balancing", primary="digest", secondary="digest") for place in range(MANY // 2)), workers=workers)
    agent = edge.user("").agent
    for place in range(MANY // 2):
        for leg in ("primary", "secondary"):
            assert User(agent, f"office-{place}-{leg}").register().status == 200
    edge.kill()
    edge.start()
    legs = [trunk["legs"][leg] for trunk in edge.ask("status")["trunks"].values() for leg in ("primary", "secondary")]
    assert [len(leg["bindings"]) for leg in legs] == [1] * MANY
    caller = edge.caller()
    for place in (0, 17, MANY // 2 - 1):
        for leg in ("primary", "secondary"):
            call(edge, caller, f"office-{place}", User(agent, f"office-{place}-{leg}"))


def test_address_of_a_registered_contact_is_not_answered_for_others(edge: Edge) -> None:
    """No open relay: a stranger does not reach a binding by naming its contact."""
    user = edge.user("office-udp-primary")
    assert user.register().status == 200
    stranger = edge.stranger()
    sent = stranger.send(stranger.build("INVITE", user.agent.contact_uri(user.name)))
    assert stranger.wait(is_final_of_invite, call_id=sent.call_id).status in (403, 407)
    assert user.agent.count("INVITE") == 0
    assert host_of(user.agent.contact_uri(user.name)) != edge.address[0]
