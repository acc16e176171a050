"""What others shall not read: numbers, passwords, proofs of passwords; and what they may."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.masking import mask_message, mask_numbers, mask_secrets

INVITE = ("INVITE sip:+6561234567@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK12345678\r\nFrom: \"6598765432\" <sip:+6598765432@a>;tag=1\r\n"
          "To: <tel:+6561234567>\r\nCall-ID: 6561234567@here\r\nCSeq: 12345678 INVITE\r\nP-Asserted-Identity: <sip:+6598765432@a>\r\n"
          "Proxy-Authorization: Digest username=\"acme\", realm=\"edge\", nonce=\"abc\", uri=\"sip:x\", response=\"0123456789abcdef\", cnonce=\"q\"\r\n"
          "Authorization: Basic YWNtZTpwYXNz\r\nContent-Length: 14\r\n\r\nv=0\r\no=- 12345678 1 IN\r\n")


@pytest.mark.parametrize(("text", "shown"), [
    ("+6561234567", "+*******567"), ("call to 6561234567 failed", "call to *******567 failed"), ("<sip:+6561234567@edge>", "<sip:+*******567@edge>"),
    ("203.0.113.11:5060", "203.0.113.11:5060"), ("123456", "123456"), ("z9hG4bK12345678", "z9hG4bK12345678"), ("1700000000.123", "1700000000.123"),
    ("2001:db8::1234:5678", "2001:db8::1234:5678"), ("tel:+6561234567;x=1", "tel:+*******567;x=1"),
])
def test_numbers_show_their_last_digits(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


@given(st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True), st.sampled_from(["{}", "sip:{}@edge", "from {} to us", '"{}"', "<tel:{}>", "({})"]))
def test_no_whole_number_is_left(number: str, place: str) -> None:
    shown = mask_numbers(place.format(number))
    assert number.removeprefix("+") not in shown and number[-3:] in shown and len(shown) == len(place.format(number))


@pytest.mark.parametrize(("text", "shown"), [
    ("postgresql://hasip:s3cret@db/hasip", "postgresql://hasip:***@db/hasip"), ("password=s3cret next", "password=*** next"),
    ('nonce_secret: "s3 cret"', "nonce_secret: ***"), ("ha1_md5=0123abcd", "ha1_md5=***"), ("https://hooks.example/x?token=s3cret&a=1", "https://hooks.example/x?token=***&a=1"),
    ("Authorization: Bearer s3cret", "Authorization: Bearer ***"), ("the store is away", "the store is away"),
])
def test_secrets_are_gone(text: str, shown: str) -> None:
    assert mask_secrets(text) == shown


def test_a_message_keeps_what_finds_it_again_and_loses_numbers_and_proofs() -> None:
    shown = mask_message(INVITE, with_numbers=False)
    assert "sip:+*******567@198.51.100.1" in shown and "9876543" not in shown
    assert "Call-ID: 6561234567@here" in shown and "branch=z9hG4bK12345678" in shown and "CSeq: 12345678 INVITE" in shown
    assert 'username="acme"' in shown and "response=***" in shown and "abc" not in shown.replace("abcd", "")
    assert "YWNtZTpwYXNz" not in shown and shown.endswith("v=0\r\no=- 12345678 1 IN\r\n")


def test_a_full_message_loses_proofs_all_the_same() -> None:
    shown = mask_message(INVITE, with_numbers=True)
    assert "+6598765432" in shown and "0123456789abcdef" not in shown and "YWNtZTpwYXNz" not in shown


def test_a_folded_header_hides_nothing() -> None:
    shown = mask_message("REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username=\"a\",\r\n response=\"0123456789abcdef\"\r\nTo: b\r\n\r\n", with_numbers=True)
    assert "0123456789abcdef" not in shown and "To: b" in shown
