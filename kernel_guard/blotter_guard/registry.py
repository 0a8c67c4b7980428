"""The whitelist: which widget class stands behind each name that a cell may call.

What a cell may say (names, arguments, examples) is `blotter_records.contract.commands.SPECIFICATIONS`; a widget class
joins its row with the decorator::

    @widget
    class ImageViewer(BlotterWidget):
        def __init__(self, client: RecordsClient, *, image: str) -> None: ...

A class without a row is refused when it is imported; a row without a class is not on the whitelist of this kernel. The
class `ImageViewer` is in the module `image_viewer`, which is imported with the first cell that calls it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from blotter_records.contract.commands import SPECIFICATIONS, Command, WidgetSpecification

T = TypeVar("T", bound=type[Any])


class Registry:
    """Widget classes by the name that a cell calls.

    Parameters
    ----------
    specifications : mapping of str to WidgetSpecification
        Every name that may be registered.
    package : str, optional
        Where the modules are that register the classes.
    """

    def __init__(
        self, specifications: Mapping[str, WidgetSpecification] = SPECIFICATIONS, package: str | None = None
    ) -> None:
        self._specifications = specifications
        self._package = package
        self._classes: dict[str, type[Any]] = {}

    def add(self, cls: type[Any]) -> None:
        """Register a class under its own name.

        Raises
        ------
        ValueError
            The name is not in the table of widgets, or is taken by another class.
        """
        name = cls.__name__
        if name not in self._specifications:
            raise ValueError(f"{name} is not in contract.commands.SPECIFICATIONS")
        if self._classes.setdefault(name, cls) is not cls:
            raise ValueError(f"{name} is registered twice")

    def specifications(self) -> dict[str, WidgetSpecification]:
        """Return the rows that have a class, by name: what this kernel may be asked for."""
        return {name: row for name, row in self._specifications.items() if name in self._classes or self._has(name)}

    def _has(self, name: str) -> bool:
        return self._package is not None and _module_of(self._package, name) is not None

    def build(self, command: Command, client: Any) -> Any:
        """Make the widget that a cell asked for: ``cls(client, **arguments)``.

        Parameters
        ----------
        command : Command
            A parsed cell.
        client : RecordsClient
            The kernel's client of the records API.
        """
        if command.name not in self._classes and self._package is not None:
            imported(self._package, command.name)
        values = {key: getattr(command.arguments, key) for key in type(command.arguments).model_fields}
        return self._classes[command.name](client, **values)


@cache
def _module_of(package: str, name: str) -> str | None:
    """Return which module of a package has a class, by their names; None if there is no such module."""
    module = f"{package}.{re.sub('(?<=[a-z])(?=[A-Z])', '_', name).lower()}"
    return module if importlib.util.find_spec(module) is not None else None


def imported(package: str, name: str) -> Any:
    """Import the module of a class; return the class. Raises ``AttributeError`` if there is none."""
    module = _module_of(package, name)
    if module is None:
        raise AttributeError(f"{package} has no {name}")
    return getattr(importlib.import_module(module), name)  # noqa: TID251 - of a package that import-linter reads whole


#: The registry of this kernel.
REGISTRY = Registry(package="blotter_guard.widgets")


def widget(cls: T) -> T:
    """Put a widget class on the whitelist (see `Registry.add`)."""
    REGISTRY.add(cls)
    return cls
