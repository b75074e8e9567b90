"""How the networks behave at the moment: what a test or the control page may turn, each with its plain default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from connectors.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Switches:
    """facebook_lag (Instagram's too), x_lag, mastodon_lag: seconds until a write shows in reads.
    facebook_from: name people other than the page (False is how the network answers without the permission).
    facebook_refuses_duplicates: 506 for the same text twice in a row; unproven on the real network, so off.
    feed_paging: "cursor" or "time". overlap: items each further page repeats. shuffle: pages come in a random order.
    x_names: "2.166" (tweet.fields, referenced_tweets) or "2.167" (post.fields, referenced_posts).
    x_summoned_only: replies only to posts that mention us, as on self-serve plans.
    x_duplicate_window: seconds in which X refuses the same text again.
    rate_scale: the networks' real limits times this; 1 is the real network.
    """

    facebook_lag: float = 0.0
    facebook_from: bool = True
    facebook_refuses_duplicates: bool = False
    feed_paging: str = "cursor"
    overlap: int = 0
    shuffle: bool = False
    x_lag: float = 0.0
    x_names: str = "2.166"
    x_summoned_only: bool = False
    x_duplicate_window: float = 86400.0
    mastodon_lag: float = 0.0
    rate_scale: float = 100.0

    def lag(self, network: str) -> float:
        return {"x": self.x_lag, "mastodon": self.mastodon_lag}.get(network, self.facebook_lag)


CHOICES = {"feed_paging": ("cursor", "time"), "x_names": ("2.166", "2.167")}


class SwitchBoard:
    """The switches as they stand, kept across restarts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.now = Switches()
        self.load()

    def load(self) -> None:
        self.now = Switches(**self._store.get("switches", {}))

    def turn(self, **changes: Any) -> Switches:
        """Raises ValueError for a switch that does not exist or a value it does not take."""
        kinds: dict[str, type[float] | type[bool] | type[int] | type[str]] = {
            field.name: type(getattr(Switches(), field.name)) for field in fields(Switches)
        }
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"no switch is called {name}")
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"{name} takes {' or '.join(CHOICES[name])}")
        typed: dict[str, Any] = {name: kinds[name](value) for name, value in changes.items()}
        self.now = replace(self.now, **typed)
        self._store.put("switches", asdict(self.now))
        return self.now
