"""Which state a broker is to be told next: each in its turn, and of all that there are, which it has not heard yet."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from daemon.board.states import State, States


@dataclass(frozen=True, slots=True)
class Telling:
    """What to publish, retained; an empty body clears the topic."""

    topic: str
    body: bytes
    qos: Literal[0, 1]


class StateTurns:
    """What one connection was told of the states; `forget` when it is over."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._shown: dict[str, State] = {}
        self._turns: deque[str] = deque()
        self._news = -1

    @property
    def due_at(self) -> float:
        """When there may be something new, monotonic, if nothing happens before."""
        return self._states.due_at

    def forget(self) -> None:
        """All are to be told anew, as they are then."""
        self._states.renew()
        self._shown.clear()
        self._turns.clear()
        self._news = -1

    def lack(self) -> bool:
        """Is there a state that was not told at all yet?"""
        return not self._states.look().keys() <= self._shown.keys()

    def next(self) -> Telling | None:
        """One that is new, each in its turn, so that with a slow broker none waits for ever. It counts as told.

        Those with QoS 0 come last: nobody answers them, and where a broker sends with Nagle's algorithm, as mosquitto does,
        what follows waits until the subscriber's system acknowledges them by itself, 40 ms.
        """
        states = self._states.look()
        if self._states.news != self._news:
            for gone in self._shown.keys() - states.keys():
                del self._shown[gone]
                return Telling(gone, b"", 1)
        if not self._turns and self._states.news != self._news:
            self._news = self._states.news
            new = [topic for topic, state in states.items() if self._shown.get(topic) is not state]
            self._turns.extend(sorted(new, key=lambda topic: -states[topic].qos))
        while self._turns:
            topic = self._turns.popleft()
            if topic in states:  # it may have gone while it waited
                state = self._shown[topic] = states[topic]
                return Telling(topic, state.body, state.qos)
        return None
