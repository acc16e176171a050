"""How the store's tables came to be, one revision a file. `REVISION` is the one this program works with."""

REVISION = "0003"
