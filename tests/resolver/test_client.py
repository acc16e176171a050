"""What name servers do comes back as an answer, from a real server on the loopback network."""
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import dns.rcode
import pytest

from hasip.resolver.client import DnsClient, server_of
from hasip.resolver.records import Answer, Naptr, Query, Srv

from .dns_server import DnsServer

RunAsync = Callable[[Callable[[], Awaitable[None]]], None]


def client_of(*servers: DnsServer, timeout_s: float = 5.0, total_timeout_s: float = 20.0) -> DnsClient:
    return DnsClient([server.text for server in servers], timeout_s, total_timeout_s)


def test_records_of_each_type_are_read(run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer() as server:
            server.put("pbx.test", "NAPTR", '10 20 "s" "SIP+D2U" "" _sip._udp.pbx.test.', ttl=70)
            server.put("_sip._udp.pbx.test", "SRV", "1 2 5060 a.test.", ttl=80)
            server.put("a.test", "A", "192.0.2.1", "192.0.2.2", ttl=90)
            server.put("a.test", "AAAA", "2001:db8::1", ttl=100)
            client = client_of(server)
            assert await client.ask(Query("pbx.test", "NAPTR")) == Answer((Naptr(10, 20, "s", "SIP+D2U", "", "_sip._udp.pbx.test."),), ttl_s=70)
            assert await client.ask(Query("_sip._udp.pbx.test", "SRV")) == Answer(services=(Srv(1, 2, 5060, "a.test."),), ttl_s=80)
            assert await client.ask(Query("a.test.", "A")) == Answer(addresses=("192.0.2.1", "192.0.2.2"), ttl_s=90)
            assert await client.ask(Query("a.test", "AAAA")) == Answer(addresses=("2001:db8::1",), ttl_s=100)

    run_async(test)


def test_alias_leads_on_and_its_time_to_live_counts(run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer() as server:
            server.put_alias("pbx.test", "A", "a.test", "192.0.2.1", alias_ttl=20, ttl=300)
            assert await client_of(server).ask(Query("pbx.test", "A")) == Answer(addresses=("192.0.2.1",), ttl_s=20)

    run_async(test)


def test_no_such_name_and_no_such_record_are_answers_without_records(run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer() as server:
            server.put("pbx.test", "A", "192.0.2.1")
            client = client_of(server)
            assert await client.ask(Query("nobody.test", "A")) == Answer()
            assert await client.ask(Query("pbx.test", "AAAA")) == Answer()

    run_async(test)


def test_truncated_answer_is_asked_for_again_over_tcp(run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer() as server:
            server.put("pbx.test", "A", *(f"192.0.2.{last}" for last in range(1, 101)))
            server.is_truncating = True
            answer = await client_of(server).ask(Query("pbx.test", "A"))
            assert len(answer.addresses) == 100
            assert [protocol for protocol, _, _ in server.queries] == ["udp", "tcp"]

    run_async(test)


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR])
def test_server_that_fails_is_trouble_that_names_the_query(rcode: dns.rcode.Rcode, run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer() as server:
            server.rcode = rcode
            answer = await client_of(server).ask(Query("pbx.test", "A"))
            assert answer == Answer(trouble=answer.trouble)
            assert answer.trouble.startswith("A pbx.test: ") and dns.rcode.to_text(rcode) in answer.trouble

    run_async(test)


def test_silent_server_is_trouble(run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer() as server:
            server.is_silent = True
            answer = await client_of(server, timeout_s=0.05, total_timeout_s=0.1).ask(Query("pbx.test", "A"))
            assert "timed out" in answer.trouble or "expired" in answer.trouble

    run_async(test)


def test_second_server_answers_when_the_first_is_silent(run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer() as silent, DnsServer("127.0.0.54") as server:
            silent.is_silent = True
            server.put("pbx.test", "A", "192.0.2.1")
            answer = await client_of(silent, server, timeout_s=0.2).ask(Query("pbx.test", "A"))
            assert answer.addresses == ("192.0.2.1",)
            assert silent.queries

    run_async(test)


def test_server_on_ipv6_is_asked(run_async: RunAsync) -> None:
    async def test() -> None:
        async with DnsServer("::1") as server:
            server.put("pbx.test", "A", "192.0.2.1")
            assert (await client_of(server).ask(Query("pbx.test", "A"))).addresses == ("192.0.2.1",)

    run_async(test)


@pytest.mark.parametrize("name", ["a..test", f"{'x' * 64}.test", "\udcff.test"])
def test_name_that_dns_cannot_carry_is_trouble(name: str, run_async: RunAsync) -> None:
    async def test() -> None:
        assert (await DnsClient(["127.0.0.53"], 0.05, 0.1).ask(Query(name, "A"))).trouble

    run_async(test)


def test_no_server_at_all_is_trouble(run_async: RunAsync, tmp_path: Path) -> None:
    async def test() -> None:
        assert (await DnsClient([], 0.05, 0.1).ask(Query("pbx.test", "A"))).trouble
        assert "No such file" in (await DnsClient(None, 0.05, 0.1, tmp_path / "resolv.conf").ask(Query("pbx.test", "A"))).trouble

    run_async(test)


def test_resolv_conf_is_read_again_when_it_changes(tmp_path: Path) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    client = DnsClient(None, 2.0, 4.0, resolv_conf)
    for version, server in enumerate(("127.0.0.53", "127.0.0.54"), start=1):
        resolv_conf.write_text(f"nameserver {server}\noptions timeout:9\n")
        os.utime(resolv_conf, (version, version))
        resolver = client._current_resolver()
        assert (resolver.nameservers, resolver.timeout, resolver.lifetime) == ([server], 2.0, 4.0)
        assert client._current_resolver() is resolver


@pytest.mark.parametrize(("text", "address", "port"), [
    ("192.0.2.1", "192.0.2.1", 53), ("192.0.2.1:5353", "192.0.2.1", 5353), ("::1", "::1", 53), ("[::1]", "::1", 53), ("[::1]:5353", "::1", 5353)])
def test_server_is_an_address_with_or_without_a_port(text: str, address: str, port: int) -> None:
    assert str(server_of(text)) == f"Do53:{address}@{port}"


@pytest.mark.parametrize("text", ["", "dns.test", "dns.test:53", "192.0.2.1:", "192.0.2.1:dns"])
def test_server_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a numeric address"):
        DnsClient([text], 2.0, 4.0)
