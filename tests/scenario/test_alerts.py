"""Alerts of a running node: what a receiver of webhooks gets, signed, and again after a 500."""
import datetime
import hashlib
import hmac
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from .agent import Agent
from .conftest import Node
from .edge import Edge, Trunk
from .sipp import Sipp
from .test_operations import Dialog, caller_dialog, hang_up

SECRET = "a-secret-of-both"


@dataclass(slots=True)
class Receiver:
    """An HTTP server that keeps what it is sent; the first requests of each event are answered 500."""

    troubles: int = 1
    requests: list[tuple[dict[str, str], bytes, int]] = field(default_factory=list)
    port: int = 0

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        seen = sum(json.loads(each)["event"] == json.loads(body)["event"] for _, each, _ in self.requests)
        status = 500 if seen < self.troubles else 204
        self.requests.append((headers, body, status))
        return status

    def taken(self, event: str, is_over: bool = False) -> list[dict[str, Any]]:
        """Return what was taken of an event."""
        bodies = [json.loads(body) for _, body, status in self.requests if status == 204]
        return [body for body in bodies if body["event"] == event and body["is_over"] == is_over]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(kept.answer(dict(self.headers), body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that ends in five days."""
    file = tmp_path_factory.mktemp("certificate") / "short.pem"
    issued = trustme.CA().issue_cert("edge.test", not_after=datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=5, hours=1))
    issued.private_key_and_cert_chain_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="module")
def edge(node: Node, receiver: Receiver, certificate: Path) -> Edge:
    return node(Trunk("acme"), Trunk("tiny", calls=2), webhooks=[{"url": f"http://127.0.0.1:{receiver.port}/alerts", "secret": SECRET}],
                tables={"tls": {"certificate": str(certificate), "key": str(certificate)}})


def test_a_certificate_that_ends_soon_is_told_signed_and_again_after_a_500(edge: Edge, receiver: Receiver, certificate: Path) -> None:
    edge.wait_until(lambda: bool(receiver.taken("certificate_expiring")))
    attempts = [each for each in receiver.requests if json.loads(each[1])["event"] == "certificate_expiring"]
    assert [status for _, _, status in attempts] == [500, 204]
    assert attempts[0][1] == attempts[1][1]                                     # the same bytes, with the same id
    for headers, body, _ in attempts:
        expected = hmac.new(SECRET.encode(), headers["Hasip-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert headers["Hasip-Signature"] == f"sha256={expected}"
    [told] = receiver.taken("certificate_expiring")
    assert (told["node"], told["subject"], told["details"]["days"]) == ("edge-test", str(certificate), 5)


def test_calls_that_move_on_are_told_once_with_the_cause(edge: Edge, receiver: Receiver, sipp: Sipp) -> None:
    runs = [sipp.start("uas_503", edge["acme"].legs[0], calls=3), sipp.start("uas", edge["acme"].legs[1], calls=3),
            sipp.start("uac", (edge.core_address, 5060), "-key", "number", edge["acme"].number, remote=edge.address, calls=3)]
    assert [run.result().failed for run in runs] == [0, 0, 0]
    edge.wait_until(lambda: bool(receiver.taken("failover")))
    edge.settle()
    [told] = receiver.taken("failover")
    assert (told["subject"], told["details"]) == ("acme", {"leg": "primary", "cause": "status 503"})
    assert told["sentence"] == "acme: calls move on from primary: status 503"
    shown = subprocess.run([sys.executable, "-m", "hasip", "status", "--state-dir", str(edge.state_dir)], capture_output=True, text=True, check=True, timeout=30)
    assert told["sentence"] in shown.stdout


def place(edge: Edge, caller: Agent, far_end: Agent) -> Dialog:
    """Place a call that is up; return the caller's side of it."""
    invite = caller.invite(edge["tiny"].number)
    far_end.respond(far_end.wait("INVITE"), 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    far_end.wait("ACK")
    return caller_dialog(invite, ok, edge.address)


def test_a_pool_is_told_when_it_is_full_and_when_it_has_room_again(edge: Edge, receiver: Receiver) -> None:
    caller, far_end = edge.caller(), edge.leg("tiny", 0)
    dialogs = [place(edge, caller, far_end), place(edge, caller, far_end)]
    edge.wait_until(lambda: bool(receiver.taken("pool_full")))
    status = edge.ask("status")
    assert {alert["event"] for alert in status["alerts"] if alert["subject"] == "tiny"} == {"pool_high", "pool_full"}
    for dialog in dialogs:
        hang_up(caller, dialog, far_end)
    edge.wait_until(lambda: bool(receiver.taken("pool_high", is_over=True)))
    assert [len(receiver.taken(event, is_over)) for event in ("pool_high", "pool_full") for is_over in (False, True)] == [1, 1, 1, 1]
    edge.wait_until(lambda: not [alert for alert in edge.ask("status")["alerts"] if alert["subject"] == "tiny"])
    dialogs = [place(edge, caller, far_end), place(edge, caller, far_end)]          # what was over is told again
    edge.wait_until(lambda: len(receiver.taken("pool_full")) == 2)
    for dialog in dialogs:
        hang_up(caller, dialog, far_end)
    [webhook] = edge.ask("status")["webhooks"]
    assert webhook["host"] == "127.0.0.1" and webhook["failed"] == webhook["dropped"] == 0


def test_alerts_are_in_the_log_too(edge: Edge) -> None:
    lines = [json.loads(line) for line in edge.log().splitlines() if line.startswith("{")]
    assert any(line["area"] == "alerts" and line.get("alert") == "failover" and line["level"] == "warning" for line in lines)
    assert SECRET not in edge.log()
