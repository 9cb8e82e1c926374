"""Names as levels of a topic."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.topic_keys import topic_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("support", "support"),
        ("Support_2", "support-2"),
        ("Отдел продаж", "otdel-prodazh"),
        ("Ёжик, Щука & Ко", "ezhik-shchuka-ko"),
        ("Объявления", "obyavleniya"),
        ("Київ", "kiyiv"),
        ("Zürich — Süd", "zurich-sud"),
        ("№ 1", "no-1"),
        ("--a--b--", "a-b"),
        ("客服", ""),
        ("+#/", ""),
        ("", ""),
    ],
)
def test_a_name_becomes_plain_latin(name: str, key: str) -> None:
    assert topic_key(name) == key


@given(st.text())
def test_a_key_is_a_plain_level_or_nothing(name: str) -> None:
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", topic_key(name))


@given(st.text())
def test_a_key_of_a_key_is_the_key(name: str) -> None:
    assert topic_key(topic_key(name)) == topic_key(name)
