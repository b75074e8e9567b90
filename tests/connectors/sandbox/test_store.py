"""What is kept, and what is undone."""

from pathlib import Path

import pytest

from connectors.sandbox.store import Store


def fail_half_way(store: Store) -> None:
    with store.transaction():
        store.put("a", 1)
        with store.transaction():
            store.put("b", 1 // 0)


def test_a_failed_transaction_leaves_nothing_and_tells_who_remembers() -> None:
    store, told = Store(":memory:"), []
    store.on_rollback.append(lambda: told.append(True))
    with pytest.raises(ZeroDivisionError):
        fail_half_way(store)
    assert store.get("a", None) is None
    assert told == [True]
    store.close()


def test_counters_never_give_a_number_twice(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite3")
    assert [store.count("n"), store.count("n", 10), store.count("n")] == [1, 2, 12]
    store.close()
    again = Store(tmp_path / "s.sqlite3")
    assert again.count("n") == 13
    again.close()


def test_emptying_keeps_the_tables() -> None:
    store = Store(":memory:")
    store.put("a", 1)
    store.empty()
    assert store.get("a", "gone") == "gone"
    store.put("a", 2)
    assert store.get("a", None) == 2
    store.close()
