"""Become another program that dies with its parent, if wanted as another user. A script of its own, run by path:

    python -I -S leash.py PARENT SIGNAL USER DIRECTORY COMMAND...

PARENT is the parent's process id, SIGNAL the number the kernel sends the program when PARENT ends, however it ends;
USER is a name, or "-" for the present one. Only Linux can do that; elsewhere the warden alone ends what is left.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, number: int, user: str, directory: str, command: list[str]) -> None:
    if user != "-":
        become(user)
    # After the change of user, which would clear the mark; exec keeps it.
    if sys.platform == "linux":
        die_with(parent, number)
    # Python ignores SIGPIPE and a shell's background job ignores SIGINT; a program expects neither.
    for usual in (signal.SIGPIPE, signal.SIGINT):
        signal.signal(usual, signal.SIG_DFL)
    os.chdir(directory)
    os.execv(command[0], command)  # noqa: S606 - no shell is what we want


def become(user: str) -> None:
    entry = pwd.getpwnam(user)
    try:
        os.setgroups([entry.pw_gid])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    except OSError as problem:  # the root of a container without the right to change users
        sys.exit(f"This root may not become {user} ({problem.strerror}). Run it as a normal user.")


def die_with(parent: int, number: int) -> None:
    """Have the kernel send us signal `number` when `parent` ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # It may have ended before the mark was set.
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
