"""The parser's share of RFC 4475: what is valid has its fields, what is not is refused by the name of what is wrong."""
import pytest

from hasip._fastpath import SipSyntaxError, parse
from tests.rfc.torture import TORTUOUS_INVITE, request


def wrong_part(datagram: bytes) -> str:
    with pytest.raises(SipSyntaxError) as refusal:
        parse(datagram)
    return refusal.value.header


def test_3_1_1_1_a_short_tortuous_invite():
    message = parse(TORTUOUS_INVITE)
    assert (message.to_tag, message.from_tag, message.max_forwards, message.cseq, message.content_length) == ("77183n", "98asjd8", 68, 9, 6)
    assert (message.via_host, message.via_port, message.branch) == ("192.0.2.2", 0, "390skdjuw")
    assert message.route_uri == "sip:services.example.com;lr;unknownwith=value;unknown-no-value"
    assert message.contact_uri == "sip:jd@example.com"
    assert message.request_uri_user == "vinod" and len(message.headers) == 14
    headers = dict(message.headers)
    assert headers["NewFangledHeader"] == "newfangled value continued newfangled value" and headers["s"] == ""


def test_3_1_1_2_a_wide_range_of_valid_characters():
    method = "!interesting-Method0123456789_*+`.%indeed'~"
    uri = "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com"
    message = parse(request(
        f"{method} {uri} SIP/2.0", To=f'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <{uri}>', CSeq=f"CSeq: 139122385 {method}",
        From="From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u0440\u0430\";tag=_token~1'+`*%!-.",
        extra=["extensionHeader-!.%*+_`'~: \u043e\ufeff"]))
    assert message.method == method and message.cseq_method == method and message.cseq == 139122385
    assert message.from_tag == "_token~1'+`*%!-." and message.to_tag == ""
    assert message.request_uri_user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*" and message.request_uri_host == "example.com"


def test_3_1_1_3_escapes_stay_as_they_are():
    message = parse(request("INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0"))
    assert (message.request_uri_user, message.request_uri_host) == ("sips%3Auser%40example.com", "example.net")


def test_3_1_1_4_escaped_nulls_in_uris():
    message = parse(request("REGISTER sip:example.com SIP/2.0", To="To: sip:null-%00-null@example.com", From="From: sip:null-%00-null@example.com;tag=1",
                            CSeq="CSeq: 14398234 REGISTER", extra=["Contact: <sip:%00@host5.example.com>, <sip:%00%00@host5.example.com>"]))
    assert message.contact_uri == "sip:%00@host5.example.com" and message.from_tag == "1"


def test_3_1_1_5_a_percent_sign_in_a_method_is_no_escape():
    message = parse(request("RE%47IST%45R sip:registrar.example.com SIP/2.0", CSeq="CSeq: 29344 RE%47IST%45R"))
    assert message.method == "RE%47IST%45R"


def test_3_1_1_6_no_white_space_between_display_name_and_bracket():
    assert parse(request(From="From: caller<sip:caller@example.com>;tag=323")).from_tag == "323"


def test_3_1_1_7_long_values():
    many = "x" * 3000
    message = parse(request(
        f"INVITE sip:{many}@example.com SIP/2.0", To=f'To: "{many}" <sip:{many}@example.com:6000;{many}=1>', Call_ID=f"Call-ID: {many}",
        From=f"From: sip:{many}@example.com;{many}=\"{many}\";tag={many}", Via=f"Via: SIP/2.0/TCP {many}.com;branch={many}",
        extra=[f"{many}: {many}", f"Contact: <sip:{many}@{many}.com>"]))
    assert message.from_tag == message.call_id == message.branch == message.request_uri_user == many
    assert message.via_host == message.contact_host == f"{many}.com"


def test_3_1_1_8_octets_behind_the_body_are_ignored():
    second = request()
    message = parse(request(extra=["Content-Length: 0"]) + second)
    assert message.body == b"" and message.raw.endswith(second)


def test_3_1_1_9_a_semicolon_in_the_user_part():
    message = parse(request("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0", CSeq="CSeq: 8 OPTIONS"))
    assert (message.request_uri_user, message.request_uri_host) == ("user;par=u%40example.net", "example.com")


@pytest.mark.parametrize("transport", ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"])
def test_3_1_1_10_any_transport_in_via(transport):
    assert parse(request(Via=f"Via: SIP/2.0/{transport} t1.example.com;branch=z9hG4bKkdjuw")).via_host == "t1.example.com"


def test_3_1_1_12_an_unusual_reason_phrase():
    message = parse(request("SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e"))
    assert (message.status, message.reason_phrase, message.method) == (200, "= 2**3 * 5**2 \u043d\u043e", "INVITE")


@pytest.mark.parametrize("start", ["SIP/2.0 100 ", "SIP/2.0 100"])
def test_3_1_1_13_an_empty_reason_phrase(start):
    assert parse(request(start)).reason_phrase == ""


def test_3_1_2_1_extraneous_separators():
    assert wrong_part(request(Via="Via: SIP/2.0/UDP 192.0.2.15;;,;,,")) == "Via"
    assert wrong_part(request(extra=['Contact: "Joe" <sip:joe@example.org>;;;;'])) == "Contact"


def test_3_1_2_2_a_content_length_larger_than_the_message():
    assert wrong_part(request(extra=["Content-Length: 9999"], body="v=0\r\n")) == "Content-Length"


def test_3_1_2_3_a_negative_content_length():
    assert wrong_part(request(extra=["Content-Length: -999"])) == "Content-Length"


def test_3_1_2_4_numbers_beyond_their_range():
    assert wrong_part(request(CSeq="CSeq: 36893488147419103232 INVITE")) == "CSeq"
    assert wrong_part(request(Max_Forwards="Max-Forwards: 300")) == "Max-Forwards"
    assert parse(request(extra=["Expires: 1000000000000"])).expires == 2**31 - 1
    assert parse(request(extra=["Contact: <sip:u@h>;expires=280297596632815"])).contact_host == "h"


def test_3_1_2_5_a_response_with_numbers_beyond_their_range():
    assert wrong_part(request("SIP/2.0 503 Service Unavailable", CSeq="CSeq: 9292394834772304023312 OPTIONS")) == "CSeq"


def test_3_1_2_6_an_unterminated_quoted_string():
    assert wrong_part(request(To='To: "Mr. J. User <sip:j.user@example.com>')) == "To"


def test_3_1_2_7_angle_brackets_around_the_request_uri():
    assert wrong_part(request("INVITE <sip:user@example.com> SIP/2.0")) == "Request-URI"


def test_3_1_2_8_white_space_in_the_request_uri():
    assert wrong_part(request("INVITE sip:user@example.com; lr SIP/2.0")) == "Request-URI"


def test_3_1_2_9_several_spaces_in_the_start_line():
    assert wrong_part(request("INVITE  sip:user@example.com  SIP/2.0")) == "Request-URI"


def test_3_1_2_10_white_space_behind_the_start_line():
    assert wrong_part(request("OPTIONS sip:remote-target@example.com SIP/2.0  ")) == "start line"


def test_3_1_2_11_escaped_headers_in_the_request_uri_are_passed_over():
    assert parse(request("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0")).request_uri_host == "example.com"


def test_3_1_2_12_an_invalid_date_is_no_business_of_a_router():
    parse(request(extra=["Date: Fri, 01 Jan 2010 16:00:00 EST"]))


def test_3_1_2_14_spaces_within_addr_spec():
    assert wrong_part(request(To='To: "Watson, Thomas" < t.watson@example.org >')) == "To"


def test_3_1_2_15_a_comma_in_an_unquoted_display_name():
    assert wrong_part(request(From="From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43")) == "From"


def test_3_1_2_16_an_unknown_protocol_version():
    assert wrong_part(request("INVITE sip:t.watson@example.org SIP/7.0", Via="Via: SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw")) == "version"


def test_3_1_2_17_start_line_and_cseq_method_differ():
    assert wrong_part(request("OPTIONS sip:user@example.com SIP/2.0", CSeq="CSeq: 8 INVITE")) == "CSeq"


def test_3_1_2_18_start_line_and_cseq_method_differ_for_an_unknown_method():
    assert wrong_part(request("NEWMETHOD sip:user@example.com SIP/2.0", CSeq="CSeq: 8 NEWMETHO")) == "CSeq"
    assert wrong_part(request("NEWMETHOD sip:user@example.com SIP/2.0", CSeq="CSeq: 8 INVITE")) == "CSeq"


def test_3_1_2_19_an_overlarge_response_code():
    assert wrong_part(request("SIP/2.0 4294967301 better not break the receiver")) == "start line"
    assert wrong_part(request("SIP/2.0 700 Beyond")) == "start line"
    assert wrong_part(request("SIP/2.0 099 Below")) == "start line"


def test_3_2_1_a_branch_that_is_only_the_magic_cookie():
    assert parse(request(Via="Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK")).branch == "z9hG4bK"


@pytest.mark.parametrize("missing", ["Call-ID", "From", "To", "CSeq", "Via"])
def test_3_3_1_missing_required_headers(missing):
    assert wrong_part(request(**{missing.replace("-", "_"): None})) == missing


def test_3_3_2_and_3_3_3_an_unknown_scheme_in_the_request_uri_is_for_416():
    message = parse(request("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", CSeq="CSeq: 1 OPTIONS"))
    assert message.request_uri == "soap.beep://192.0.2.103:3002" and message.request_uri_host == ""


def test_3_3_4_unknown_schemes_in_to_and_from():
    assert parse(request(To="To: isbn:2983792873", From="From: <http://www.example.com>;tag=3234233")).from_tag == "3234233"


def test_3_3_8_several_values_in_single_value_headers():
    assert wrong_part(request(extra=["Call-ID: second@example.net"])) == "Call-ID"
    assert wrong_part(request(extra=["CSeq: 59 INVITE"])) == "CSeq"
    assert wrong_part(request(extra=["Max-Forwards: 5"])) == "Max-Forwards"
    assert wrong_part(request(extra=["To: sip:second@example.com"])) == "To"
    assert wrong_part(request(extra=["f: sip:second@example.com;tag=2"])) == "From"


def test_3_3_9_several_content_lengths():
    assert wrong_part(request(extra=["Content-Length: 5", "l: 4"], body="12345")) == "Content-Length"


def test_3_3_11_max_forwards_of_zero():
    assert parse(request(Max_Forwards="Max-Forwards: 0")).max_forwards == 0


def test_3_4_1_an_invite_of_rfc2543():
    message = parse(request(
        Via="Via: SIP/2.0/UDP iftgw.example.com", From="From: <sip:+13035551111@ift.client.example.net;user=phone>", Max_Forwards=None,
        extra=["Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>"]))
    assert (message.branch, message.from_tag, message.max_forwards) == ("", "", -1)
