"""Topics of names: legible, no two the same, no number in one, and never more than so many."""

import re

import pytest

from daemon.board.topic_names import TOPICS_LIMIT, TopicNames


def test_a_name_is_written_in_latin_letters_and_an_id_goes_before_it() -> None:
    names = TopicNames("queue", ["Отдел продаж", "Поддержка"], {"Поддержка": "help", "Отдел продаж": None})
    assert names["Отдел продаж"] == "queue/otdel-prodazh/state"
    assert names["Поддержка"] == "queue/help/state"
    assert names["else"] is None


def test_a_learned_name_gets_a_topic_once() -> None:
    names = TopicNames("queue", ["support"])
    assert names.learn("Склад") == "queue/sklad/state"
    assert names.learn("Склад") is None
    assert names.learn("support") is None
    assert dict(names.items()) == {"support": "queue/support/state", "Склад": "queue/sklad/state"}


@pytest.mark.parametrize("name", ["74951112233", "8 495 111-22-33 line", "100200"])
def test_a_name_that_is_a_number_gets_none(name: str) -> None:
    names = TopicNames("queue", ["support", "8-495-111-22-33-line"])
    assert names.learn(name) is None
    assert names[name] is None


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("SUPPORT", "support"),
        ("sup/port+#", "sup-port"),
        ("+/#", "queue"),
        ("", "queue"),
        ("\0", "queue"),
        ("日本", "queue"),
    ],
)
def test_a_name_that_is_taken_or_of_which_nothing_can_be_written_ends_in_letters_of_its_own(
    name: str, base: str
) -> None:
    one, other = (TopicNames("queue", ["support", "sup-port"]) for _ in range(2))
    topic = one.learn(name)
    assert topic is not None
    assert re.fullmatch(rf"queue/{base}-[a-z]{{4}}/state", topic)
    other.learn("###")
    assert other.learn(name) == topic, "whatever came before"


def test_a_number_split_by_dashes_is_one_too() -> None:
    assert TopicNames("queue", []).learn("8 495 111-22-33") is None


def test_an_extension_is_no_telephone_number() -> None:
    assert TopicNames("queue", []).learn("600") == "queue/600/state"
    assert TopicNames("queue", []).learn("12345") == "queue/12345/state"


def test_there_is_an_end_to_how_many_are_learned() -> None:
    names = TopicNames("queue", [])
    learned = [names.learn(f"q{number}") for number in range(TOPICS_LIMIT + 50)]
    assert sum(topic is not None for topic in learned) == TOPICS_LIMIT
    assert len(names._refused) == 50
    for number in range(10_000):
        names.learn(f"more{number}")
    assert len(names._refused) == TOPICS_LIMIT
