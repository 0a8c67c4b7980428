"""The whitelist: which widget class stands behind each name that a cell may call.

What a cell may say (names, arguments, examples) is `blotter_records.contract.commands.SPECIFICATIONS`; a widget class
joins its row with the decorator::

    @widget
    class ImageViewer(BlotterWidget):
        def __init__(self, client: RecordsClient, *, image: str) -> None: ...

A class without a row is refused when it is imported; a row without a class is not on the whitelist of this kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from blotter_records.contract.commands import SPECIFICATIONS, Command, WidgetSpecification

T = TypeVar("T", bound=type[Any])


class Registry:
    """Widget classes by the name that a cell calls.

    Parameters
    ----------
    specifications : mapping of str to WidgetSpecification
        Every name that may be registered.
    """

    def __init__(self, specifications: Mapping[str, WidgetSpecification] = SPECIFICATIONS) -> None:
        self._specifications = specifications
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
        return {name: row for name, row in self._specifications.items() if name in self._classes}

    def build(self, command: Command, client: Any) -> Any:
        """Make the widget that a cell asked for: ``cls(client, **arguments)``.

        Parameters
        ----------
        command : Command
            A parsed cell.
        client : RecordsClient
            The kernel's client of the records API.
        """
        values = {key: getattr(command.arguments, key) for key in type(command.arguments).model_fields}
        return self._classes[command.name](client, **values)


#: The registry of this kernel; filled when `blotter_guard.widgets` is imported.
REGISTRY = Registry()


def widget(cls: T) -> T:
    """Put a widget class on the whitelist (see `Registry.add`)."""
    REGISTRY.add(cls)
    return cls
