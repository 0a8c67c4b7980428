"""The front page's list: everything that was scanned and analysed of the membrane, and why some of it is not used."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.signing import SignatureView
from blotter_records.contract.unused import InventoryItem
from blotter_records.ports.rendering import Column, Table
from blotter_records.services.reports.wording import NONE, utc
from blotter_records.services.results.inventory import unused
from blotter_records.vocabulary import Action

_COLUMNS = (
    Column("Scan, analysis", is_number=False, share=17),
    Column("What", is_number=False, share=13),
    Column("When (UTC)", is_number=False, share=20),
    Column("By", is_number=False, share=16),
    Column("Status", is_number=False, share=25),
    Column("Used", is_number=False, share=7),
    Column("Why not", is_number=False, share=25),
)


def inventory_tables(items: Sequence[InventoryItem], signatures: Sequence[SignatureView]) -> tuple[Table, ...]:
    """Return the list as a table.

    Parameters
    ----------
    items : sequence of InventoryItem
    signatures : sequence of SignatureView
        Of the result; what was made after its newest submission could not be known to who signed it.
    """
    submitted = max((one.signed_at for one in signatures if one.action is Action.RESULT_SUBMIT), default=None)
    rows = []
    for one in items:
        late = submitted is not None and one.made_at > submitted and not one.used
        rows.append(
            (
                one.name,
                one.kind.value,
                utc(one.made_at),
                one.made_by or NONE,
                one.status,
                "yes" if one.used else "no",
                NONE if one.used else _why(one, is_late=late),
            )
        )
    count = len(unused(items))
    found = (
        f"{len(items)} listed: every exposure, image, draft and saved analysis of the membranes that the images of "
        "this result are of (of an image of no membrane: of its exposure), as the service found them when this was "
        f"printed. {count or 'None'} {'is' if count == 1 else 'are'} not used in this version."
    )
    signed = "Reasons that were given for this result are part of what is signed."
    return (Table("Scans and analyses", _COLUMNS, tuple(rows), notes=(found, signed)),)


def _why(item: InventoryItem, *, is_late: bool) -> str:
    code = f"{item.reason_code}: " if item.reason_code else ""
    given = f"{code}{item.reason} ({item.given_by_name})" if item.reason else ""
    late = "made after the result was submitted" if is_late and not given else ""
    return "; ".join(part for part in (item.standing, given, late) if part) or "no reason was given"
