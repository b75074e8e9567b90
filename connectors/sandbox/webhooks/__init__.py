"""What the networks tell by themselves: events to an address, signed, batched, and as unreliably as a test wants."""
