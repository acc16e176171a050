"""What others shall not read: secrets never, telephone numbers unless somebody asks for them. Logs, traces and alerts all come through here."""
import re

MASK = "***"
VISIBLE_DIGITS = 3

NUMBER = re.compile(r"(?<![\w.])(?<![\w.]\+)(\+?)(\d{4,15}?)(\d{3})(?![\w]|\.\d)")       # seven digits at least
URL_PASSWORD = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
CREDENTIALS = re.compile(r"(?im)^((?:proxy-)?authorization\s*:\s*)(\S+)(.*(?:\r?\n[ \t].*)*)")
DIGEST_SECRET = re.compile(r"(?i)\b(response|cnonce|nonce|opaque|auts)\s*=\s*(?:\"[^\"]*\"|[^\s,\"]+)")
NAMED_SECRET = re.compile(r"(?i)\b((?:\w*(?:password|passwd|secret|token)|ha1\w*)\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)")
UNNUMBERED = re.compile(r"(?i)(call-id|i|via|v|cseq|content-length|l|max-forwards|rseq|rack|session-expires|x|min-se|expires|timestamp|date)\s*:")


def mask_numbers(text: str) -> str:
    """Return a text in which telephone numbers show their last digits only."""
    return NUMBER.sub(lambda found: found[1] + "*" * len(found[2]) + found[3], text)


def mask_secrets(text: str) -> str:
    """Return a text without passwords: in URLs, in SIP credentials, and behind a name that says what they are."""
    text = CREDENTIALS.sub(without_proof, text)
    return NAMED_SECRET.sub(rf"\1{MASK}", URL_PASSWORD.sub(rf"\1:{MASK}@", DIGEST_SECRET.sub(rf"\1={MASK}", text)))


def without_proof(found: re.Match[str]) -> str:
    """Return a credentials header of which only a Digest's public parts are left."""
    if found[2].lower() != "digest":
        return f"{found[1]}{found[2]} {MASK}"
    return found[1] + found[2] + DIGEST_SECRET.sub(rf"\1={MASK}", found[3])


def mask_message(message: str, with_numbers: bool) -> str:
    """Return a SIP message as it may be shown. Its body has no secrets, and no numbers that are telephone numbers."""
    head, blank, body = message.partition("\r\n\r\n")
    head = CREDENTIALS.sub(without_proof, head)
    if not with_numbers:
        head = "\r\n".join(line if UNNUMBERED.match(line) else mask_numbers(line) for line in head.split("\r\n"))
    return head + blank + body
