"""What is written is what was told: every field, once, all or nothing."""

import asyncio
import sqlite3
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.facts import Agent, Call, CallEnded, Direction, Hold, Leg, QueueStay, Result, Talk, Transfer
from storage.batch import MOST_ROWS, write
from storage.calls import find_call, find_calls
from storage.call_filter import CallFilter
from tests.storage.memory import in_memory
from tests.storage.sample_calls import START, a_call, ended, many

# To the year 9999; a float holds milliseconds exactly until long after it.
moments = st.integers(0, 253_402_300_799_999).map(lambda at: at / 1000)
durations = st.integers(0, 10**11).map(lambda duration: duration / 1000)
numbers = st.integers(-(2**63), 2**63 - 1)


def some(kind: type[Any], **known: Any) -> st.SearchStrategy[Any]:
    """Any value of a fact's type, field by field."""
    by_type = {
        "str": st.text(),
        "str | None": st.none() | st.text(),
        "bool": st.booleans(),
        "int | None": st.none() | numbers,
        "float | None": st.none() | moments,
        "float": moments,
    }
    strategies = {
        field.name: known.get(field.name)
        or (durations | st.none() if field.name.endswith("_s") else by_type.get(str(field.type).replace("<class 'float'>", "float"), None))
        for field in fields(kind)
    }
    return st.builds(kind, **{name: strategy for name, strategy in strategies.items() if strategy is not None})


def any_of(words: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(words))
