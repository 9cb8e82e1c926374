"""What the daemon's stream last said, and whether it may be believed now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

Link = Literal["connecting", "live", "no_daemon", "no_pbx"]
# An HTTP date knows no less than a second: a smaller difference of two clocks is none.
_SKEW_LEAST_S = 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far it may be believed: only `live` is. `since`: epoch seconds by the daemon's clock, or None; `why`: a reason in words."""

    link: Link
    since: float | None = None
    why: str = ""


def moment(text: object) -> float | None:
    """Epoch seconds of an ISO moment; None of what is none."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None


class Heard:
    """The latest of every topic. `at` is a moment of our clock (epoch seconds), everything told one of the daemon's."""

    def __init__(self, hint: str = "") -> None:
        self.hint = hint
        """What to say beside that nothing is heard."""
        self._topics: dict[str, Any] = {}
        self._skew_s = 0.0
        self._lost: Verdict | None = None
        self.is_complete = False
        """Was everything told once, since the connection is there?"""
        self.told_at: float | None = None
        """The moment that the latest message bears."""
        self._about: dict[str, Any] = {}

    def begin(self, skew_s: float) -> None:
        """A connection is there; the daemon's clock is `skew_s` ahead of ours. What was told on an older one is of no use any more."""
        self._topics.clear()
        self._skew_s = skew_s if abs(skew_s) >= _SKEW_LEAST_S else 0.0
        self._lost, self.is_complete = None, False

    def lose(self, at: float, why: str) -> None:
        """The connection is gone, or did not come about. The first moment of that stays."""
        since = self.server_time(at) if self._lost is None else self._lost.since
        self._lost, self.is_complete = Verdict("no_daemon", since, why), False

    def take(self, topic: str, body: bytes) -> None:
        """A message. What is none of ours changes nothing."""
        if not body:
            self._topics.pop(topic, None)
            return
        try:
            told = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        if isinstance(told, dict):
            self.told_at = moment(told.get("ts")) or self.told_at
        elif topic != "missed/count":
            return
        self._topics[topic] = told
        if topic == "bridge/info":
            self._about = told

    def complete(self) -> None:
        """Everything was told once."""
        self.is_complete = True

    def server_time(self, at: float) -> float:
        """The moment by the daemon's clock."""
        return at + self._skew_s

    def get(self, topic: str) -> dict[str, Any] | None:
        """What a topic says, or None."""
        found = self._topics.get(topic)
        return found if isinstance(found, dict) else None

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """What the topics `kind/…/state` say."""
        for topic, told in self._topics.items():
            if topic.startswith(f"{kind}/") and topic.endswith("/state") and isinstance(told, dict):
                yield told

    @property
    def about(self) -> dict[str, Any]:
        """What `bridge/info` said, on this connection or an older one: it outlives both."""
        return self._about

    @property
    def zone(self) -> tzinfo:
        """The site's time zone; UTC as long as it is not known."""
        try:
            return ZoneInfo(str(self._about.get("timezone", "UTC")))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC

    def verdict(self) -> Verdict:
        """How far it may be believed now."""
        if self._lost is not None:
            return self._lost
        health = self.get("bridge/health")
        if health is None:
            return Verdict("connecting")
        return Verdict("live") if health.get("ami") == "ready" else Verdict("no_pbx", moment(health.get("since")))
