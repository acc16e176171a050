"""Where named targets are: RFC 3263."""
