"""Values that are quickly made are what frozen dataclasses are."""

import inspect
import pickle
from copy import copy
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from handlers.frozen import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    x: int = 1
    y: int


def test_it_is_filled_by_place_and_by_name_with_its_defaults() -> None:
    assert Point(1) == Point(1, 2) == Point(y=2, x=1) != Point(1, 3)
    assert (Named(y=5).x, Named(y=5).y) == (1, 5)
    assert repr(Point(1)) == "Point(x=1, y=2)"
    assert hash(Point(1)) == hash(Point(1, 2))


@pytest.mark.parametrize("value", [Point(1), Named(y=1)])
def test_nobody_can_change_it(value: Point | Named) -> None:
    with pytest.raises(FrozenInstanceError):
        value.x = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del value.x
    assert value.x == 1


def test_its_class_is_its_own_from_the_first_moment_on() -> None:
    assert type(Point(1)) is Point
    assert not hasattr(Point(1), "__dict__")


def test_it_is_copied_pickled_and_replaced_as_before() -> None:
    assert copy(Point(1)) == pickle.loads(pickle.dumps(Point(1))) == replace(Point(7), x=1) == Point(1)


def test_it_asks_for_the_same_parameters_as_before() -> None:
    @dataclass(frozen=True, slots=True)
    class Plain:
        x: int
        y: int = 2

    def parameters(made: type) -> list[tuple[str, object, object]]:
        return [(each.name, each.kind, each.default) for each in inspect.signature(made).parameters.values()]

    assert parameters(Point) == parameters(Plain)
    with pytest.raises(TypeError, match="missing 1 required"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword"):
        Point(1, z=1)  # type: ignore[call-arg]


def test_what_is_more_than_filled_slots_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Made:
        x: list[int] = field(default_factory=list)

    @dataclass(frozen=True, slots=True)
    class Later:
        x: int = field(init=False, default=1)

    @dataclass(frozen=True)
    class WithDict:
        x: int

    @dataclass(frozen=True, slots=True)
    class Child(Point):
        z: int = 1

    for each in (Made, Later, WithDict, Child):
        with pytest.raises(TypeError):
            quickly_made(each)
