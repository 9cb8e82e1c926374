"""The values that one label of a metric may take: never more than so many, and never what a caller made up."""

from collections.abc import Iterable, Iterator

OTHER = "other"
LABELS_LIMIT = 50


class LabelNames:
    """Known names, at most `limit` of them, first come first served; everything else is `other`."""

    def __init__(self, names: Iterable[str] = (), limit: int = LABELS_LIMIT) -> None:
        self._limit = limit
        self._known: dict[str, None] = {}
        for name in names:
            self.add(name)

    def __iter__(self) -> Iterator[str]:
        """Every value that the label may take, `other` last."""
        yield from self._known
        yield OTHER

    def add(self, name: str) -> bool:
        """True if the name is new and gets a label of its own."""
        if name in self._known or name == OTHER or len(self._known) >= self._limit:
            return False
        self._known[name] = None
        return True

    def label(self, name: str | None) -> str:
        """The label of a name."""
        return name if name is not None and name in self._known else OTHER
