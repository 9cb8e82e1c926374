"""Which of the calls that were told is which of those that are expected."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tests.asterisk.lab.sameness import number

Row = dict[str, Any]
# Calls that begin further apart than this were replayed at another time, all of them.
REPLAYED_S = 30
SAME_START_S = 0.5
# Where a start isn't known, the order decides, after all that are known.
_UNKNOWN_START = 1e6


def pair(expected: Sequence[Row], actual: Sequence[Row]) -> list[tuple[int | None, int | None]]:
    """The pairs of indices, by caller and start; None: there is no other.

    What is left is paired by start alone, so that a wrong caller shows as one difference.
    """
    pairs: list[tuple[int, int | None]] = []
    paired_expected: set[int] = set()
    paired_actual: set[int] = set()
    for _, _, _, wanted, told in sorted(_candidates(expected, actual)):
        if wanted not in paired_expected and told not in paired_actual:
            pairs.append((wanted, told))
            paired_expected.add(wanted)
            paired_actual.add(told)
    pairs += [(wanted, None) for wanted in range(len(expected)) if wanted not in paired_expected]
    pairs.sort(key=lambda found: found[0])
    return [*pairs, *((None, told) for told in range(len(actual)) if told not in paired_actual)]


def _candidates(expected: Sequence[Row], actual: Sequence[Row]) -> Iterator[tuple[int, bool, float, int, int]]:
    """What may be a pair, the likelier the less: caller, merged or not, distance of the starts, both indices."""
    expected_starts = [_moment(call.get("started_at")) for call in expected]
    actual_starts = [_moment(call.get("started_at")) for call in actual]
    shift_s = _shift_s(expected_starts, actual_starts)
    for i, (wanted, expected_start) in enumerate(zip(expected, expected_starts, strict=True)):
        for j, (told, actual_start) in enumerate(zip(actual, actual_starts, strict=True)):
            merged = bool(wanted.get("merged_into")) != bool(told.get("merged_into"))
            if actual_start is None or expected_start is None:
                apart = _UNKNOWN_START + abs(i - j)
            else:
                apart = abs(actual_start - shift_s - expected_start)
            if number(told.get("caller")) in map(number, _callers(wanted)):
                yield 0, merged, apart, i, j
            elif apart < SAME_START_S:
                yield 1, merged, apart, i, j


def _shift_s(expected_starts: Sequence[float | None], actual_starts: Sequence[float | None]) -> float:
    expected_known = [start for start in expected_starts if start is not None]
    actual_known = [start for start in actual_starts if start is not None]
    if not expected_known or not actual_known:
        return 0
    shift_s = min(actual_known) - min(expected_known)
    return shift_s if abs(shift_s) > REPLAYED_S else 0


def _moment(value: Any) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()


def _callers(expected: Row) -> list[Any]:
    caller = expected.get("caller")
    return list(caller["any"]) if isinstance(caller, dict) else [caller]
