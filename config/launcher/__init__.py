"""`make demo`: everything Samtal needs, started in order on one machine, kept alive, and stopped together."""
