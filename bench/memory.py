"""What the demo that runs takes of memory, part by part:  python -m bench.memory

PSS: what processes share is counted once, in equal parts. The last line is JSON, in MB: {"parts", "all", "production"},
where production is without the sandbox and its customers, which are no part of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil

from config.embedded.place import find_place

TRAINING = ("sandbox", "player")
MB = 1e6


def parts(run: Path) -> dict[str, psutil.Process]:
    """The running programs by name, and the launcher that keeps them."""
    found = {file.stem: psutil.Process(int(file.read_text())) for file in sorted(run.glob("*.pid"))}
    return found | {"launcher": found["web"].parent()}


def taken(process: psutil.Process) -> float:
    """MB of PSS, with all its children's."""
    return sum(one.memory_full_info().pss for one in (process, *process.children(recursive=True))) / MB


def main() -> int:
    run = find_place().home / "run"
    if not (run / "web.pid").exists():
        print("No demo is running here. Start one with `make demo`, and give it a minute to come to rest.")
        return 1
    processes = parts(run)
    launcher = processes.pop("launcher")
    each = {name: taken(process) for name, process in processes.items()}
    each["launcher"] = taken(launcher) - sum(each.values())
    for name, mb in each.items():
        print(f"{name:<10} {mb:6.0f} MB")
    production = sum(mb for name, mb in each.items() if name not in TRAINING)
    told = {name: round(mb) for name, mb in each.items()}
    print(json.dumps({"parts": told, "all": round(sum(each.values())), "production": round(production)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
