"""An embedded Valkey: Redis's free successor, for Celery's messages only. It keeps nothing on disk."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from config.ports import HOST
from config.processes.child import Program, listens


@dataclass(frozen=True)
class Valkey:
    """One server. `directory` is where it stands; it writes nothing there."""

    server: Path
    directory: Path
    port: int
    user: str | None
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def program(self) -> Program:
        return Program(
            name="valkey",
            command=(str(self.server), "-"),
            ready=listens(self.port),
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            directory=self.directory,
            user=self.user,
            typed=self._configuration(),
            serves=True,
        )

    def _configuration(self) -> str:
        """Typed in, not given as arguments: every user of the machine can read a command line."""
        return f'bind {HOST}\nport {self.port}\nrequirepass {self.password}\nsave ""\nappendonly no\nloglevel warning\n'
