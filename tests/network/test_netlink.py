"""Netlink's envelope: what the kernel of this machine can't be made to say."""
import errno
import itertools
import socket
from collections.abc import Iterator

import pytest
from pyroute2.netlink import NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR

from hasip.network import netlink
from hasip.network.news import Kind


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The socket we ask by, and one at which a test plays the kernel. The first question has number 1."""
    monkeypatch.setattr(netlink, "_sequence_numbers", itertools.count(1))
    questions, kernel = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    questions.settimeout(2)
    with questions, kernel:
        yield questions, kernel


def message(kind: int, number: int, flags: int = 0, body: bytes = bytes(4)) -> bytes:
    return netlink.HEADER.pack(netlink.HEADER.size + len(body), kind, flags, number, 0) + body


def test_interrupted_list_is_asked_for_again(kernel: tuple[socket.socket, socket.socket]) -> None:
    questions, answers = kernel
    answers.send(message(NLMSG_DONE, 1, NLM_F_DUMP_INTR))
    answers.send(message(NLMSG_DONE, 2))
    assert netlink.ask(questions, [Kind.LINKS]) == {Kind.LINKS: []}


def test_list_that_never_holds_still_is_given_up(kernel: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    questions, answers = kernel
    monkeypatch.setattr(netlink, "INTERRUPTIONS_MAX", 2)
    for number in (1, 2):
        answers.send(message(NLMSG_DONE, number, NLM_F_DUMP_INTR))
    with pytest.raises(netlink.Interrupted):
        netlink.ask(questions, [Kind.LINKS])


def test_rest_of_an_older_answer_is_passed_over(kernel: tuple[socket.socket, socket.socket]) -> None:
    questions, answers = kernel
    answers.send(message(NLMSG_ERROR, 77, body=netlink.ERROR.pack(-errno.EBUSY)))
    answers.send(message(NLMSG_DONE, 1))
    assert netlink.ask(questions, [Kind.LINKS]) == {Kind.LINKS: []}


def test_refusal_is_an_error_with_its_number(kernel: tuple[socket.socket, socket.socket]) -> None:
    questions, answers = kernel
    answers.send(message(NLMSG_ERROR, 1, body=netlink.ERROR.pack(-errno.EPERM)))
    with pytest.raises(PermissionError):
        netlink.ask(questions, [Kind.LINKS])


def test_message_that_claims_no_length_ends_the_datagram() -> None:
    assert list(netlink.messages(bytes(64))) == []
