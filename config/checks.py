"""What no single value shows: names given twice, queues that would share a topic, numbers with two owners.

Works on the values as they were read, so that these faults are told beside those of types, in one go.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from config.problems import Fault, KeyPath, quoted
from config.topic_keys import topic_key

Values = Mapping[str, Any]

_NAMED = ("trunks", "sources", "departments")
# What ringtally itself calls whatever has no name of its own (contract, sections 2 and 7).
_TAKEN = {"trunks": "other", "sources": "other", "departments": "none"}
_OWNED = (
    ("trunks", "channels"),
    ("sources", "dids"),
    ("departments", "queues"),
    ("departments", "extensions"),
    ("departments", "dids"),
)


def faults_in(values: Values) -> Iterator[Fault]:
    """The faults that lie between values; a value of a wrong type is passed over, for it is told elsewhere."""
    for section in _NAMED:
        yield from _repeated_names(section, values)
    for section, name in _OWNED:
        yield from _two_owners(section, name, values)
    yield from _colliding_queues(values)
    for section in ("trunks", "departments"):
        yield from _colliding_names(section, values)
    yield from _half_an_identity(values)


def _half_an_identity(values: Values) -> Iterator[Fault]:
    """A certificate proves nothing without its key."""
    mqtt = values.get("mqtt")
    if isinstance(mqtt, dict):
        for name, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
            if mqtt.get(name) is None and mqtt.get(other) is not None:
                yield Fault(("mqtt", name), f"is missing beside {other}", "add it; both may be in one file")


def _tables(section: str, values: Values) -> Iterator[tuple[int, Values]]:
    tables = values.get(section)
    for place, table in enumerate(tables if isinstance(tables, list) else []):
        if isinstance(table, dict):
            yield place, table


def _names(section: str, values: Values) -> Iterator[tuple[int, str]]:
    for place, table in _tables(section, values):
        name = table.get("name")
        if isinstance(name, str):
            yield place, name


def _repeated_names(section: str, values: Values) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, name in _names(section, values):
        path = (section, place, "name")
        if name in seen:
            yield Fault(path, f"{quoted(name)} is there twice", "give each a name of its own, or make them one")
        if topic_key(name) == _TAKEN[section]:
            yield Fault(path, f"{quoted(name)} is what ringtally calls the rest", "choose another name")
        seen.add(name)


def _two_owners(section: str, name: str, values: Values) -> Iterator[Fault]:
    owners: dict[str, int] = {}
    for place, table in _tables(section, values):
        given = table.get(name)
        entries = given if isinstance(given, list) else []
        for index, entry in enumerate(entries):
            if not isinstance(entry, str):
                continue
            owner = owners.setdefault(entry, place)
            path = (section, place, name, index)
            if owner != place:
                other = dict(_names(section, values)).get(owner, str(owner + 1))
                yield Fault(path, f"{quoted(entry)} belongs to {quoted(other)} too", "leave it in one of them")
            elif entry in entries[:index]:
                yield Fault(path, f"{quoted(entry)} is there twice", "remove one of them")


def _colliding_queues(values: Values) -> Iterator[Fault]:
    queues = values.get("queues")
    keys: list[_TopicKey] = []
    for name, queue in queues.items() if isinstance(queues, dict) else ():
        given = queue.get("id") if isinstance(queue, dict) else None
        keys.append(_TopicKey(("queues", name), name, given if isinstance(given, str) else topic_key(name)))
    yield from _collisions(keys, 'give it an id of its own, e.g. id = "sales"')


def _colliding_names(section: str, values: Values) -> Iterator[Fault]:
    places: dict[str, int] = {}
    for place, name in _names(section, values):
        # A name given twice has been told already.
        places.setdefault(name, place)
    keys = [_TopicKey((section, place, "name"), name, topic_key(name)) for name, place in places.items()]
    yield from _collisions(keys, "give it another name")


class _TopicKey(NamedTuple):
    path: KeyPath
    name: str
    key: str


def _collisions(keys: list[_TopicKey], cure: str) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for path, name, key in keys:
        if not key and name.strip():
            yield Fault(path, f"{quoted(name)} has nothing in it that a topic could be named after", cure)
        elif key in owners:
            yield Fault(path, f'has the topic key "{key}" of {quoted(owners[key])} too', cure)
        elif key:
            owners[key] = name
