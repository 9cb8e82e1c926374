"""The settings as they were given, one source over the other, and from which source each value came."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.environment import ENVIRONMENT
from config.keys import PATHS, Key, variable
from config.problems import Fault, KeyPath, Problem, key_text, printable

Table = dict[str, Any]


@dataclass
class Layers:
    """The file's values with the environment's over them.

    `bare` are the keys of the file whose value names a file without any folder. `problems` and `warnings` gather what is found on the way; both name the source that is to be mended.
    """

    file: str
    values: Table
    from_environment: set[tuple[str, ...]] = field(default_factory=set)
    bare: frozenset[tuple[str, str]] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def overlay(self, values: Mapping[str, Any]) -> None:
        """Lay the environment's values over the file's."""
        self.from_environment.update(_leaves(values))
        _lay_over(self.values, values)

    def add(self, fault: Fault) -> None:
        """Note a fault as the problem of the source that has it."""
        self.problems.append(self.problem(fault.path, fault.message, fault.cure))

    def warn(self, path: KeyPath, message: str, cure: str) -> None:
        """Note what can be lived with, but should be looked at."""
        self.warnings.append(self.problem(path, message, cure))

    def problem(self, path: KeyPath, message: str, cure: str) -> Problem:
        """A problem at that key, with the file or the environment variable that it was read from."""
        for length in range(len(path), 0, -1):
            leaf = tuple(str(part) for part in path[:length])
            if leaf in self.from_environment:
                rest = key_text(path[length:])
                return Problem(ENVIRONMENT, variable(leaf) + (f" {rest}" if rest else ""), message, cure)
        return Problem(self.file, key_text(self._named(path)), message, cure)

    def _named(self, path: KeyPath) -> KeyPath:
        """The path with the names of trunks and the like in place of their numbers."""
        if len(path) > 1 and isinstance(path[1], int):
            tables = self.values.get(str(path[0]))
            table = tables[path[1]] if isinstance(tables, list) and path[1] < len(tables) else None
            name = table.get("name") if isinstance(table, dict) else None
            if isinstance(name, str) and name:
                return (path[0], name, *path[2:])
        return path

    def get(self, section: str, name: str) -> object:
        """The raw value of a key, or None."""
        table = self.values.get(section)
        return table.get(name) if isinstance(table, dict) else None

    def is_bare(self, section: str, name: str) -> bool:
        """Does the key's value name a file without any folder, as a secret would that was put there by mistake?"""
        if self.is_from_environment(section, name):
            return "/" not in str(self.get(section, name))
        return (section, name) in self.bare

    def is_from_environment(self, section: str, name: str) -> bool:
        """Was the key's value read from a variable?"""
        return (section, name) in self.from_environment

    def put(self, key: Key, value: object) -> None:
        """Set a key; its section is made if there is none."""
        table = self.values.setdefault(key.section, {})
        if isinstance(table, dict):
            table[key.name] = value

    def drop(self, section: str, *names: str) -> None:
        """Forget keys."""
        table = self.values.get(section)
        if isinstance(table, dict):
            for name in names:
                table.pop(name, None)


def bare_names(values: Table) -> frozenset[tuple[str, str]]:
    """The keys for files whose value has no folder in it."""
    return frozenset(
        (section, name)
        for section, name in PATHS
        if isinstance(table := values.get(section), dict) and "/" not in str(table.get(name, "/"))
    )


def anchored(values: Table, folder: Path) -> Table:
    """The file's values with its relative paths meant from its own folder."""
    for section, name in PATHS:
        table = values.get(section)
        if isinstance(table, dict) and isinstance(table.get(name), str) and table[name].strip():
            table[name] = str(folder / table[name])
    return values


def file_name(path: Path) -> str:
    """The file as it is called in messages."""
    return printable(str(path))


def _lay_over(below: Table, above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _lay_over(below[key], value)
        else:
            below[key] = value


def _leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)
