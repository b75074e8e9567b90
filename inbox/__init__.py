"""The inbox: channels, threads, replies and the people who answer. The only place where policies and connectors meet."""
