"""The leash: as whom a program runs, with what, and what it dies of."""

import os
import pwd
import signal
import subprocess
import sys

from config.processes.child import BARE_PYTHON, LEASH

IS_ROOT = os.geteuid() == 0
REFUSED = "This root may not become nobody (Operation not permitted). Run it as a normal user.\n"


def leashed(*command, parent=None, user="-", directory="/"):
    parent = str(parent or os.getpid())
    arguments = [*BARE_PYTHON, LEASH, parent, str(int(signal.SIGTERM)), user, directory, *command]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_the_program_stands_in_its_directory_and_keeps_the_user():
    done = leashed(sys.executable, "-c", "import os; print(os.getuid(), os.getcwd())", directory="/usr")
    assert done.stdout.split() == [str(os.getuid()), "/usr"]


def test_root_becomes_another_user_with_none_of_its_own_groups():
    done = leashed("/usr/bin/env", "sh", "-c", 'echo "$(id -un) $(id -G)"; pwd', user="nobody")
    if IS_ROOT:
        assert done.stdout.split() == ["nobody", str(pwd.getpwnam("nobody").pw_gid), "/"]
    else:
        assert (done.returncode, done.stdout, done.stderr) == (1, "", REFUSED), "who is not root stays who they are"


def test_a_root_that_may_not_change_users_is_told_so():
    bound = ["setpriv", "--bounding-set", "-setuid,-setgid"] if IS_ROOT else []
    leash = [*bound, *BARE_PYTHON, LEASH, str(os.getpid()), "15", "nobody", "/", "/bin/true"]
    done = subprocess.run(leash, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, REFUSED)


def test_nothing_is_run_for_a_parent_that_is_gone():
    done = leashed("/bin/echo", "orphan", parent=1)
    assert done.returncode == 1
    assert done.stdout == ""


def test_signals_that_python_and_shells_ignore_work_again():
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    leash = [*BARE_PYTHON, str(LEASH), str(os.getpid()), "15", "-", "/", sys.executable, "-c", code]
    done = subprocess.run([sys.executable, "-c", ignoring, *leash], capture_output=True, text=True, check=False)
    assert done.stdout == "True\n"
