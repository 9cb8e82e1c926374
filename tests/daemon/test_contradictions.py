"""After an event of nobody the PBX is asked again, and after nothing else."""

from daemon.contradictions import Contradictions
from handlers.facts import EventDoubted, GapEnded


def test_each_event_of_a_channel_that_nobody_knows_is_told_and_no_other_doubt() -> None:
    settled: list[str] = []
    contradictions = Contradictions(settled.append)
    contradictions.take([EventDoubted(1.0, "unknown_channel"), GapEnded(1.0, 0.5, "silent")])
    contradictions.take([EventDoubted(2.0, "ghost_channel"), EventDoubted(2.0, "unknown_channel")])
    assert settled == ["unknown_channel", "unknown_channel"]
