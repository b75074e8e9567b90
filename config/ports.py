"""All ports of Samtal on one machine, in one place.

They stand below 32768, where Linux begins to hand out ports for outgoing connections: none of those takes ours.
"""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from config.processes.errors import StartError

HOST = "127.0.0.1"
FREE_RANGE = range(20_000, 32_768)


@dataclass(frozen=True)
class Port:
    """One port, with the variable that moves it."""

    purpose: str
    variable: str
    number: int

    def demand_free(self) -> None:
        """Raise StartError if something listens here already."""
        if is_free(self.number):
            return
        raise StartError(
            f"Port {self.number} ({self.purpose}) is in use. Stop what listens there, or choose another port:"
            f" {self.variable}={self.number + 1} make demo"
        )


@dataclass(frozen=True)
class Ports:
    """Where each part of the demo listens."""

    web: Port
    sandbox: Port
    postgres: Port
    valkey: Port


def read_ports(environment: Mapping[str, str]) -> Ports:
    """The ports, moved where the environment says so. A value that is no port raises StartError."""
    return Ports(
        web=_port(environment, "the web pages", "SAMTAL_WEB_PORT", 8080),
        sandbox=_port(environment, "the sandbox network", "SAMTAL_SANDBOX_PORT", 8090),
        postgres=_port(environment, "PostgreSQL", "SAMTAL_POSTGRES_PORT", 8432),
        valkey=_port(environment, "Valkey", "SAMTAL_VALKEY_PORT", 8379),
    )


def is_free(number: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do: a connection of the last run that is still closing must not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that is free now, for servers that live as long as a test run."""
    return next(number for number in random.sample(FREE_RANGE, len(FREE_RANGE)) if is_free(number))


def _port(environment: Mapping[str, str], purpose: str, variable: str, default: int) -> Port:
    value = environment.get(variable) or str(default)
    if value.isdecimal() and 1 <= int(value) <= 65_535:
        return Port(purpose, variable, int(value))
    raise StartError(f"{variable} is {value!r}; it must be a port number, for example {default}.")
