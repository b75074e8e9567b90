from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors import answer
from connectors.answer import Unreadable


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": "\\u00e5"}', {"a": "å"}),
        ('\ufeff{"a": 1}'.encode(), {"a": 1}),
        (b'{"a": "x\\u0000y"}', {"a": "x�y"}),
        (b'{"a": "\\ud83d"}', {"a": "�"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": "\xff"}', {"a": "�"}),
        (b'{"a": "tab\tand\x01"}', {"a": "tab\tand\x01"}),
        (b'{"a\\u0000": NaN, "b": -Infinity, "c": 1e999}', {"a�": None, "b": None, "c": None}),
        (b'{"id": 1111111111111111111}', {"id": 1111111111111111111}),
        (b'{"id": 11111111111111111111111}', {"id": "11111111111111111111111"}),
    ],
)
def test_what_cannot_be_stored_is_cleaned_and_the_rest_is_kept(body: bytes, value: object) -> None:
    assert answer.decode(body) == value


def test_a_number_too_long_for_python_costs_nothing_else() -> None:
    assert answer.decode(b'{"a": %s, "b": "kept"}' % (b"9" * 10_000)) == {"a": "9" * 10_000, "b": "kept"}


@pytest.mark.parametrize("bracket", [("[", "]"), ('{"a":', "}"), ('["]",', "]")])
def test_a_bottomless_part_is_cut_and_its_neighbours_are_kept(bracket: tuple[str, str]) -> None:
    deep = bracket[0] * 20_000 + "1" + bracket[1] * 20_000
    found = answer.decode(f'{{"data": [{{"id": "1", "odd": {deep}}}, {{"id": "2", "text": "kept [{{"}}]}}'.encode())
    data = answer.as_list(answer.as_object(found, "it")["data"], "data")
    assert [answer.as_object(one, "it")["id"] for one in data] == ["1", "2"]
    assert answer.as_object(data[1], "it")["text"] == "kept [{"
    json.dumps(found)


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"nul", b"[" * 50_000, b"{" * 50_000, b"]" * 5, b'"', b"\x80"])
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        answer.decode(body)
    assert caught.value.__context__ is None


def test_every_string_is_hidden_that_has_to_be() -> None:
    found = answer.decode(
        b'{"next": "https://x/?token=abc", "in": [{"deep": "abc"}]}', lambda text: text.replace("abc", "*")
    )
    assert found == {"next": "https://x/?token=*", "in": [{"deep": "*"}]}


@pytest.mark.parametrize(("value", "id"), [("12_3", "12_3"), (12, "12"), ("m_a-b.c:d$e=", "m_a-b.c:d$e=")])
def test_an_id_is_text_whatever_it_came_as(value: object, id: str) -> None:
    assert answer.as_id(value, "id") == id


@pytest.mark.parametrize("value", [None, "", True, 1.5, [], {}, "a b", "a/b", "..", ".", "a?b", "a\n", "å", "x" * 121])
def test_what_could_not_stand_in_an_address_is_no_id(value: object) -> None:
    with pytest.raises(Unreadable):
        answer.as_id(value, "id")
    assert answer.known_id({"id": value}, "id") == ""


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T08:00:00+0000",
        "2026-11-20T08:00:00.000Z",
        "2026-11-20T09:00:00+01:00",
        "2026-11-20T08:00:00",
        1795161600,
    ],
)
def test_times_are_in_utc(value: object) -> None:
    assert answer.as_time(value, "time") == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "soon", True, [], 1e300, -1e300, 10**30, "0001-01-01T00:00:00+2300"])
def test_what_is_no_time_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        answer.as_time(value, "time")
    assert answer.known_time({"at": value}, "at") is None


def test_decorations_of_the_wrong_type_are_nothing() -> None:
    odd = {"a": 5, "b": "x", "c": [1, {"d": 2}], "e": True}
    assert (answer.part(odd, "a"), answer.words(odd, "a"), answer.number(odd, "b")) == ({}, "", None)
    assert (answer.parts(odd, "c"), answer.parts(odd, "b"), answer.number(odd, "e")) == ([{"d": 2}], [], None)


def test_one_odd_entry_does_not_cost_the_others() -> None:
    good, bad = answer.sorted_out(
        [{"id": "1"}, 5, {"id": []}, {"id": "2"}], lambda raw: answer.as_id(raw.get("id"), "id")
    )
    assert good == ["1", "2"]
    assert [(one.raw, one.reason) for one in bad] == [(5, "the entry is not an object"), ({"id": []}, "id is no id")]
