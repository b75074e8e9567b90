"""What the sandbox network really holds, against what our database says."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from connectors.sandbox.remote import Remote
from inbox.models import Message, Reply
from inbox.states import ReplyState


class Truth:
    """The texts of ours that are out, by how often, read on from where the last look ended. Safe in threads."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._seq = 0
        self._lock = threading.Lock()
        self.out: Counter[str] = Counter()

    def look(self) -> Counter[str]:
        with self._lock:
            answer = self._remote.call("GET", f"truth?who=ours&via=api&since={self._seq}")
            self._seq = answer["seq"]
            self.out.update(entry["text"] for entry in answer["entries"])
            return self.out


@dataclass(frozen=True)
class Score:
    """sent, networks: replies that are out, in all and by network.

    lost: said to be sent and not out, or never brought to an end. doubled: out twice. wrong: out, and our record says
    they are not. missed, repeated: customers' messages that are not or twice with us.
    """

    replies: int
    sent: int
    networks: dict[str, int]
    lost: int
    doubled: int
    wrong: int
    missed: int
    repeated: int
    unfinished: dict[str, int]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.missed or self.repeated or self.unfinished)


def compare(remote: Remote) -> Score:
    """Every reply that was ever let go, and every customer's message. Each text is unique."""
    out = Truth(remote).look()
    replies = list(Reply.objects.exclude(text="").values_list("outgoing", "state", "channel__network"))
    said = {outgoing for outgoing, state, _ in replies if state == ReplyState.SENT}
    return Score(
        replies=len(replies),
        sent=sum(outgoing in out for outgoing, _, _ in replies),
        networks=dict(Counter(network for outgoing, _, network in replies if outgoing in out)),
        lost=len(said - out.keys()),
        doubled=sum(times > 1 for times in out.values()),
        wrong=len(out.keys() - said),
        **compare_intake(remote),
        unfinished=dict(Counter(state for _, state, _ in replies if state != ReplyState.SENT)),
    )


def compare_intake(remote: Remote) -> dict[str, int]:
    there = {(entry["network"], entry["id"]) for entry in remote.truth(who="others") if entry["via"] == "control"}
    rows = Message.objects.filter(is_ours=False).values_list("network", "remote_id")
    here = Counter(("x" if network == "twitter" else network, remote_id) for network, remote_id in rows)
    return {"missed": len(there - here.keys()), "repeated": sum(times > 1 for times in here.values())}
