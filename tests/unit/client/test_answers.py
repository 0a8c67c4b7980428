"""What the client makes of an answer that it cannot read."""

import pytest
from blotter_records.client.calls import read_answer
from blotter_records.contract.notebooks import WidgetsView
from blotter_records.errors import Unavailable


@pytest.mark.parametrize("content", [b"", b"null", b"{", b'{"mine": 3}', b"\xff"])
@pytest.mark.parametrize("kind", [WidgetsView, list[WidgetsView]])
def test_an_answer_that_cannot_be_read_is_an_error_of_ours(kind, content):
    with pytest.raises(Unavailable) as raised:
        read_answer(kind, content)
    assert raised.value.code == "unavailable.answer"
    assert "releases" in raised.value.diagnostics()
