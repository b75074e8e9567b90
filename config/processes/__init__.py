"""Running other programs: one child, many children that are kept alive, and what happens when we are killed.

Knows nothing of Samtal. config.embedded and config.launcher say what is run.
"""
