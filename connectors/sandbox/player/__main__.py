"""python -m connectors.sandbox.player --base http://127.0.0.1:8090 [--speed 1.0] [--once]"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from threading import Event

import requests

from connectors.sandbox.player.play import Play
from connectors.sandbox.player.scripts import load
from connectors.sandbox.remote import Remote

LOOK = 1.0
AWAY = 3.0


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    remote = Remote(options.base)
    play = Play(remote, load(), now=time.monotonic, seed=options.seed, speed=options.speed)
    print(f"Customers write to {options.base} at speed {options.speed:g}.", flush=True)
    run(play, stop, once=options.once, look=LOOK / max(options.speed, 1.0))
    remote.close()
    return 0


def run(play: Play, stop: Event, *, once: bool, look: float = LOOK) -> None:
    """Look every `look` seconds, until the signal or, with `once`, until everything has been said.

    A sandbox that is away is waited for.
    """
    away = False
    while not stop.is_set() and not (once and play.over):
        try:
            play.step(once=once)
            away = False
        except requests.RequestException:
            if not away:
                print("The sandbox does not answer; waiting for it.", file=sys.stderr, flush=True)
            away = True
        stop.wait(AWAY if away else look)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox.player", description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8090")
    parser.add_argument("--speed", type=float, default=1.0, help="10 plays ten times as fast")
    parser.add_argument("--seed", type=int, default=0, help="another order, other people")
    parser.add_argument("--once", action="store_true", help="every conversation once, then end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
