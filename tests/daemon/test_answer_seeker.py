"""Whose answers the core did not see are asked for, and nothing else is."""

from daemon.answer_seeker import AnswerSeeker
from handlers.facts import AnswersUnseen, EventDoubted


def test_the_channels_of_unseen_answers_are_asked_for() -> None:
    asked: list[str] = []
    seeker = AnswerSeeker(asked.extend)
    seeker.take(
        [EventDoubted(1.0, "unknown_channel"), AnswersUnseen(2.0, ("1.1", "1.2")), AnswersUnseen(2.0, ("1.3",))]
    )
    assert asked == ["1.1", "1.2", "1.3"]
