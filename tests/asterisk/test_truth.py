"""What the phones of the recordings saw gives the durations that were written down for them."""

import json

import pytest

from tests.asterisk.lab.sameness import same
from tests.asterisk.test_live_calls import NAMES
from tests.asterisk.truth import with_the_phones_times
from tests.recordings import FOLDER, expected


@pytest.mark.parametrize("name", NAMES)
def test_the_phones_of_a_recording_saw_what_is_expected_of_it(name: str) -> None:
    truth = [json.loads(line) for line in (FOLDER / name / "truth.jsonl").read_text().splitlines()]
    written = expected(name)["calls"]
    legs, events = ([row[kind] for row in truth if kind in row] for kind in ("leg", "event"))
    seen = with_the_phones_times(expected(name), legs, events)["calls"]
    assert len(seen) == len(written)
    for call, wanted in zip(seen, written, strict=True):
        for field in ("wait_s", "talk_s", "hold_s", "total_s"):
            if field in wanted:
                assert same(field, wanted[field], call[field], 0.05), (call, wanted)
        assert call["started_at"] == pytest.approx(wanted["started_at"], abs=0.01)
