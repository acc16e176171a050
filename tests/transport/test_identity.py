"""Whom a certificate speaks for. RFC 5922 §7.1."""
from hasip.transport.identity import certificate_names

SUBJECT = ((("countryName", "DE"),), (("commonName", "Common.example"),))


def test_sip_domains_names_and_addresses_are_taken() -> None:
    alternatives = ("DNS", "Far.example"), ("URI", "sip:far.example"), ("URI", "sip:domain.example"), ("IP Address", "192.0.2.1")
    assert certificate_names({"subject": SUBJECT, "subjectAltName": alternatives}) == ("far.example", "domain.example", "192.0.2.1")


def test_rfc5922_7_1_users_and_other_schemes_are_no_domains() -> None:
    alternatives = ("URI", "sip:alice@far.example"), ("URI", "https://far.example"), ("email", "a@far.example"), ("DNS", "dns.example")
    assert certificate_names({"subject": SUBJECT, "subjectAltName": alternatives}) == ("dns.example",)


def test_the_common_name_counts_only_without_others() -> None:
    assert certificate_names({"subject": SUBJECT}) == ("common.example",)


def test_no_certificate_speaks_for_nobody() -> None:
    assert certificate_names(None) == certificate_names({}) == ()
