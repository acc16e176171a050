"""The modes, by whether they fail over."""
FAILOVER_MODES = ["auto_failover", "2t", "4t", "2t4t"]
ONE_ATTEMPT_MODES = ["only_primary", "load_balancing"]
