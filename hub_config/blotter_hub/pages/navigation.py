"""The System Management pages and who is led to them; the service decides what is shown there."""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.contract.sessions import SessionView
from blotter_records.vocabulary import Action


@dataclass(frozen=True)
class Section:
    """One page of the side navigation.

    Parameters
    ----------
    name : str
        What a template calls itself (``here``).
    path : str
        Below the hub's base address.
    label, group : str
        As people read them.
    action : Action or None
        Who lacks it is not led here; None: whoever is led to any of these pages.
    """

    name: str
    path: str
    label: str
    group: str
    action: Action | None = None


SECTIONS = (
    Section("overview", "system", "Overview", ""),
    Section("tasks", "system/tasks", "Tasks", "", Action.TASK_VIEW),
    Section("accounts", "system/accounts", "Users", "People", Action.USER_VIEW),
    Section("authority", "system/authority", "Who could do what", "People", Action.USER_VIEW),
    Section("reviews", "system/access-reviews", "Access reviews", "People", Action.USER_VIEW),
    Section("letters", "system/letters", "Certification letter", "People", Action.USER_VIEW),
    Section("roles", "system/roles", "Roles and actions", "Rules", Action.CONFIGURATION_VIEW),
    Section("policies", "system/policies", "Policies", "Rules", Action.CONFIGURATION_VIEW),
    Section(
        "requirements", "system/signature-requirements", "Signature requirements", "Rules", Action.CONFIGURATION_VIEW
    ),
    Section("rules", "system/notification-rules", "Notification rules", "Rules", Action.NOTIFICATION_VIEW),
    Section("widgets", "system/widgets", "Whitelisted widgets", "Rules", Action.CONFIGURATION_VIEW),
    Section("templates", "system/templates", "Notebook templates", "Rules", Action.TEMPLATE_VIEW),
    Section("protocols", "system/protocols", "Analysis protocols", "Rules", Action.PROTOCOL_VIEW),
    Section("user_log", "system/user-log", "User log", "Records", Action.LOG_USER_VIEW),
    Section("images", "system/images", "Images and their logs", "Records", Action.IMAGE_LIST),
    Section("instruments", "system/instruments", "Instruments", "Installation", Action.INSTRUMENT_VIEW),
    Section("status", "system/status", "System status", "Installation", Action.SESSION_VIEW),
    Section("manifest", "system/manifest", "Configuration manifest", "Installation", Action.CONFIGURATION_VIEW),
)

#: Who has one of these is led to the System Management pages.
_LED = frozenset({Action.USER_VIEW, Action.LOG_USER_VIEW, Action.INSTRUMENT_EDIT})


def sections_for(session: SessionView | None) -> list[Section]:
    """Return the pages that a person is led to, in order; none for who manages and audits nothing."""
    if session is None or session.must_change_password or not _LED & set(session.actions):
        return []
    return [one for one in SECTIONS if one.action is None or one.action in session.actions]


def grouped(sections: list[Section]) -> list[tuple[str, list[Section]]]:
    """Return pages under their groups, in order."""
    groups = dict.fromkeys(one.group for one in sections)
    return [(group, [one for one in sections if one.group == group]) for group in groups]
