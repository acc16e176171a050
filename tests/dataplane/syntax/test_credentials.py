"""Digest credentials (RFC 7616 §3.4, RFC 8760, RFC 3261 §25.1): every way to write them, and what is refused."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _syntax

PARAMETERS = {
    "username": '"alice"', "realm": '"example.com"', "nonce": '"n0/1="', "uri": '"sip:example.com"', "response": '"6629fae49393a05397450978507c4ef1"'}
REQUIRED = {name: value.strip('"').encode() for name, value in PARAMETERS.items()}


def credentials(*more, scheme="Digest ", **changed):
    """Return credentials with some parameters changed (None: left out) and some more."""
    parameters = PARAMETERS | changed
    return (scheme + ", ".join([*(f"{name}={value}" for name, value in parameters.items() if value is not None), *more])).encode()


def test_what_every_digest_has_is_read_and_none_named_means_md5_rfc7616_3_3():
    assert _syntax.credentials(credentials()) == REQUIRED | {"algorithm": "MD5"}


def test_all_parameters_are_read_without_their_quotes():
    text = credentials("algorithm=SHA-256", 'cnonce="0a4f113b"', 'opaque="5ccc"', "qop=auth", "nc=0000002A")
    assert _syntax.credentials(text) == REQUIRED | {
        "algorithm": "SHA-256", "algorithm_text": b"SHA-256", "cnonce": b"0a4f113b", "opaque": b"5ccc", "qop": b"auth", "nc_text": b"0000002A", "nc": 42}


def test_the_example_of_rfc7616_3_9_1_is_read():
    text = (b'Digest username="Mufasa",\r\n realm="http-auth@example.org",\r\n uri="/dir/index.html",\r\n algorithm=MD5,\r\n'
            b' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",\r\n nc=00000001,\r\n cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",\r\n'
            b' qop=auth,\r\n response="8ca523f5e9506fed4657c9700eebdbec",\r\n opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"')
    found = _syntax.credentials(text)
    assert (found["username"], found["uri"], found["nc"], found["algorithm"]) == (b"Mufasa", b"/dir/index.html", 1, "MD5")
    assert found["response"] == b"8ca523f5e9506fed4657c9700eebdbec"


@given(st.permutations([*PARAMETERS, "nc"]), st.sampled_from(["", " ", "\t", "\r\n ", " \r\n\t "]), st.sampled_from([str.lower, str.upper, str.title]))
def test_order_case_white_space_and_folds_do_not_matter(order, white, case):
    values = PARAMETERS | {"nc": "00000001"}
    text = case("Digest") + " " + white + f"{white},{white}".join(f"{case(name)}{white}={white}{values[name]}" for name in order)
    assert _syntax.credentials(text.encode()) == REQUIRED | {"nc": 1, "nc_text": b"00000001", "algorithm": "MD5"}


@pytest.mark.parametrize(("written", "algorithm"), [
    ("MD5", "MD5"), ("md5", "MD5"), ('"MD5"', "MD5"), ("SHA-256", "SHA-256"), ("sha-256", "SHA-256"), ('"SHA-256"', "SHA-256"),
    ("MD5-sess", "unknown"), ("SHA-256-sess", "unknown"), ("SHA-512-256", "unknown"), ("AKAv1-MD5", "unknown"), ('""', "unknown"), ("SHA\r256", "malformed")])
def test_algorithms_are_known_by_name_in_any_case(written, algorithm):
    found = _syntax.credentials(credentials(f"algorithm={written}"))
    assert (found if isinstance(found, str) else found["algorithm"]) == algorithm


@pytest.mark.parametrize("scheme", ["Basic ", "Bearer ", "Digests ", "Diges ", "X"])
def test_another_scheme_is_told_apart(scheme):
    assert _syntax.credentials(credentials(scheme=scheme)) == "other scheme"


@pytest.mark.parametrize("text", ["", " ", '"Digest" a=b', "Digest", "Digest ", "Digest,", "Digest=1", 'Digest"', "Digest\x00a=b"])
def test_what_is_no_scheme_with_parameters_is_malformed(text):
    assert _syntax.credentials(text.encode()) == "malformed"


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_missing_parameter_is_malformed(name):
    assert _syntax.credentials(credentials(**{name: None})) == "malformed"


@pytest.mark.parametrize("twice", [*(f"{name}={value}" for name, value in PARAMETERS.items()), 'USERNAME=""', "nc=00000001, nc=00000001", "qop=auth, qop=auth",
                                   "algorithm=MD5, algorithm=MD5", 'cnonce="a", cnonce="a"', 'opaque="", opaque=""'])
def test_a_parameter_that_is_there_twice_is_malformed(twice):
    assert _syntax.credentials(credentials(twice)) == "malformed"


def test_parameters_nobody_reads_are_passed_over():
    assert _syntax.credentials(credentials("userhash=false", "userhash=false", 'auts="a,b\\"=c"', "username*=UTF-8''x")) == REQUIRED | {"algorithm": "MD5"}


def test_empty_nonce_and_response_are_there_as_in_a_first_register_of_an_ims_device():
    assert _syntax.credentials(credentials(nonce='""', response='""')) == REQUIRED | {"nonce": b"", "response": b"", "algorithm": "MD5"}


def test_commas_and_equal_signs_inside_quotes_are_text():
    assert _syntax.credentials(credentials(username='"a, realm=b"'))["username"] == b"a, realm=b"


def test_values_without_their_quotes_are_read_all_the_same():
    assert _syntax.credentials(credentials(username="alice", uri="sip:example.com")) == REQUIRED | {"algorithm": "MD5"}


@pytest.mark.parametrize(("username", "has_escapes"), [('"a\\"b"', True), ('"a\\\\"', True), ('"ab"', False), ("a\\b", False)])
def test_a_backslash_inside_quotes_is_told_to_the_caller(username, has_escapes):
    found = _syntax.credentials(credentials(username=username))
    assert found["username"].decode() in username and found.get("has_escapes", False) == has_escapes


def test_an_escape_in_a_parameter_nobody_reads_is_not_told():
    assert "has_escapes" not in _syntax.credentials(credentials('x="\\""'))


@pytest.mark.parametrize(("digits", "nc"), [("00000001", 1), ("ffffffff", 2**32 - 1), ("DeadBeef", 0xDEADBEEF), ('"00000010"', 16)])
def test_nc_is_eight_hexadecimal_digits(digits, nc):
    assert _syntax.credentials(credentials(f"nc={digits}"))["nc"] == nc


@pytest.mark.parametrize("digits", ["1", "0000001", "000000001", "0000000g", "0x000001", '""', "-0000001", ""])
def test_any_other_nc_is_malformed(digits):
    assert _syntax.credentials(credentials(f"nc={digits}")) == "malformed"


@pytest.mark.parametrize("piece", ["", ",", "a", "a b=c", "=b", "a=", 'a="b', 'a="b" c', "a=b c", "a=b;c=d", 'a=b"c"', 'a="b\\', "a=<b", "a/b=c"])
def test_an_ill_formed_parameter_is_malformed(piece):
    malformed = "malformed" if piece != "a=<b" else REQUIRED | {"algorithm": "MD5"}      # what an unquoted value holds is not judged
    assert _syntax.credentials(credentials(piece)) == malformed


@given(st.integers(0, 200))
def test_credentials_cut_short_are_malformed_or_lack_what_was_cut(length):
    text = credentials("nc=00000001")
    found = _syntax.credentials(text[:length])
    assert found in ("malformed", "other scheme") or length >= len(credentials())


PIECES = ["Digest ", "username=", "realm=", '"', "\\", ",", "=", "a", " ", "\r\n ", "nc=", "00000001", ";", *credentials().decode().split(" ")]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=40))
def test_whatever_is_read_nothing_is_read_behind_it(text):
    found = _syntax.credentials(text.encode())
    assert isinstance(found, str) or found.keys() >= REQUIRED.keys()
