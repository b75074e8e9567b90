"""The control page does what the control API does."""

from typing import Any

import pytest
import requests

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote


def press(base: str, button: str, **form: str) -> requests.Response:
    return requests.post(f"{base}/control/do/{button}", data=form, timeout=5)


def test_a_fault_is_added_listed_and_removed(base: str, sandbox: Remote) -> None:
    page = press(base, "fault", kind="hang", path="/comments$", seconds="3", count="2", effect="1")
    assert page.status_code == 200
    assert "/comments$" in page.text
    [fault] = sandbox.call("GET", "faults")["faults"]
    assert (fault["kind"], fault["seconds"], fault["count"], fault["effect"]) == ("hang", 3.0, 2, True)
    press(base, "fault-clear", id=str(fault["id"]))
    assert sandbox.call("GET", "faults")["faults"] == []


def test_an_empty_count_is_for_ever(base: str, sandbox: Remote) -> None:
    press(base, "fault", kind="reset", count="")
    assert sandbox.call("GET", "faults")["faults"][0]["count"] is None


def test_switches_are_turned_and_a_missing_tick_is_off(base: str, sandbox: Remote) -> None:
    press(base, "switches", x_lag="2.5", x_names="2.167", x_summoned_only="1")
    now = sandbox.call("GET", "switches")
    assert (now["x_lag"], now["x_names"], now["x_summoned_only"], now["facebook_from"]) == (2.5, "2.167", True, False)


def test_the_clock_stops_moves_and_runs(base: str, sandbox: Remote) -> None:
    press(base, "clock", freeze="1")
    before = sandbox.now()
    press(base, "clock", advance="3600")
    assert sandbox.now() == before + 3600
    press(base, "clock", resume="1")
    assert sandbox.call("GET", "clock")["frozen"] is False


def test_somebody_writes(base: str, sandbox: Remote, post: Any) -> None:
    press(
        base,
        "entry",
        entry_network="facebook",
        entry_kind="comment",
        author="Tom",
        parent_id=post["id"],
        entry_text="Hi",
    )
    [told] = sandbox.truth(who="others")
    assert (told["text"], told["parent_id"]) == ("Hi", post["id"])


def test_a_token_changes_its_state(base: str, sandbox: Remote) -> None:
    press(base, "token", value=demo.PAGE_TOKEN, state="expired")
    tokens = {token["value"]: token["state"] for token in sandbox.call("GET", "tokens")["tokens"]}
    assert tokens[demo.PAGE_TOKEN] == "expired"
    assert demo.PAGE_TOKEN not in requests.get(f"{base}/control", timeout=5).text.replace(
        f'value="{demo.PAGE_TOKEN}"', ""
    )


def test_a_webhook_address_is_added_and_removed(base: str, sandbox: Remote) -> None:
    press(base, "subscribe", hook_network="x", url="http://127.0.0.1:9/hook", lost="0.5")
    [line] = sandbox.call("GET", "subscriptions")["subscriptions"]
    assert (line["network"], line["lost"]) == ("x", 0.5)
    press(base, "unsubscribe", id=str(line["id"]))
    assert sandbox.call("GET", "subscriptions")["subscriptions"] == []


@pytest.mark.parametrize(
    ("button", "form"),
    [
        ("fault", {"kind": "earthquake"}),
        ("fault", {"kind": "hang", "seconds": "long"}),
        ("clock", {"advance": "far"}),
        ("token", {"value": "nobody's", "state": "valid"}),
        ("subscribe", {"hook_network": "x", "url": "https://example.com/hook"}),
        ("entry", {"entry_network": "facebook", "entry_kind": "comment", "author": "Tom"}),
    ],
)
def test_what_does_not_work_is_said_on_the_page(base: str, sandbox: Remote, button: str, form: dict[str, str]) -> None:
    answer = press(base, button, **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
