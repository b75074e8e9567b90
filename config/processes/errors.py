"""What can go wrong when programs are started, in sentences."""


class StartError(Exception):
    """Its text is shown to the person at the terminal: what is wrong, and what to do about it."""


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or a closed terminal, noticed at the next pause."""
