"""The inbox: channels, threads, replies and who answers. The only place where policies and connectors meet."""
