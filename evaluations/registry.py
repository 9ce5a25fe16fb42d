"""The one registry behind every extension point: an item is one module, named by its stem."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cached_property
from typing import Generic, TypeVar

Item = TypeVar("Item")


class UnknownItem(LookupError):
    """No plug-in of that name; the message lists the known ones."""


class Registry(Generic[Item]):
    """Every public module of ``package`` is one item: the module's attribute ``attribute``.

    Names are module stems in alphabetical order. Modules whose name begins with ``_`` are not
    items. A module without the attribute raises ``AttributeError`` with its name.
    """

    def __init__(self, package: str, attribute: str) -> None:
        self.package = package
        self.attribute = attribute

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The stems of all items."""
        path = importlib.import_module(self.package).__path__
        found = (module.name for module in pkgutil.iter_modules(path) if not module.ispkg)
        return tuple(sorted(name for name in found if not name.startswith("_")))

    def get(self, name: str) -> Item:
        """The item named ``name``; raises :class:`UnknownItem`."""
        if name not in self.names:
            raise UnknownItem(f"no {self.attribute.lower()} named {name!r}; known: {', '.join(self.names)}")
        module = importlib.import_module(f"{self.package}.{name}")
        try:
            item: Item = getattr(module, self.attribute)
        except AttributeError:
            raise AttributeError(f"{module.__name__} must define {self.attribute}") from None
        return item

    def items(self) -> tuple[tuple[str, Item], ...]:
        """All (name, item) pairs, in the order of the names."""
        return tuple((name, self.get(name)) for name in self.names)
