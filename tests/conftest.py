"""The test-suite's ground: a real PostgreSQL and Valkey for the run, and the people every test knows."""

from __future__ import annotations

import os

os.environ.setdefault("SAMTAL_ENV", "test")

from config.embedded import ensure_servers  # noqa: E402  (settings read the addresses when they are imported)

_servers = ensure_servers()
os.environ["DATABASE_URL"] = _servers.database_url
os.environ["REDIS_URL"] = _servers.redis_url
# Named here and not in pyproject.toml: pytest-django would read the settings before this file has set the addresses.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
