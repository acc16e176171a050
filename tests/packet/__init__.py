"""Cases in katran's manner: a sentence, packets in, verdicts and reasons, packets out. No sockets; the clock is passed."""
