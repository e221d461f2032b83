"""Real servers on this machine, to try a cluster on and to test against: they start, stop, are killed, come back."""
