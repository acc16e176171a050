"""Records of calls: packed, written, explained, exported."""
