"""Is what the PBX sends late on its way?

A line may stall and lose nothing: what was sent waits somewhere, and comes all at once. A question of ours is long without an answer
then. What comes, comes in order: what is read before the answer may be nearly as old as what was heard last before the question,
and what is read behind an answer that came at once is not late.
"""

# A moment that is wrong by less is nearly as true as one met in a snapshot; a busy machine stands still for so long now and then.
LATE_S = 2.0


class LateLine:
    """Told of each question, read and answer of one connection, at moments of the monotonic clock; late is what takes `late_s` or more.

    A list counts as answered with its first block, and what follows as going on: the PBX may take its time for a long one.
    """

    def __init__(self, late_s: float = LATE_S) -> None:
        self._late_s = late_s
        self._waits_since: float | None = None
        self._heard_before = 0.0
        self._late_since: float | None = None
        self._noticed_at = 0.0

    def asked(self, now: float, heard: float) -> None:
        """A question is sent; `heard`: when anything was read last."""
        if self._waits_since is None:
            self._waits_since, self._heard_before = now, heard

    def reads(self, now: float) -> None:
        """Something is read, answers or events."""
        if self._late_since is None and self._waits_since is not None and now - self._waits_since >= self._late_s:
            self._late_since, self._noticed_at = self._heard_before, now

    def answered(self, now: float, asked_at: float) -> None:
        """A block of the answer to what was asked at `asked_at`; one that came at once ends being late."""
        if self._late_since is not None and asked_at >= self._noticed_at and now - asked_at < self._late_s:
            self._late_since = None
        if self._waits_since is not None:
            self._waits_since = self._heard_before = now

    def waits_for_nothing(self) -> None:
        """Every question is answered, or given up."""
        self._waits_since = None

    def is_known_at(self, now: float) -> None:
        """A snapshot tells how things are: what is late from here on is so since then."""
        if self._late_since is not None:
            self._late_since = now

    @property
    def is_late(self) -> bool:
        """Was an answer late, and has none come at once since?"""
        return self._late_since is not None

    def late_by_s(self, now: float) -> float:
        """By how much what is read now may be late, at most; 0: it is not."""
        return 0.0 if self._late_since is None else now - self._late_since
