"""User agents in Python, over real sockets: who `make demo` tells of, and who calls in `hasip bench streams`."""
