"""The targets with what Hypothesis makes of the words of their languages: other inputs than a fuzzer comes to, for a few seconds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import stream
from tests.fuzz.corpus import kept
from tests.fuzz.stream import HEAD, with_head
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS
from tests.handlers.recorded import messages

EXAMPLES = 60
WHOLE = [entry.raw or b"" for entry in messages("07-ivr-queue-second-agent")]
HEADS = st.binary(min_size=HEAD, max_size=HEAD)


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Words, kept inputs and bytes, one after the other."""
    known = sorted(kept(target.name).values())
    parts = st.sampled_from(target.words or (b"\x1f\x8b",)) | st.binary(max_size=12) | st.sampled_from(known)
    return st.lists(parts, max_size=12).map(b"".join).map(lambda data: data[: target.longest])


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_do_no_harm(name: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(inputs(TARGETS[name]))
    def holds(data: bytes) -> None:
        TARGETS[name].run(data)

    holds()


@settings(max_examples=EXAMPLES, deadline=None)
@given(HEADS, st.lists(st.sampled_from(WHOLE), max_size=40))
def test_events_in_any_order_and_number_at_any_pace_do_no_harm(head: bytes, raws: list[bytes]) -> None:
    for name in ("stream", "limits"):
        TARGETS[name].run(head + b"".join(raws))


@settings(max_examples=EXAMPLES, deadline=None)
@given(HEADS, st.lists(st.tuples(st.sampled_from(WHOLE), st.integers(0, 900), st.binary(max_size=20)), max_size=30))
def test_nor_do_events_with_other_bytes_in_them(head: bytes, spoilt: list[tuple[bytes, int, bytes]]) -> None:
    raws = [raw[:at] + bytes_ + raw[at:] for raw, at, bytes_ in spoilt]
    for name in ("stream", "limits"):
        TARGETS[name].run(head + b"".join(raws))


def test_a_call_of_nothing_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    TARGETS["stream"].run(with_head(b"".join(WHOLE)))
    monkeypatch.setattr(stream, "NEWCHANNEL", b"Event: Nothing")
    with pytest.raises(AssertionError, match="a call of nothing"):
        TARGETS["stream"].run(with_head(b"".join(WHOLE)))
