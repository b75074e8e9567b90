"""What the terminal shows."""

import io

from config.processes.console import Console


def test_a_terminal_gets_colour_and_a_file_does_not():
    coloured, plain = io.StringIO(), io.StringIO()
    Console(coloured, coloured=True).log("web", "hello")
    Console(plain).log("web", "hello")
    assert coloured.getvalue() == "\033[32mweb     \033[0m | hello\n"
    assert plain.getvalue() == "web      | hello\n"


def test_two_processes_get_two_colours_and_keep_them():
    screen = io.StringIO()
    console = Console(screen, coloured=True)
    for name in ("web", "worker", "web"):
        console.log(name, "hello")
    first, second, third = (line[:5] for line in screen.getvalue().splitlines())
    assert first == third != second


class ClosedPipe(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def test_it_goes_on_when_nobody_reads_any_more():
    console = Console(ClosedPipe())
    console.say("into the void")
    console.log("web", "and again")
