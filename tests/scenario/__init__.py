"""From outside: real sockets and SIPp against a running `hasip run`."""
