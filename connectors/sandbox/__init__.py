"""A stand-in for the networks: it speaks their protocols on loopback, for training, the demo and the tests."""
