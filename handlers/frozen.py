"""Frozen values that are as quick to make as plain ones."""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

Value = TypeVar("Value")


def quickly_made(cls: type[Value]) -> type[Value]:
    """Let a frozen dataclass with slots be made in a third of the time; nothing else about it changes.

    dataclasses' own `__init__` has to carry each field around its ban on setting one. Here a value is filled while it is of a
    class with the same slots and no ban, and becomes one of `cls` with the last step: nobody ever sees it before. Raises
    TypeError for a class that asks for more than filled slots: a base, a `__post_init__`, a field that is no parameter.
    """
    frozen: Any = cls
    parts = fields(frozen)
    by_name = all(part.kw_only for part in parts)
    plain = all(part.init and part.default_factory is MISSING and part.kw_only is by_name for part in parts)
    names = tuple(part.name for part in parts)
    if (
        not plain
        or getattr(cls, "__slots__", None) != names
        or frozen.__bases__ != (object,)
        or hasattr(frozen, "__post_init__")
    ):
        raise TypeError(f"{cls.__name__} is more than slots that are filled")
    defaults = {part.name: part.default for part in parts if part.default is not MISSING}
    parameters = ["self", *("*" for _ in range(by_name))]
    parameters += [f"{name}=defaults['{name}']" if name in defaults else name for name in names]
    filled = "".join(f"    self.{name} = {name}\n" for name in names)
    known: dict[str, Any] = {
        "defaults": defaults,
        "become": object.__setattr__,
        "Draft": type(cls.__name__, (), {"__slots__": names}),
        "Frozen": cls,
    }
    exec(  # noqa: S102 - as dataclasses makes its own; the names are those of our fields
        f"def __init__({', '.join(parameters)}):\n    become(self, '__class__', Draft)\n{filled}    self.__class__ = Frozen\n",
        known,
    )
    frozen.__init__ = known["__init__"]
    return cls
