"""The whitelist, and help while typing."""

from __future__ import annotations

import pytest
from blotter_guard.completion import complete, inspect
from blotter_guard.registry import Registry
from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.grammar import parse


def test_every_example_is_right():
    for name, specification in SPECIFICATIONS.items():
        assert parse(specification.example).name == name == specification.name
        assert specification.summary.endswith(".")


def test_every_widget_is_on_the_whitelist_and_nothing_else():
    import blotter_guard.widgets  # noqa: F401
    from blotter_guard.registry import REGISTRY

    assert set(REGISTRY.specifications()) == set(SPECIFICATIONS)


def test_every_widget_says_what_it_shows():
    from blotter_guard import widgets
    from blotter_guard.widgets.base import BlotterWidget

    for name in SPECIFICATIONS:
        assert not getattr(widgets, name).__abstractmethods__, name

    class Unread(BlotterWidget):
        """Shows nothing."""

    with pytest.raises(TypeError, match="read"):
        Unread(None)


def test_a_class_is_built_with_client_and_arguments():
    class ImageViewer:
        def __init__(self, client, *, image):
            self.given = (client, image)

    registry = Registry()
    registry.add(ImageViewer)
    made = registry.build(parse('ImageViewer(image="IMG-000001")', registry.specifications()), "client")
    assert made.given == ("client", "IMG-000001")


def test_a_name_that_is_not_in_the_table_cannot_be_registered():
    with pytest.raises(ValueError, match="SPECIFICATIONS"):
        Registry().add(type("Evil", (), {}))


def test_a_name_cannot_be_taken_twice():
    registry = Registry()
    registry.add(type("Sign", (), {}))
    with pytest.raises(ValueError, match="twice"):
        registry.add(type("Sign", (), {}))


@pytest.mark.parametrize(
    ("code", "matches", "start"),
    [
        ("", sorted(SPECIFICATIONS), 0),
        ("Image", ["ImageBrowser", "ImageLog", "ImageViewer"], 0),
        ("# note\nsi", ["Sign"], 7),
        ("ImageViewer(", ["image="], 12),
        ("ImageViewer(i", ["image="], 12),
        ('ImageViewer(image="IMG-000001", ', [], 32),
        ("os.system(", [], 10),
    ],
)
def test_completion(code, matches, start):
    reply = complete(code, len(code), SPECIFICATIONS)
    assert (reply["matches"], reply["cursor_start"], reply["cursor_end"]) == (matches, start, len(code))


def test_inspection():
    assert 'Sign(result="RES-000001")' in inspect("Sign(", 3, SPECIFICATIONS)["data"]["text/plain"]
    assert not inspect("print(", 3, SPECIFICATIONS)["found"]
