"""Other people's user agents: SIPp over TCP and with credentials, baresip, sipsak."""
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .agent import SDP, callee_dialog, caller_dialog
from .baresip import Baresip, Start
from .conftest import Node
from .edge import Edge, Trunk
from .sipp import Sipp, SippRun
from .user import PASSWORD, User

WAYS = ("udp", "tcp", "tls")
CALLS = 50


def md5_only(username: str) -> dict[str, str]:
    """Store a password's MD5 alone, so that no other algorithm is offered: baresip before 2.0 gives up where it reads SHA-256."""
    return {"password": "", "ha1_md5": hashlib.md5(f"{username}:hasip:{PASSWORD}".encode()).hexdigest()}


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(
        *(Trunk(f"desk-{way}", "only_primary", primary="digest", secondary="", primary_settings={"transport": way, **md5_only(f"desk-{way}-primary")})
          for way in WAYS),
        Trunk("pbx", primary_settings={"transport": "tcp"}),
        streams=True)


@pytest.fixture
def baresip(edge: Edge, tmp_path: Path) -> Iterator[Start]:
    """Start a baresip that is registered; what runs at the test's end is ended."""
    started: list[Baresip] = []

    def start(trunk: str, transport: str) -> Baresip:
        edge.users_count += 1
        started.append(Baresip(tmp_path / f"baresip-{len(started)}", edge, f"{trunk}-primary", transport, f"{edge.network}.{100 + edge.users_count}"))
        edge.wait_until(lambda: bool(edge.trunk_status(trunk)["legs"]["primary"]["bindings"]))     # its own event may come before its control socket is open
        return started[-1]

    yield start
    for each in started:
        each.stop()



# ---------------------------------------------------------------------------------------- baresip


@pytest.mark.parametrize("way", WAYS)
def test_baresip_registers_is_called_and_answers(edge: Edge, baresip: Start, way: str) -> None:
    trunk = f"desk-{way}"
    phone, caller = baresip(trunk, way), edge.caller()
    [binding] = edge.trunk_status(trunk)["legs"]["primary"]["bindings"]
    assert binding["transport"] == way
    invite = caller.invite(edge[trunk].number)
    final = caller.wait(200, call_id=invite.call_id)
    assert final.body.startswith(b"v=0")
    caller.ack(invite, final)
    phone.wait("CALL_ESTABLISHED")
    assert edge.calls(trunk) == 1
    caller.send_in_dialog("BYE", caller_dialog(invite, final, edge.address))
    caller.wait(lambda message: message.status == 200 and message.method == "BYE", call_id=invite.call_id)
    phone.wait("CALL_CLOSED")
    assert edge.calls(trunk) == 0


@pytest.mark.parametrize("way", WAYS)
def test_baresip_places_a_call_and_hangs_up(edge: Edge, baresip: Start, way: str) -> None:
    trunk = f"desk-{way}"
    phone, core = baresip(trunk, way), edge.core()
    phone.command("dial", "sip:+4930123456@" + edge.address[0])
    arrived = core.wait("INVITE")
    assert f"sip:{edge[trunk].number}@" in arrived.header("P-Asserted-Identity")
    assert arrived.all("Proxy-Authorization") == []
    core.respond(arrived, 180)
    core.respond(arrived, 200, headers=[("Content-Type", "application/sdp")], body=SDP)
    core.wait("ACK", call_id=arrived.call_id)
    phone.wait("CALL_ESTABLISHED")
    phone.command("hangup")
    core.respond(core.wait("BYE", call_id=arrived.call_id), 200)
    edge.settle()
    assert edge.calls(trunk) == 0


def test_the_core_hangs_up_on_baresip(edge: Edge, baresip: Start) -> None:
    phone, core = baresip("desk-tls", "tls"), edge.core()
    phone.command("dial", "sip:+4930123456@" + edge.address[0])
    arrived = core.wait("INVITE")
    answer = core.respond(arrived, 200, headers=[("Content-Type", "application/sdp")], body=SDP)
    core.wait("ACK", call_id=arrived.call_id)
    phone.wait("CALL_ESTABLISHED")
    core.send_in_dialog("BYE", callee_dialog(arrived, answer, edge.address))
    core.wait(200, call_id=arrived.call_id)
    phone.wait("CALL_CLOSED")


# ---------------------------------------------------------------------------------------- SIPp


def all_went_well(*runs: SippRun) -> None:
    results = [run.result() for run in runs]
    assert [(each.successful, each.failed, each.exit_code) for each in results] == [(each.successful, 0, 0) for each in results], \
        "\n".join(each.errors for each in results)
    assert all(each.successful for each in results)


def transport_of(way: str, sipp: Sipp) -> tuple[str, str]:
    """Return SIPp's arguments for a transport; skip where this build lacks it."""
    if way == "tls" and not sipp.has_tls():
        pytest.skip("this SIPp is built without TLS (Debian's is); baresip and the agents speak it")
    return "-t", {"udp": "u1", "tcp": "t1", "tls": "l1"}[way]


@pytest.mark.parametrize("way", WAYS)
def test_sipp_registers_with_its_own_digest(edge: Edge, sipp: Sipp, way: str) -> None:
    name = f"desk-{way}-primary"
    user_address = (f"{edge.network}.90", 5070)
    all_went_well(sipp.start("register", user_address, *transport_of(way, sipp), "-s", name, "-au", name, "-ap", PASSWORD, remote=edge.address, calls=1))
    [binding] = edge.trunk_status(f"desk-{way}")["legs"]["primary"]["bindings"]
    assert binding["transport"] == way
    assert User(edge.agent(f"{edge.network}.91", 0), name, algorithm="MD5").register(contact="*", expires_s=0).status == 200


@pytest.mark.parametrize("way", WAYS)
def test_sipp_calls_the_core_with_its_own_digest(edge: Edge, sipp: Sipp, way: str) -> None:
    name = f"desk-{way}-primary"
    core = sipp.start("uas", (edge.core_address, 5060), calls=CALLS)
    all_went_well(
        sipp.start("uac_digest", (f"{edge.network}.90", 5070), *transport_of(way, sipp), "-s", name, "-au", name, "-ap", PASSWORD, "-key", "number",
                   "+4930123456", "-r", "50", remote=edge.address, calls=CALLS), core)
    edge.settle()
    assert edge.calls(f"desk-{way}") == 0


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_sipp_calls_a_sipp_that_answers_on_tcp(edge: Edge, sipp: Sipp, way: str) -> None:
    far_end = sipp.start("uas", edge["pbx"].legs[0], "-t", "t1", calls=CALLS)
    all_went_well(
        sipp.start("uac", (edge.core_address, 5062), *transport_of(way, sipp), "-key", "number", edge["pbx"].number, "-r", "50", remote=edge.address,
                   calls=CALLS), far_end)
    edge.settle()
    assert edge.calls("pbx") == 0


# ---------------------------------------------------------------------------------------- sipsak


def sipsak(*arguments: str) -> str:
    """Run sipsak, which sends from 127.0.0.1, and return what it printed."""
    program = shutil.which("sipsak")
    assert program, "sipsak is missing: apt-get install sipsak"
    done = subprocess.run([program, "-vv", *arguments], capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr


def test_sipsak_gets_its_options_answered_where_it_is_known(edge: Edge, node: Node) -> None:
    known = node(Trunk("here", primary_settings={"allow": ["127.0.0.1"]}))
    assert "SIP/2.0 200 OK" in sipsak("-s", f"sip:{known.address[0]}")
    assert "SIP/2.0 403 Forbidden" in sipsak("-s", f"sip:{edge.address[0]}")


def test_sipsak_registers(edge: Edge) -> None:
    said = sipsak("-U", "-C", "sip:desk@192.0.2.9:5090", "-x", "600", "-a", PASSWORD, "-u", "desk-udp-primary", "-s", f"sip:desk-udp-primary@{edge.address[0]}")
    bindings = edge.trunk_status("desk-udp")["legs"]["primary"]["bindings"]
    assert [binding["contact"] for binding in bindings] == ["sip:desk@192.0.2.9:5090"], said
    assert User(edge.agent(f"{edge.network}.91", 0), "desk-udp-primary", algorithm="MD5").register(contact="*", expires_s=0).status == 200
