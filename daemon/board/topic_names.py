"""The topics of things that have a name: `queue/<key>/state`. No number, and nothing that a stranger chose, gets into one."""

import hashlib
import re
from collections.abc import Iterable, Mapping

from config.topic_keys import topic_key

TOPICS_LIMIT = 200
# A queue that the PBX named by a telephone number; its own extension has up to five digits.
_NUMBER = re.compile(r"\d(?:-?\d){5}")


class TopicNames:
    """The topics of one kind of thing, by name; at most `TOPICS_LIMIT`, and no two names have one."""

    def __init__(self, kind: str, names: Iterable[str], keys: Mapping[str, str | None] | None = None) -> None:
        self._kind = kind
        self._topics: dict[str, str] = {}
        self._refused: set[str] = set()
        for name in names:
            self._topics[name] = self._topic((keys or {}).get(name) or topic_key(name))

    def _topic(self, key: str) -> str:
        return f"{self._kind}/{key}/state"

    def __getitem__(self, name: str) -> str | None:
        """The topic of a name, or None."""
        return self._topics.get(name)

    def items(self) -> Iterable[tuple[str, str]]:
        """Names and their topics."""
        return self._topics.items()

    def learn(self, name: str) -> str | None:
        """The topic of a name that the PBX told and the settings do not have. None: it can have none, or has one already.

        Where nothing of it can be written, or what is written is another's already, it ends in letters that are always the same for
        the name. A telephone number has none: the settings may give it an `id`.
        """
        if name in self._topics or name in self._refused:
            return None
        key = topic_key(name)
        wanted = [key] if is_fit_for_topic(key) else []
        if _NUMBER.search(key) is None:
            wanted.append(f"{key or self._kind}-{_letters(name)}")
        taken = set(self._topics.values())
        topic = next((topic for each in wanted if (topic := self._topic(each)) not in taken), None)
        if topic is None or len(self._topics) >= TOPICS_LIMIT:
            if len(self._refused) < TOPICS_LIMIT:
                self._refused.add(name)
            return None
        self._topics[name] = topic
        return topic


def _letters(name: str) -> str:
    """Four letters, of which nobody reads a number."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return "".join(chr(ord("a") + each % 26) for each in digest[:4])


def is_fit_for_topic(key: str) -> bool:
    """Is there anything in the key, and no telephone number?"""
    return bool(key) and _NUMBER.search(key) is None
