"""Field expansion taken apart."""

import pytest

from connectors.sandbox.graph.errors import GraphError
from connectors.sandbox.graph.fields import Field, parse


def test_names_modifiers_and_what_is_nested() -> None:
    found = parse("id,from{name},comments.limit(5).summary(true){id,message, comments{id}}")
    assert [field.name for field in found] == ["id", "from", "comments"]
    assert found[1].fields == (Field("name"),)
    assert found[2].args == {"limit": "5", "summary": "true"}
    assert found[2].source == "id,message, comments{id}"
    assert found[2].fields[2].fields == (Field("id"),)


@pytest.mark.parametrize("text", ["", "id,", "id,,message", "from{name", "from{}", "a}b", "comments.limit(5"])
def test_what_cannot_be_read_is_error_2500(text: str) -> None:
    with pytest.raises(GraphError) as refused:
        parse(text)
    assert refused.value.code == 2500
