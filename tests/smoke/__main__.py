"""The main job, step by step. The last line is JSON: the seconds of each step, or which one failed and how.

FAULT=worker|web|sweep|redis|flush breaks that part while a reply is about to leave.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Error

from config.processes.errors import StartError
from tests.browser.harness import chromium
from tests.smoke.browser import Person
from tests.smoke.demo import FAULTS, Demo

# What a fault may cost: the launcher's restart, the sweep's patience, and the quiet time with its read-backs.
FAULT_COSTS = 60.0


class Failed(Exception):
    """A step did not do what it promises."""


class Smoke:
    """One run. `steps` holds the seconds of every step."""

    def __init__(self, demo: Demo, anna: Person, lea: Person, fault: str) -> None:
        self.demo, self.anna, self.lea, self.fault = demo, anna, lea, fault
        self.steps: dict[str, float] = {}
        self.mark = f"smoke {int(time.time())}"

    @contextmanager
    def step(self, name: str, most: float | None = None) -> Iterator[None]:
        """Time a step; fail where it takes longer than `most` seconds."""
        started = time.monotonic()
        try:
            yield
        except (Error, Failed, AssertionError) as error:
            raise Failed(f"{name}: {str(error).splitlines()[0]}") from error
        self.steps[name] = round(time.monotonic() - started, 2)
        if most is not None and self.steps[name] > most:
            raise Failed(f"{name}: took {self.steps[name]} s, at most {most} s")

    def run(self) -> None:
        self.arrives_and_is_taken()
        self.number_is_stopped()
        self.undone_never_leaves()
        self.rumour_is_held_and_approved()
        self.sent_once_with_its_promise()

    def customer_writes(self, text: str) -> None:
        self.demo.comment("Smoke Testesen", text)

    def arrives_and_is_taken(self) -> None:
        """A post on the network is on the agent's screen without a reload, and taken."""
        self.anna.open("/?list=all")
        question = f"Stemmer det at dere legger ned butikken? {self.mark}"
        with self.step("arrives", self.demo.poll + 2):
            self.customer_writes(question)
            self.anna.see(self.mark)
        with self.step("taken"):
            self.anna.open_thread(self.mark)
            self.anna.take()

    def number_is_stopped(self) -> None:
        """A national number is marked and cannot be sent."""
        number = "19121212-1212"
        with self.step("stopped"):
            self.anna.write(f"Personnumret är {number}, stämmer det?")
            expect(number in self.anna.marked("block"), "the number is not marked")
            self.anna.page.wait_for_selector("[data-send][aria-disabled=true]")
            self.anna.page.keyboard.press("Control+Enter")
        self.never_out(number)

    def undone_never_leaves(self) -> None:
        """Taken back within the window, it never reaches the network."""
        # Declines and refers: whatever else is said beside a rumour, the models may hold.
        text = f"Hei! Det kommenterer vi ikke. Nyheter om butikkene legges ut på pressesiden vår, {self.mark}."
        with self.step("undone"):
            self.anna.write(text)
            self.anna.press_send("Send")
            self.anna.undo()
        self.undone = text

    def rumour_is_held_and_approved(self) -> None:
        """In a thread tagged as rumour a confirmation is held; the lead approves it; it leaves once."""
        text = f"Ja, det stemmer, vi stenger i mars, {self.mark}."
        with self.step("held"):
            self.anna.tag("Rumour")
            self.anna.write(text)
            self.anna.press_send("Ask for approval")
            self.anna.page.wait_for_selector(".message.ours:has-text('For approval')")
        expect(self.demo.times_out(text) == 0, "a held reply is out")
        with self.step("approved"):
            self.lea.open("/board/")
            self.lea.page.locator(".panel-body", has_text=text).locator("button", has_text="Approve").first.click()
            self.anna.page.wait_for_selector(".message.ours:has-text('Going out')")
        self.break_something()
        self.leaves_once("sent_approved", text)

    def sent_once_with_its_promise(self) -> None:
        """A reply with a promise is out within the undo window + 3 s, exactly once, and the promise is a follow-up."""
        self.customer_writes(f"Og hvor er fakturaen min? Igjen {self.mark}")
        text = f"Vi sjekker fakturaen og gir beskjed i morgen, {self.mark}."
        self.anna.open("/?list=all")
        self.anna.see(f"Igjen {self.mark}")
        self.anna.open_thread(f"Igjen {self.mark}")
        self.anna.take()
        self.anna.write(text)
        self.anna.press_send("Send")
        self.leaves_once("sent", text)
        with self.step("follow_up"):
            self.anna.page.wait_for_selector(f".desk-side:has-text('To follow up'):has-text('{self.mark}')")
        expect(self.demo.times_out(self.undone) == 0, "the undone reply is out")

    def leaves_once(self, name: str, text: str) -> None:
        """On the network exactly once, and shown as sent without a reload; a doubt is settled as a person would."""
        costs = FAULT_COSTS if self.fault else 0
        with self.step(name, self.demo.undo + 3 + costs):
            self.wait_for(lambda: self.demo.times_out(text) > 0 or self.settle_doubt(text), self.demo.undo + 3 + costs)
        with self.step(f"{name}_shown"):
            self.anna.page.wait_for_selector(f".message.ours:has-text('{text}'):has-text('Sent')", timeout=90_000)
        expect(self.demo.times_out(text) == 1, f"{name}: out {self.demo.times_out(text)} times")

    def settle_doubt(self, text: str) -> bool:
        """Where the screen says "may be out", look at the network and press the button that is true."""
        doubtful = self.anna.page.locator(".message.ours", has_text=text).locator("text=May be out")
        if not doubtful.count():
            return False
        button = "it is out" if self.demo.times_out(text) else "send again"
        self.anna.page.locator(".message.ours", has_text=text).locator("button", has_text=button).click()
        return False

    def break_something(self) -> None:
        """A moment before the reply leaves."""
        if self.fault:
            self.anna.page.wait_for_timeout(max(self.demo.undo - 1, 0) * 1000)
            self.demo.break_part(self.fault)

    def never_out(self, text: str) -> None:
        expect(self.demo.times_out(text) == 0, "what the rules stop is out")

    def wait_for(self, truth: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not truth():
            expect(time.monotonic() < deadline, f"not within {seconds:.0f} s")
            self.anna.page.wait_for_timeout(150)


def expect(truth: bool, otherwise: str) -> None:
    if not truth:
        raise Failed(otherwise)


def main(fault: str) -> int:
    if fault and fault not in FAULTS:
        print(f"FAULT is one of {', '.join(FAULTS)}, not {fault!r}.")
        return 2
    try:
        demo = Demo.running()
    except StartError as error:
        print(error)
        return 2
    with chromium() as browser:
        smoke = Smoke(demo, Person(browser, demo, "anna"), Person(browser, demo, "lea"), fault)
        result: dict[str, object] = {"ok": True, "fault": fault}
        try:
            smoke.run()
            expect(not smoke.anna.complaints, f"the page complained: {smoke.anna.complaints[:1]}")
        except Failed as error:
            result |= {"ok": False, "failed": str(error)}
            smoke.anna.page.screenshot(path="test-results/smoke.png")
    print(json.dumps(result | {"seconds": smoke.steps}))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(os.environ.get("FAULT", "")))
