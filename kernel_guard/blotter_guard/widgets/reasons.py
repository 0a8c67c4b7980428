"""How actions ask why: what a widget's reason control needs to know, in the configuration of the person's session."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.sessions import SessionView
from blotter_records.vocabulary import Action


def reasons(session: SessionView, configuration: ConfigurationView, *actions: Action) -> dict[str, Any]:
    """Return the list of reasons and the rules of some actions.

    Returns
    -------
    dict
        ``codes``: list of ``code: what it means``; ``rules``: by action ``{"rule": ..., "from": ...}``, the rule being
        none, optional, required or list, and ``from`` the first version of the record for which it holds.
    """
    rules = {
        row.action.value: {"rule": row.reason.value, "from": row.reason_from}
        for row in configuration.actions
        if row.action in actions
    }
    return {"codes": session.reason_codes, "rules": rules}


def reasons_of(client: RecordsClient, session: SessionView, *actions: Action) -> dict[str, Any]:
    """Return :func:`reasons` for a session, asking for its configuration."""
    return reasons(session, client.configuration(session.configuration), *actions)
