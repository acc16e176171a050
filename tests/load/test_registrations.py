"""The scenarios in which users register: with a running hasip, and with a socket that says what no registrar of ours would."""
import re
from hashlib import md5, sha256
from typing import Any

import pytest

from hasip import Message
from tests.load.conftest import BenchRun, LoadNode, figures_of, options_for
from tests.load.node import PASSWORD, LoadEdge
from tests.load.other_side import Other, running
from tests.scenario.edge import Trunk

USERS = 50
CYCLES = {"calls": 400, "rate": 400, "as_json": True}
REGISTERING = {"scenario": "register", "users": 2, "user": "user{}", "password": "secret"}
HASHES = {"MD5": md5, "SHA-256": sha256}


@pytest.fixture(scope="module")
def edge(load_node: LoadNode) -> LoadEdge:
    return load_node(Trunk("failing-over"), users=USERS)


@pytest.fixture(scope="module")
def edge_of_two_workers(load_node: LoadNode) -> LoadEdge:
    return load_node(Trunk("failing-over"), users=USERS, workers=2)


def register(bench_run: BenchRun, edge: LoadEdge, **options: Any) -> tuple[int, dict[str, Any]]:
    """Register; return exit code and figures."""
    result = bench_run(**{**options_for(edge, "failing-over"), "users_at": edge.users_at, "users": USERS, "password": PASSWORD, **CYCLES, **options})
    return result.exit_code, figures_of(result)


@pytest.mark.parametrize("algorithm", ["md5", "sha-256"])
@pytest.mark.parametrize(("scenario", "challenged"), [("register", 400), ("register-refresh", USERS)])
def test_every_cycle_ends_with_a_binding(edge: LoadEdge, bench_run: BenchRun, scenario, challenged, algorithm):
    code, figures = register(bench_run, edge, scenario=scenario, algorithm=algorithm)
    assert (code, figures["failures"], figures["completed"], figures["challenged"], figures["challenged_stale"]) == (0, {}, 400, challenged, 0)
    assert (figures["setup_us"], figures["legs"], figures["register_us"]["p50"] > 0) == (None, {}, True)
    for user in (0, USERS - 1):
        assert [each["contact"] for each in edge.bindings(user)] == [f"sip:user{user}@{edge.users_at}"]


@pytest.mark.parametrize("scenario", ["register", "register-refresh"])
def test_users_register_at_any_worker(edge_of_two_workers: LoadEdge, bench_run: BenchRun, scenario):
    code, figures = register(bench_run, edge_of_two_workers, scenario=scenario)
    assert (code, figures["failures"], figures["completed"]) == (0, {}, 400)


@pytest.mark.parametrize("options", [{"password": "wrong"}, {"user": "nobody{}"}])
def test_who_is_not_believed_has_failed(edge: LoadEdge, bench_run: BenchRun, options):
    code, figures = register(bench_run, edge, scenario="register", calls=10, **options)
    assert (code, figures["failures"], figures["challenged"], figures["register_us"]) == (1, {"final status 401": 10}, 20, None)


def test_the_processor_time_of_a_cycle_is_measured(edge: LoadEdge, bench_run: BenchRun):
    assert edge.process
    assert register(bench_run, edge, scenario="register", pid=edge.process.pid)[1]["cpu_us_per_call"] > 0


# ---------------------------------------------------------------------------------------- with a socket of the test's


def challenge(nonce: str, algorithm: str = "MD5", more: str = "") -> str:
    return f'WWW-Authenticate: Digest realm="home, sweet", nonce="{nonce}", algorithm={algorithm}, qop="auth"{more}\r\n'


def credentials_of(request: Message) -> dict[str, str]:
    """Return the parameters of Authorization; their response is right."""
    [value] = [value for name, value in request.headers if name == "Authorization"]
    found = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^",]+))', value)}

    def hashed(*parts: str) -> str:
        return HASHES[found["algorithm"]](":".join(parts).encode()).hexdigest()

    secret, what = hashed(found["username"], found["realm"], "secret"), hashed("REGISTER", found["uri"])
    assert found["response"] == hashed(secret, found["nonce"], found["nc"], found["cnonce"], "auth", what)
    assert found["uri"] == request.request_uri
    return found


def test_a_register_without_answer_is_sent_again_unchanged(network: str, other: Other):
    with running(network, **REGISTERING) as load:
        first, again = other.get("REGISTER"), other.get("REGISTER")
        other.answer(again, 403)
    assert first.raw == again.raw
    assert load.result()["failures"] == {"final status 403": 1}


@pytest.mark.parametrize(("algorithm", "is_sha256"), [("MD5", False), ("SHA-256", True)])
def test_the_challenge_in_our_algorithm_is_answered(network: str, other: Other, algorithm, is_sha256):
    with running(network, t1_ms=5000, is_sha256=is_sha256, **REGISTERING) as load:
        first = other.get("REGISTER")
        other.answer(first, 401, headers="WWW-Authenticate: Basic realm=x\r\n" + challenge("no", "SHA-512-256") + challenge("a", "SHA-256") + challenge("b"))
        second = other.get("REGISTER")
        other.answer(second, 200, headers=f"Contact: <{second.contact_uri}>;expires=60\r\n")
    credentials = credentials_of(second)
    assert (credentials["username"], credentials["realm"], credentials["nc"]) == ("user0", "home, sweet", "00000001")
    assert (credentials["algorithm"], credentials["nonce"]) == (algorithm, "a" if is_sha256 else "b")
    assert (first.cseq, second.cseq, second.call_id) == (1, 2, first.call_id)
    assert first.branch != second.branch
    assert load.result()["completed"] == 1


def test_a_stale_nonce_is_replaced_and_a_wrong_password_is_not_tried_again(network: str, other: Other):
    with running(network, t1_ms=5000, **REGISTERING) as load:
        other.answer(other.get("REGISTER"), 401, headers=challenge("old"))
        other.answer(other.get("REGISTER"), 401, headers=challenge("new", more=", stale=TRUE"))
        third = other.get("REGISTER")
        other.answer(third, 401, headers=challenge("newer"))
    assert credentials_of(third)["nonce"] == "new"
    result = load.result()
    assert (result["failures"], result["challenged"], result["challenged_stale"]) == ({"final status 401": 1}, 3, 1)


def test_a_registrar_that_calls_every_nonce_stale_is_given_up(network: str, other: Other):
    with running(network, t1_ms=5000, **REGISTERING) as load:
        for number in range(4):
            other.answer(other.get("REGISTER"), 401, headers=challenge(str(number), more=", stale=true"))
    assert load.result()["failures"] == {"final status 401": 1}


def test_a_refresh_counts_the_uses_of_its_nonce(network: str, other: Other):
    counts = []
    with running(network, t1_ms=5000, calls=5, rate=5.0, **REGISTERING | {"scenario": "register-refresh"}) as load:
        for user in (0, 1):
            other.answer(other.get("REGISTER"), 401, headers=challenge(f"of-{user}"))
            request = other.get("REGISTER")
            other.answer(request, 200, headers=f"Contact: <{request.contact_uri}>\r\n")
        for _ in range(3):
            request = other.get("REGISTER")
            credentials = credentials_of(request)
            counts.append((credentials["username"], credentials["nonce"], credentials["nc"]))
            other.answer(request, 200, headers=f"Contact: <{request.contact_uri}>\r\n")
    assert counts == [("user0", "of-0", "00000002"), ("user1", "of-1", "00000002"), ("user0", "of-0", "00000003")]
    assert (load.result()["completed"], load.result()["challenged"]) == (5, 2)


@pytest.mark.parametrize("headers", ["", "WWW-Authenticate: Digest realm=\"x\"\r\n", "WWW-Authenticate: Digest nonce=\"x\r\n", challenge("x" * 600)])
def test_a_challenge_that_cannot_be_answered_ends_the_cycle(network: str, other: Other, headers):
    with running(network, t1_ms=5000, **REGISTERING) as load:
        other.answer(other.get("REGISTER"), 401, headers=headers)
    assert load.result()["failed"] == 1


def test_a_200_without_a_binding_has_failed(network: str, other: Other):
    with running(network, t1_ms=5000, **REGISTERING) as load:
        other.answer(other.get("REGISTER"), 200)
    assert load.result()["failures"] == {"altered on the way": 1}


def test_an_answer_that_comes_twice_is_counted_and_harms_nothing(network: str, other: Other):
    with running(network, t1_ms=5000, **REGISTERING) as load:
        first = other.get("REGISTER")
        for _ in range(2):
            other.answer(first, 401, headers=challenge("a"))
        second = other.get("REGISTER")
        other.answer(second, 200, headers=f"Contact: <{second.contact_uri}>\r\n")
    assert (load.result()["completed"], load.result()["duplicates"]) == (1, 1)
