"""The scenario player: customers in four languages who write at a human pace and answer our answers."""
