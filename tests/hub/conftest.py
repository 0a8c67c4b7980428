"""Fixtures of the hub's tests: ``running_system``, a whole demo system (see ``systems.py``)."""

from systems import running_system

__all__ = ["running_system"]
