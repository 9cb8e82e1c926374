"""Each event is of one class, in true streams and in what is believed."""

import pytest

from handlers.ami.decode import WANTED
from handlers.ami.privileges import privilege_of
from tests import recordings
from tests.handlers import taped
from tests.handlers.recorded import messages

TRUE = [name for name in recordings.NAMES if name != "28b-injected-numbers"]


def classes_of(raws: list[bytes]) -> set[tuple[bytes, bytes]]:
    """Names and second lines of the wanted events, items of lists left out."""
    lines = [raw.split(b"\r\n", 2)[:2] for raw in raws if raw.startswith(b"Event: ")]
    found = {(first.removeprefix(b"Event: "), second) for first, second in lines if second.startswith(b"Privilege: ")}
    return {(name, told) for name, told in found if name in WANTED | {b"VarSet", b"Newexten"}}


@pytest.mark.parametrize("name", TRUE)
def test_each_event_of_a_recording_is_of_the_class_that_is_believed(name: str) -> None:
    found = classes_of([entry.raw or b"" for entry in messages(name)])
    assert found
    assert [(event, told) for event, told in found if told != privilege_of(event)] == []


@pytest.mark.parametrize("tape", taped.TAPES)
def test_each_event_of_a_tape_is_of_the_class_that_is_believed(tape: str) -> None:
    found = classes_of(taped.raws(tape))
    assert found
    assert [(event, told) for event, told in found if told != privilege_of(event)] == []
