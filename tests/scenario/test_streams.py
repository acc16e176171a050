"""TCP and TLS as callers and far ends meet them: ways in and out, what breaks, and what does not break with it. (RFC 3261 §18, RFC 5658, RFC 5626)"""
import contextlib
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.transport.certificates import Authority, Files, serving

from .agent import Agent, callee_dialog, caller_dialog, is_final_of_invite
from .conftest import Node
from .edge import SIP_PORT, Edge, Trunk
from .message import Message, split_values
from .stream_agent import StreamAgent

STREAMS = ("tcp", "tls")
WAYS = ("udp", "tcp", "tls")


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def edge(node: Node, request: pytest.FixtureRequest) -> Edge:
    return node(
        *(Trunk(f"by-{way}", primary_settings={"transport": way}) for way in WAYS),
        *(Trunk(f"failing-{way}", primary_settings={"transport": way}) for way in STREAMS),
        *(Trunk(f"stalled-{way}", primary_settings={"transport": way}) for way in STREAMS),
        *(Trunk(f"office-{way}", "only_primary", primary="digest", secondary="", primary_settings={"transport": way}) for way in STREAMS),
        streams=True, workers=request.param)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that the edge has never heard of."""
    return Authority(tmp_path_factory.mktemp("strangers"), "strangers")


def files_of(edge: Edge, trunk: str, leg: int = 0) -> Files:
    """Return a good certificate of a leg."""
    return edge.authority.issue(edge[trunk].legs[leg][0])


def leg_by(edge: Edge, trunk: str, way: str) -> Agent:
    """The far end of a trunk's primary, by its transport."""
    if way == "udp":
        return edge.leg(trunk, 0)
    return edge.stream_leg(trunk, 0, files_of(edge, trunk) if way == "tls" else None)


def caller_by(edge: Edge, way: str) -> Agent:
    """A caller in the core."""
    return edge.caller() if way == "udp" else edge.stream_caller(edge.core_address, way)


def takes_over(edge: Edge, trunk: str, caller: Agent | None = None) -> Message:
    """Place a call that the secondary gets because the primary can't be reached, not because it is silent; return the INVITE that came there."""
    caller, secondary, before = caller or edge.caller(), edge.leg(trunk, 1), edge.reason("far_end_error_stream")
    invite = caller.invite(edge[trunk].number)
    arrived = secondary.wait("INVITE", call_id=invite.call_id)
    assert edge.reason("far_end_error_stream") == before + 1
    secondary.respond(arrived, 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))
    secondary.close()
    return arrived


def answered(edge: Edge, caller: Agent, far_end: Agent, trunk: str) -> tuple[Message, Message, Message, Message]:
    """Place a call that is answered; return the INVITE sent, the one that came, the answer sent, and the one that came."""
    invite = caller.invite(edge[trunk].number)
    arrived = far_end.wait("INVITE", call_id=invite.call_id)
    answer = far_end.respond(arrived, 200)
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    assert final.status == 200
    caller.ack(invite, final)
    far_end.wait("ACK", call_id=invite.call_id)
    return invite, arrived, answer, final


def closed_count(edge: Edge) -> int:
    """Return how many connections have ended at the far end's will."""
    streams = edge.ask("status")["streams"]
    return sum(streams.get(reason, 0) for reason in ("closed_by_far_end", "reset", "tls_broken"))


# ---------------------------------------------------------------------------------------- calls over streams


@pytest.mark.parametrize("far_way", WAYS)
@pytest.mark.parametrize("near_way", WAYS)
def test_a_call_passes_from_any_transport_to_any_other_and_so_do_its_requests(edge: Edge, near_way: str, far_way: str) -> None:
    trunk = f"by-{far_way}"
    far_end, caller = leg_by(edge, trunk, far_way), caller_by(edge, near_way)
    invite, arrived, answer, final = answered(edge, caller, far_end, trunk)
    assert arrived.header("Via").startswith(f"SIP/2.0/{far_way.upper()} ")
    assert arrived.body == invite.body
    routes = split_values(arrived.all("Record-Route"))
    assert len(routes) == (1 if near_way == far_way else 2)
    for route, way in zip(routes, (far_way, near_way), strict=False):
        assert (f";transport={way};lr" in route) if way != "udp" else ";transport=" not in route
    near, far = caller_dialog(invite, final, caller.edge), callee_dialog(arrived, answer, far_end.edge)
    for here, there, dialog in ((caller, far_end, near), (far_end, caller, far)):
        here.send_in_dialog("INFO", dialog, body=b"\0binary\r\n\r\n\0")
        request = there.wait("INFO", call_id=invite.call_id)
        assert request.body == b"\0binary\r\n\r\n\0" and request.all("Route") == []
        there.respond(request, 200)
        here.wait(lambda message: message.status == 200 and message.method == "INFO", call_id=invite.call_id)
    caller.send_in_dialog("BYE", near)
    far_end.respond(far_end.wait("BYE", call_id=invite.call_id), 200)
    caller.wait(200, call_id=invite.call_id)
    edge.settle()
    assert edge.calls(trunk) == 0


@pytest.mark.parametrize("way", STREAMS)
def test_a_cancelled_call_is_cancelled_at_a_stream(edge: Edge, way: str) -> None:
    far_end, caller = leg_by(edge, f"by-{way}", way), edge.caller()
    invite = caller.invite(edge[f"by-{way}"].number)
    arrived = far_end.wait("INVITE", call_id=invite.call_id)
    far_end.respond(arrived, 180)
    caller.wait(180, call_id=invite.call_id)
    caller.cancel(invite)
    cancel = far_end.wait("CANCEL", call_id=invite.call_id)
    assert (cancel.branch, cancel.request_uri) == (arrived.branch, arrived.request_uri)
    far_end.respond(cancel, 200)
    far_end.respond(arrived, 487)
    far_end.wait("ACK", call_id=invite.call_id)
    caller.ack(invite, caller.wait(487, call_id=invite.call_id))


@pytest.mark.parametrize("way", STREAMS)
def test_calls_share_one_connection(edge: Edge, way: str) -> None:
    far_end, caller = leg_by(edge, f"by-{way}", way), edge.caller()
    assert isinstance(far_end, StreamAgent)
    invites = [caller.invite(edge[f"by-{way}"].number) for _ in range(20)]
    arrived = [far_end.wait("INVITE", call_id=invite.call_id) for invite in invites]
    assert len({message.source for message in arrived}) == 1
    for invite, message in zip(invites, arrived, strict=True):
        far_end.respond(message, 603)
        caller.ack(invite, caller.wait(603, call_id=invite.call_id))


@pytest.mark.parametrize("way", STREAMS)
def test_a_503_over_a_stream_moves_the_call(edge: Edge, way: str) -> None:
    far_end, caller, secondary = leg_by(edge, f"by-{way}", way), edge.caller(), edge.leg(f"by-{way}", 1)
    invite = caller.invite(edge[f"by-{way}"].number)
    far_end.respond(far_end.wait("INVITE", call_id=invite.call_id), 503)
    arrived = secondary.wait("INVITE", call_id=invite.call_id)
    assert arrived.header("Via").startswith("SIP/2.0/UDP ")
    secondary.respond(arrived, 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))


@pytest.mark.parametrize("way", STREAMS)
def test_a_call_goes_on_when_its_connection_was_lost_and_the_far_end_still_listens(edge: Edge, way: str) -> None:
    far_end, caller = leg_by(edge, f"by-{way}", way), edge.caller()
    assert isinstance(far_end, StreamAgent)
    invite, _, _, final = answered(edge, caller, far_end, f"by-{way}")
    ended = closed_count(edge)
    for connection in far_end.connections:
        connection.stream.close()
    far_end.connections.clear()
    edge.wait_until(lambda: closed_count(edge) > ended)         # what is sent before it knows goes down with the connection, and is told as 500
    caller.send_in_dialog("BYE", caller_dialog(invite, final, edge.address))
    far_end.respond(far_end.wait("BYE", call_id=invite.call_id), 200)
    caller.wait(200, call_id=invite.call_id)


@pytest.mark.parametrize("way", STREAMS)
def test_bye_for_a_user_whose_connection_is_gone_ends_the_call_all_the_same(edge: Edge, way: str) -> None:
    trunk = f"office-{way}"
    user, caller = edge.user(f"{trunk}-primary", way), edge.caller()
    assert user.register().status == 200
    invite, _, _, final = answered(edge, caller, user.agent, trunk)
    assert edge.calls(trunk) == 1
    user.agent.close()
    caller.send_in_dialog("BYE", caller_dialog(invite, final, edge.address))
    caller.wait(lambda message: message.status >= 200 and message.method == "BYE", call_id=invite.call_id)
    assert edge.calls(trunk) == 0
    assert edge.user(f"{trunk}-primary", way).register(contact="*", expires_s=0).status == 200


# ---------------------------------------------------------------------------------------- far ends that cannot be reached


@contextlib.contextmanager
def black_hole(address: str, port: int) -> Iterator[None]:
    """Never answer a connection request: the listener's backlog is full."""
    with contextlib.ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(3):
            filler = open_sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((address, port))
        yield


@pytest.mark.parametrize("way", STREAMS)
def test_a_refused_connection_moves_the_call(edge: Edge, way: str) -> None:
    takes_over(edge, f"failing-{way}")


@pytest.mark.parametrize("way", STREAMS)
def test_an_unanswered_connection_request_moves_the_call(edge: Edge, way: str) -> None:
    with black_hole(*edge[f"failing-{way}"].legs[0]):
        takes_over(edge, f"failing-{way}")


def test_a_certificate_of_an_unknown_authority_moves_the_call(edge: Edge, strangers: Authority) -> None:
    far_end = edge.stream_leg("failing-tls", 0, strangers.issue(edge["failing-tls"].legs[0][0]))
    with far_end.attended():
        takes_over(edge, "failing-tls")
    assert far_end.count("INVITE") == 0 and far_end.refused_count >= 1
    assert edge.ask("status")["streams"]["certificate_refused"] >= 1


def test_a_certificate_for_another_name_moves_the_call(edge: Edge) -> None:
    far_end = edge.stream_leg("failing-tls", 0, edge.authority.issue("127.0.0.1", "other.example"))
    with far_end.attended():
        takes_over(edge, "failing-tls")
    assert far_end.count("INVITE") == 0 and far_end.refused_count >= 1


def test_a_peer_that_speaks_no_tls_moves_the_call(edge: Edge) -> None:
    far_end = edge.stream_leg("failing-tls", 0)
    with far_end.attended(answer=b"HTTP/1.1 400 Bad Request\r\n\r\n"):
        takes_over(edge, "failing-tls")


@pytest.mark.parametrize("way", STREAMS)
def test_a_peer_that_resets_on_the_invite_moves_the_call(edge: Edge, way: str) -> None:
    trunk = f"failing-{way}"
    far_end, caller, secondary = leg_by(edge, trunk, way), edge.caller(), edge.leg(trunk, 1)
    assert isinstance(far_end, StreamAgent)
    before = edge.reason("far_end_error_stream")
    invite = caller.invite(edge[trunk].number)
    far_end.wait("INVITE", call_id=invite.call_id)
    for connection in far_end.connections:
        connection.reset()
    arrived = secondary.wait("INVITE", call_id=invite.call_id)
    assert edge.reason("far_end_error_stream") == before + 1
    secondary.respond(arrived, 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))


@pytest.mark.parametrize("way", STREAMS)
def test_a_far_end_that_is_back_gets_the_next_call(edge: Edge, way: str) -> None:
    trunk = f"failing-{way}"
    takes_over(edge, trunk)
    far_end, caller = leg_by(edge, trunk, way), edge.caller()
    invite = caller.invite(edge[trunk].number)
    far_end.respond(far_end.wait("INVITE", call_id=invite.call_id), 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))


@pytest.mark.parametrize("trunk", ["stalled-tls", "stalled-tcp"])
def test_a_stalled_peer_moves_its_call_and_delays_no_other(edge: Edge, trunk: str) -> None:
    """One never finishes its TLS handshake, the other never reads what is sent to it: the others' calls are over before it is given up."""
    caller, secondary, others = edge.caller(), edge.leg(trunk, 1), {way: leg_by(edge, f"by-{way}", way) for way in WAYS}

    def place_other_calls() -> None:
        for way, far_end in others.items():
            invite = caller.invite(edge[f"by-{way}"].number)
            far_end.respond(far_end.wait("INVITE", call_id=invite.call_id), 603)
            caller.ack(invite, caller.wait(603, call_id=invite.call_id))

    place_other_calls()         # their connections are open now
    with socket.create_server(edge[trunk].legs[0], backlog=64):
        stalled = caller.invite(edge[trunk].number)
        place_other_calls()
        assert not secondary.count("INVITE", call_id=stalled.call_id)
        arrived = secondary.wait("INVITE", call_id=stalled.call_id)
        secondary.respond(arrived, 603)
        caller.ack(stalled, caller.wait(603, call_id=stalled.call_id))


def test_clients_that_never_finish_their_handshake_keep_nobody_out(edge: Edge) -> None:
    with contextlib.ExitStack() as idle:
        for _ in range(50):
            idle.enter_context(socket.create_connection(edge.tls_address, timeout=2))
        user = edge.user("office-tls-primary", "tls")
        assert user.register().status == 200
        assert user.register(contact="*", expires_s=0).status == 200


# ---------------------------------------------------------------------------------------- certificates of our own


def shown_certificate(agent: StreamAgent) -> bytes:
    stream = agent.connections[-1].stream
    assert isinstance(stream, ssl.SSLSocket)
    return stream.getpeercert(binary_form=True) or b""


def test_sighup_shows_the_new_certificate_and_keeps_old_connections(edge: Edge) -> None:
    user, caller = edge.user("office-tls-primary", "tls"), edge.caller()
    assert user.register().status == 200
    old = shown_certificate(user.agent)         # type: ignore[arg-type]
    edge.authority.issue(edge.address[0])       # into the same files
    edge.reload()
    assert shown_certificate(edge.stream_caller(edge.core_address, "tls")) != old
    invite = caller.invite(edge["office-tls"].number)
    user.agent.respond(user.agent.wait("INVITE", call_id=invite.call_id), 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))
    assert len(user.agent.connections) == 1     # type: ignore[attr-defined]
    assert user.register(contact="*", expires_s=0).status == 200


def test_sighup_with_a_broken_certificate_changes_nothing(edge: Edge) -> None:
    file = Path(edge.certificate.certificate)
    good, generation = file.read_bytes(), edge.ask("status")["config_generation"]
    before = shown_certificate(edge.stream_caller(edge.core_address, "tls"))
    try:
        file.write_text("no certificate")
        edge.signal(signal.SIGHUP)
        edge.wait_until(lambda: "not reloaded" in edge.log())
    finally:
        file.write_bytes(good)
    assert file.name in edge.log().partition("not reloaded")[0].splitlines()[-1] + edge.log().partition("not reloaded")[2].splitlines()[0]
    assert edge.ask("status")["config_generation"] == generation
    assert shown_certificate(edge.stream_caller(edge.core_address, "tls")) == before


@pytest.mark.parametrize("fault", ["missing", "empty", "another key"])
def test_a_certificate_that_cannot_be_used_is_named_at_the_start(tmp_path: Path, fault: str) -> None:
    edge = Edge(tmp_path, [Trunk("acme")], streams=True)
    edge.write_files()
    key = Path(edge.certificate.key)
    if fault == "missing":
        key.unlink()
    elif fault == "empty":
        key.write_text("")
    else:
        key.write_bytes(Path(edge.authority.issue("other.example").key).read_bytes())
    done = subprocess.run([sys.executable, "-m", "hasip", "run", str(tmp_path / "edge.toml"), "--apply", str(tmp_path / "trunks.toml")],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert str(key) in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------------------------------- what comes in on a stream


@pytest.mark.parametrize("way", STREAMS)
def test_a_ping_is_answered_with_a_pong_rfc5626(edge: Edge, way: str) -> None:
    agent = edge.stream_caller(edge.core_address, way)
    agent.connections[0].write(b"\r\n\r\n")
    agent.wait_until(lambda: agent.connections[0].line_ends_count == 1)
    assert agent.inbox == []


@pytest.mark.parametrize("way", STREAMS)
def test_messages_may_come_in_any_pieces(edge: Edge, way: str) -> None:
    agent = edge.stream_caller(edge.core_address, way)
    requests = [agent.build("OPTIONS", f"sip:{edge.address[0]}", call_id=f"piece-{way}-{number}", body=b"x" * number) for number in range(4)]
    for place in range(len(requests[0])):
        agent.connections[0].write(requests[0][place:place + 1])
    agent.connections[0].write(b"\r\n".join(requests[1:]))
    for number in range(4):
        agent.wait(200, call_id=f"piece-{way}-{number}")


@pytest.mark.parametrize("garbage", [
    b"\0\1\2\3 what is this?\r\n\r\n", b"GET / HTTP/1.1\r\nHost: edge\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    b"INVITE sip:1@x SIP/2.0\r\nContent-Length: -1\r\n\r\n", b"INVITE sip:1@x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n", b"A" * 200_000,
], ids=["binary", "http", "client-hello", "negative-length", "huge-length", "endless-line"])
@pytest.mark.parametrize("way", STREAMS)
def test_garbage_closes_its_connection_and_no_other(edge: Edge, way: str, garbage: bytes) -> None:
    good, bad = (edge.stream_caller(edge.core_address, way) for _ in range(2))
    good.request("OPTIONS")
    with contextlib.suppress(OSError):          # it may be closed before all is written
        bad.connections[0].write(garbage)
    bad.wait_until(lambda: bad.connections[0].is_closed)
    good.request("OPTIONS")
    good.wait(200)
    good.wait(200)
    assert not good.connections[0].is_closed


def test_sip_in_clear_at_the_tls_port_closes_that_connection_only(edge: Edge) -> None:
    good = edge.stream_caller(edge.core_address, "tls")
    clear = edge.keep(StreamAgent(edge.core_address, 0, edge.tls_address))
    clear.request("OPTIONS")
    clear.wait_until(lambda: clear.connections[0].is_closed)
    assert clear.inbox == []
    good.request("OPTIONS")
    good.wait(200)


def test_status_tells_listeners_and_connections(edge: Edge) -> None:
    edge.stream_caller(edge.core_address, "tcp")
    agent = edge.stream_caller(edge.core_address, "tls")
    agent.request("OPTIONS")
    agent.wait(200)
    status = edge.ask("status")
    assert {listener.partition(":")[0] for listener in status["listeners"]} == set(WAYS)
    assert status["connections"]["tcp"] >= 1 and status["connections"]["tls"] >= 1


# ---------------------------------------------------------------------------------------- other nodes


@pytest.mark.parametrize("way", STREAMS)
def test_a_users_call_goes_to_a_core_on_a_stream(node: Node, way: str) -> None:
    edge = node(Trunk("office", "only_primary", primary="digest", secondary=""), streams=True, core_transport=way)
    files = edge.authority.issue(edge.core_address) if way == "tls" else None
    user, core = edge.user("office-primary", "tls"), edge.stream_far_end(edge.core_address, SIP_PORT, files)
    invite = user.invite("+4930123456")
    arrived = core.wait("INVITE", call_id=invite.call_id)
    assert arrived.header("Via").startswith(f"SIP/2.0/{way.upper()} ")
    answer = core.respond(arrived, 200)
    user.agent.ack(invite, user.agent.wait(200, call_id=invite.call_id))
    core.wait("ACK", call_id=invite.call_id)
    core.send_in_dialog("BYE", callee_dialog(arrived, answer, edge.address))
    user.agent.respond(user.agent.wait("BYE", call_id=invite.call_id), 200)
    core.wait(200, call_id=invite.call_id)
    edge.settle()
    assert edge.calls("office") == 0


def test_a_call_passes_from_tcp_to_tls_on_ipv6(node: Node) -> None:
    edge = node(Trunk("six", primary_settings={"transport": "tls"}), ipv6=True, streams=True)
    far_end, caller = edge.stream_leg("six", 0, edge.authority.issue("::1")), edge.stream_caller("::1", "tcp")
    invite, arrived, answer, _ = answered(edge, caller, far_end, "six")
    assert len(split_values(arrived.all("Record-Route"))) == 2
    far_end.send_in_dialog("BYE", callee_dialog(arrived, answer, far_end.edge))
    caller.respond(caller.wait("BYE", call_id=invite.call_id), 200)
    far_end.wait(200, call_id=invite.call_id)


def test_a_target_that_asks_for_a_certificate_is_shown_the_one_of_the_tls_table(node: Node, tmp_path: Path) -> None:
    """On a node that listens for no TLS, and connects by it."""
    authority = Authority(tmp_path)
    own = authority.issue("edge.example")
    edge = node(Trunk("asking", primary_settings={"transport": "tls"}),
                tables={"tls": {"ca": authority.file, "certificate": own.certificate, "key": own.key}})
    address, port = edge["asking"].legs[0]
    far_end = edge.keep(StreamAgent(address, port, edge.address, serving=serving(authority.issue(address), client_ca=authority.file), is_listening=True))
    caller = edge.caller()
    invite = caller.invite(edge["asking"].number)
    arrived = far_end.wait("INVITE", call_id=invite.call_id)
    stream = far_end.connections[0].stream
    assert isinstance(stream, ssl.SSLSocket)
    assert ("DNS", "edge.example") in (stream.getpeercert() or {})["subjectAltName"]
    far_end.respond(arrived, 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))
