"""What hasip is about: trunks, accounts, cores, and the node they pass through. Frozen data, no I/O."""
