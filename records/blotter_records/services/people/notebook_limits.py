"""What may be run in a notebook: what its template allows; without one, all or nothing, as policy says."""

from __future__ import annotations

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.notebooks import NotebookLimit, NotebookTemplate
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Notebook
from blotter_records.errors import Refused

_NO_AD_HOC = "It was made from no template, which policy notebooks.ad_hoc does not allow."
_AD_HOC = "There is no such widget."


def limit_of(notebook: Notebook | None, policies: Policies) -> NotebookLimit:
    """Return what may be run in a notebook, or (None) outside of any.

    Parameters
    ----------
    notebook : Notebook or None
    policies : Policies
        Of the person's session.
    """
    pinned = notebook.template if notebook is not None else None
    if pinned is None:
        is_allowed = policies.allows_ad_hoc
        return NotebookLimit(
            widgets=sorted(SPECIFICATIONS) if is_allowed else [], why_not=_AD_HOC if is_allowed else _NO_AD_HOC
        )
    widgets = [one for one in pinned["widgets"] if one in SPECIFICATIONS]
    named = f"template “{pinned['name']}” ({pinned['template']}.{pinned['version']})"
    return NotebookLimit(widgets=widgets, why_not=f"It was made from the {named}, which allows {', '.join(widgets)}.")


def template_of(notebook: Notebook) -> NotebookTemplate | None:
    """Return from which version of a template a notebook was made; None for an ad hoc one."""
    pinned = notebook.template
    if pinned is None:
        return None
    return NotebookTemplate(
        template=pinned["template"], name=pinned["name"], version=pinned["version"], sha256=pinned["sha256"]
    )


def check_ad_hoc(notebook: Notebook | None, policies: Policies) -> None:
    """Refuse a notebook that is made from no template where policy does not allow it.

    Raises
    ------
    Refused
        ``refused.ad_hoc``.
    """
    if (notebook is None or notebook.template is None) and not policies.allows_ad_hoc:
        raise Refused(
            "refused.ad_hoc",
            "A notebook is made from an effective template here (policy notebooks.ad_hoc is off).",
            "Choose one of the templates.",
        )
