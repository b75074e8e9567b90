"""The organisation's rules, and the check that every reply passes before it leaves. Knows neither inbox nor people.

    from policies.models import Rulebook
    rulebook = Rulebook.objects.in_force().load()               # frozen; starter("company") without a database
    context = Context(visibility="public", language="nb", topic="rumour", at=now, …)   # all a rule may need, frozen
    verdict = check(outgoing, turns, rulebook, context)          # pure: policies.engine

    stored = verdict.to_json()                                   # a TypedDict for a JSON column
    verdict = Verdict.from_json(stored)
    verdict.without(approved_keys)                               # what an approval does not cover (verdict.keys)
    verdict.plus(Violation(…))                                   # a finding the rulebook does not know: supervision
    segments(draft, verdict.violations)                          # the draft in pieces, for the marks on the page
    violation.final                                              # a national or card number: no lead may let it through

`verdict.effect` is send, warn, hold or block; advice and what is only watched leave it at send. `verdict.failed` names
rules that broke down: each is a hold, and an alarm to the admin. A promise is a violation of kind "promise" whose data
carry `due` (ISO text in the time zone of `Context.at`, or "") and `phrase`. Findings speak `Context.agent_language`;
suggestions are in `Context.language`. An outage's suggestion is a sentence to add (`data["append"]`).

`policies.reading.read(text)` tells likely topic, danger and a bare thanks of one incoming message, and
`policies.language.guess(text, prior)` its language.
`Situation.objects.in_force(at)`, `Statement.objects.released(at)` and their `.load()` give what goes into a Context.

Inside, arrows point down: models, cases > engine > matchers > topics > signs > lexicon, patterns, concepts > text.

A matcher is a function and a line in `matchers/__init__.py`; a rule is a row. `training/` needs scikit-learn, nothing
else does; `corpus/` are the labelled cases it reads.
"""
