"""A setting that does nothing yet says so, and one that was not touched says nothing."""

import pytest

from config.sections import Settings
from config.yet_to_come import without_effect


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"storage": {"keep": "30d"}}, ("storage", "keep")),
    ],
)
def test_what_was_set_and_does_nothing_yet_is_told(given: dict[str, object], path: tuple[str, ...]) -> None:
    (fault,) = without_effect(Settings.model_validate(given))
    assert fault.path == path
    assert fault.message.startswith("has no effect yet: ")


def test_defaults_are_not_told() -> None:
    assert list(without_effect(Settings())) == []
    assert (
        list(without_effect(Settings.model_validate({"storage": {"path": "a.db"}, "http": {"read_token": "a"}}))) == []
    )
