"""Turns a person's dossier into the text of a report."""

from __future__ import annotations

import hashlib

from blotter_records.contract.accounts import DossierView
from blotter_records.contract.signing import SignatureView
from blotter_records.ports.rendering import Fact, LogPart, LogRow, ReportDocument
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.reports.report_document import signature_part
from blotter_records.services.reports.wording import NONE, utc, utc_zone


def compose_dossier(view: DossierView, imprint: Imprint, *, printed_by: str, data: bytes) -> ReportDocument:
    """Return the dossier as a report; ``data`` is the JSON that goes with it."""
    account = view.account
    signatures = [SignatureView.model_validate(one) for one in view.signatures]
    return ReportDocument(
        title=f"Signature dossier of {account.printed_name}",
        subtitle=f"{account.user_name} ({account.account})",
        status=account.status.value.capitalize(),
        marks=imprint.marks(),
        notice="Static copy. The electronic records in the system, their audit trail and signatures prevail.",
        digest_label="Digest of the attached dossier.json (SHA-256)",
        digest=hashlib.sha256(data).hexdigest(),
        facts=_facts(view),
        signatures=tuple(signature_part(one, one.version) for one in signatures),
        no_signatures="This person has signed nothing.",
        images=(),
        logs=(_history(view),),
        seal=(),
        seal_text="Each signature says whether its entry is sealed; a bundle carries the checkpoint that covers it.",
        seal_lines=(),
        copy=(
            Fact("Printed by", printed_by),
            Fact("Printed at", utc_zone(view.made_at)),
            Fact("Software", imprint.software),
            Fact("Installation", imprint.origin),
            Fact("Attached", "dossier.json (everything in this dossier as stored)"),
        ),
        printed=f"Printed {utc(view.made_at)} UTC by {printed_by} · {imprint.software}",
    )


def _facts(view: DossierView) -> tuple[Fact, ...]:
    account, identity = view.account, view.account.identity
    verified = (
        f"{identity.method}; {identity.document}; by {identity.verified_by_name}, {utc(identity.at)} UTC"
        if identity
        else "not verified"
    )
    accepted = "; ".join(
        f"{one['at'][:19].replace('T', ' ')} UTC, {one['signature'] or 'without a signature'}: “{one['text']}”"
        for one in view.statements
    )
    trainings = "; ".join(
        f"{one.role_label}: {one.title} ({one.document}), {one.done_on}"
        + (f" until {one.expires_on}" if one.expires_on else "")
        for one in account.trainings
    )
    return (
        Fact("Printed name", account.printed_name),
        Fact("User name", account.user_name),
        Fact("E-mail", account.email or NONE),
        Fact("Roles", ", ".join(account.roles) or NONE),
        Fact("Added", f"{utc(account.created_at)} UTC by {account.created_by_name}"),
        Fact("Expires", str(account.expires_on) if account.expires_on else "never"),
        Fact("Identity", verified + ("; has to be verified again" if account.identity_due else "")),
        Fact("Statement accepted", accepted or "never"),
        Fact("Trainings", trainings or NONE),
        Fact("Signatures", str(len(view.signatures))),
    )


def _history(view: DossierView) -> LogPart:
    rows = tuple(
        LogRow(
            number=str(one["revision"]),
            time=one["at"][:23].replace("T", " "),
            who=one["by"],
            who_detail="",
            action=one["action"],
            outcome="done",
            record=f"{view.account.account} rev {one['revision']}",
            lines=tuple(
                Fact(name, one[key])
                for name, key in (("what", "summary"), ("reason", "reason"), ("signature", "signature"))
                if one[key]
            ),
        )
        for one in view.history
    )
    return LogPart("History of the account", f"{len(rows)} revisions, oldest first, all of them.", rows)
