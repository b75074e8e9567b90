"""Cleaning up after checkouts that were made for a test."""

import shutil
from pathlib import Path

from config.embedded.place import ROOT_DATA, find_place


def forget_place(checkout: Path) -> None:
    """Remove what a checkout keeps outside itself when root runs it."""
    place = find_place(checkout)
    if place.servers.is_relative_to(ROOT_DATA):
        shutil.rmtree(place.servers, ignore_errors=True)
