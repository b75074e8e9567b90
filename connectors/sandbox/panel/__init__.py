"""The control page: the control API for hands instead of programs."""
