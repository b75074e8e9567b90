"""The Celery application: what each process of it loads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from config.embedded.place import CHECKOUT

STARTED = """
import sys
from config.celery import app
app.loader.init_worker()
app.finalize()
print("inbox.tasks" in sys.modules, "pull" in " ".join(app.tasks), *sorted(app.conf.beat_schedule))
"""


@pytest.mark.parametrize(("process", "works"), [("beat", False), ("worker", True)])
def test_beat_knows_its_times_and_loads_no_task(process: str, works: bool) -> None:
    given = {**os.environ, "SAMTAL_PROCESS": process}
    done = subprocess.run(
        (sys.executable, "-c", STARTED), cwd=CHECKOUT, env=given, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(works), str(works), "forget", "forget_events", "seal", "wake"]
