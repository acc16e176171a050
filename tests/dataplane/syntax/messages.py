"""Messages for the parser's tests: lawful ones with every liberty the grammar gives, and the same with a few octets changed."""
from hypothesis import strategies as st

TOKENS = st.text("abcXYZ0189-.!%*_+`'~", min_size=1, max_size=20) | st.integers(14, 70).map("t".__mul__)
HOSTS = st.sampled_from(["example.com", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.9]", "a", "ims.mnc001.mcc262.3gppnetwork.org"])
PORTS = st.sampled_from(["", ":5060", ":1", ":65535", ":0005060"])
USERS = st.sampled_from(["", "alice@", "+49891234567@", "1234;phone-context=a.b@", "user:password@", "a?b=c,d/e@", "%61%40@", "+4989;npdi;rn=+4930:pw@", "\xc3\xa4@",
                         *("u" * length + "@" for length in (30, 46, 47, 48, 62, 110, 127))])
URI_PARAMETERS = st.sampled_from(["", ";lr", ";user=phone", ";transport=udp;x=a@b", "?Subject=x", ";lr?Route=%3Csip:a%3E"])
DISPLAY_NAMES = st.sampled_from(["", "Bob ", "Bob", "Anna Lena ", '"Eve Adams" ', '"Eve"', '"A, B <x@y>;tag=fake" ', '"O\\"Neil; tag=no" ', '"back\\\\" ', "J\xc3\xb6rg ", '"J\xc3\xb6rg" ', "A Name Of 21 Octets: ",
                                 *('"' + "n" * length + '" ' for length in (13, 14, 15, 61, 62, 63))])
METHODS = st.sampled_from(["INVITE", "ACK", "BYE", "SUBSCRIBE", "SUBSCRIBED", "REGISTER", "PRACK", "invite", "!odd-Method0"])
FILLER_HEADERS = st.sampled_from([
    "User-Agent: x", "Subject:", "X-Colons: a:b:c", "Allow: INVITE,\r\n ACK", "s: compact", "P-Asserted-Identity: <sip:a@b>",
    "A-name-longer-than-all-the-names-a-router-looks-at-in-its-table: 1", "Odd.!%*_+`'~: v", "UnknownHeaderWithUnusualValue: ;;,,;;,;",
    *("N" * length + ":v" for length in (30, 31, 32, 33)), "N" * 31 + " :v", "J\xc3\xb6rg: v"])


@st.composite
def uris(draw):
    scheme = draw(st.sampled_from(["sip:", "sip:", "sip:", "sips:", "SIP:", "tel:"]))
    if scheme == "tel:":
        return "tel:+4989123;ext=1"
    return scheme + draw(USERS) + draw(HOSTS) + draw(PORTS) + draw(URI_PARAMETERS)


@st.composite
def names(draw, long, compact=None):
    """One of the ways to write a header name."""
    name = draw(st.sampled_from([long, long, long.lower(), long.upper(), long.swapcase()] + [compact] * bool(compact)))
    return name + draw(st.sampled_from(["", "", "", " ", "\t "])) + ":"


@st.composite
def messages(draw):
    """A lawful message, as text."""
    is_plain = draw(st.booleans())

    def white(least=""):
        return least if is_plain else least + draw(st.sampled_from(["", "", "", " ", "\t", "  ", "\r\n ", " \r\n\t"]))

    def parameters(known):
        chosen = draw(st.lists(st.sampled_from([*known, ("x", None), ("y", "z"), ("q", '"a;b, \\" c"')]), max_size=4, unique_by=lambda pair: pair[0]))
        text = ""
        for name, value in chosen:
            name = draw(st.sampled_from([name, name, name.upper(), name.title()]))
            text += white() + ";" + white() + name + (white() + "=" + white() + value if value is not None else "")
        return text

    def via():
        transport = draw(st.sampled_from(["UDP", "UDP", "TCP", "TLS", "udp", "SCTP", "WS", "UNKNOWN"]))
        port = draw(PORTS)
        known = [("branch", "z9hG4bK" + draw(TOKENS)), ("rport", draw(st.sampled_from([None, "5060", "65535", ""]))), ("received", draw(HOSTS))]
        return (f"SIP{white()}/{white()}2.0{white()}/{white()}{transport}{white(' ')}{draw(HOSTS)}"
                + (white() + ":" + white() + port[1:] if port else "") + parameters(known))

    def name_addr(known, brackets=False):
        uri = draw(uris())
        if not brackets and not any(sign in uri for sign in ";?,") and draw(st.integers(0, 3)) == 0:
            return uri + parameters(known)
        return draw(DISPLAY_NAMES) + "<" + uri + ">" + parameters(known)

    def listed(value):
        return (white() + "," + white()).join(value() for _ in range(draw(st.integers(1, 2))))

    is_request = draw(st.booleans())
    method = draw(METHODS)
    start = f"{method} {draw(uris())} {draw(st.sampled_from(['SIP/2.0', 'SIP/2.0', 'sip/2.0']))}"
    if not is_request:
        start = draw(st.sampled_from(["SIP/2.0 180 Ringing", "SIP/2.0 100 ", "SIP/2.0 699", "sip/2.0 200 OK  twice", "SIP/2.0 486 Besetzt \xc3\xa4"]))
    body = draw(st.sampled_from(["", "", "v=0\r\no=- 1 1 IN IP4 a\r\n", "\r\n\r\n: \n"]))
    behind = draw(st.sampled_from(["", "", "\r\n", "INVITE sip:a SIP/2.0"]))
    lines = [
        draw(names("To", "t")) + white(" ") + name_addr([("tag", draw(TOKENS))]) + white(),
        draw(names("From", "f")) + white(" ") + name_addr([("tag", draw(TOKENS))]) + white(),
        draw(names("Call-ID", "i")) + white(" ") + draw(TOKENS) + draw(st.sampled_from(["", "@192.0.2.1"])) + white(),
        draw(names("CSeq")) + white(" ") + draw(st.sampled_from(["1", "0009", "12345678", "2147483647", "99999"])) + white(" ") + method + white(),
    ]
    for long, compact, value in (
        ("Contact", "m", lambda: draw(st.sampled_from(["*", None, None, None])) or listed(lambda: name_addr([("expires", "60")]))),
        ("Route", None, lambda: listed(lambda: name_addr([], brackets=True))),
        ("Max-Forwards", None, lambda: draw(st.sampled_from(["0", "70", "255", "0000000068"]))),
        ("Expires", None, lambda: draw(st.sampled_from(["0", "3600", "1000000000000"]))),
    ):
        if draw(st.booleans()):
            lines.append(draw(names(long, compact)) + white(" ") + value() + white())
    if behind or draw(st.booleans()):
        lines.append(draw(names("Content-Length", "l")) + white(" ") + str(len(body)) + white())
    lines += draw(st.lists(FILLER_HEADERS, max_size=4))
    lines = draw(st.permutations(lines))
    for _ in range(draw(st.integers(1, 3))):
        lines.insert(draw(st.integers(0, len(lines))), draw(names("Via", "v")) + white(" ") + listed(via) + white())
    text = draw(st.sampled_from(["", "", "\r\n", "\r\n\r\n"])) + "\r\n".join([start, *lines, "", ""]) + body + behind
    head, blank, rest = text.partition("\r\n\r\n") if not text.startswith("\r\n") else (text, "", "")
    return head.replace("\r\n", "\n") + "\n\n" + rest if blank and draw(st.integers(0, 4)) == 0 else text


@st.composite
def damaged_messages(draw):
    """A lawful message with up to three octets taken out, put in or exchanged, or cut short."""
    text = draw(messages())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        piece = draw(st.sampled_from(["", "", " ", "\t", ":", ";", ",", "=", '"', "\\", "<", ">", "@", "?", "[", "]", "/", "\r", "\n", "\r\n", "\r\n ", "0", "\x00", "\xff"]))
        text = text[:at] + piece + text[at + draw(st.integers(0, 2)):]
    return text[:draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text
