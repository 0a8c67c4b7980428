"""How each action of the catalogue is asked for over HTTP, in the world of ``matrix_world``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.signing import SigningIntentRequest
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action, ResultStatus, Role
from matrix_world import PASSWORD, WHY, Made, Person, World
from requests_of_endpoints import INSTRUMENT, SCAN
from reviewing import look_through

Json = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """A request; where it is a signed action, ``signs`` is the record and ``body`` the details."""

    method: str
    path: str
    body: Json | None = None
    params: Json | None = None
    content: bytes | None = None
    signs: str = ""


def signed(record: str, reason: str = WHY, **details: Any) -> Ask:
    return Ask("POST", "/signing-intents", body={"details": details, "reason": reason}, signs=record)


def post(path: str, **body: Any) -> Ask:
    return Ask("POST", path, body=body)


def get(path: str, **params: Any) -> Ask:
    return Ask("GET", path, params=params)


@dataclass(frozen=True)
class Case:
    """A triple: who asks for what, of a record in which status."""

    world: World
    person: Person
    status: str | None

    def key(self) -> str:
        return self.world.service.key()

    def image(self, variant: str = "") -> Made:
        assert self.status is not None
        return self.world.image(self.status, variant)

    def result(self) -> str:
        """Return a result that lets nobody be refused for who he or she is, only for role, study and status."""
        assert self.status is not None
        return self.world.result(self.status, self.submitter(), self.reviewer()).result

    def submitter(self) -> Person | None:
        return None

    def reviewer(self) -> Person | None:
        return None

    def saving(self, **more: Any) -> Json:
        return {"reason": WHY, "idempotency_key": self.key(), **more}


@dataclass(frozen=True)
class OwnSubmission(Case):
    """The person who asks submitted the result, where the person could."""

    def submitter(self) -> Person | None:
        able = {Role.ANALYST, Role.SUPERVISOR} & set(self.person.in_study)
        return self.person if able and self.status != ResultStatus.IN_ANALYSIS else None


@dataclass(frozen=True)
class OwnReview(Case):
    """The person who asks took the result for review, where the person could."""

    def reviewer(self) -> Person | None:
        able = {Role.REVIEWER, Role.SUPERVISOR} & set(self.person.in_study)
        early = {ResultStatus.IN_ANALYSIS, ResultStatus.SUBMITTED}
        return self.person if able and self.status not in early else None


#: The cases in which the person matters (requirements C2, column *guard*).
CASES: dict[Action, type[Case]] = {
    Action.RESULT_WITHDRAW: OwnSubmission,
    Action.AUDIT_REVIEW_START: OwnReview,
    Action.AUDIT_REVIEW_TICK: OwnReview,
    Action.RESULT_REVIEW_SIGN: OwnReview,
    Action.RESULT_RETURN: OwnReview,
}
#: Actions that need an analysis to be there: an image that is only acquired has none.
NEEDS_ANALYSIS = frozenset(
    {Action.ANALYSIS_EDIT, Action.ANALYSIS_SAVE, Action.ANALYSIS_RECOMPUTE, Action.RESULT_CREATE}
)
#: Images without annotations are asked for these.
BARE = frozenset({Action.IMAGE_ANNOTATE})


def _reviewed(case: Case) -> str:
    """Return the result, its trail looked through as far as somebody may."""
    result, reviewer = case.result(), case.reviewer()
    if case.status == ResultStatus.IN_REVIEW and reviewer is not None:
        look_through(reviewer.client, result)
    return result


def _sign_own_review(case: Case) -> Ask:
    return signed(_reviewed(case))


def _begin_trail_review(case: Case) -> Ask:
    return post(f"/results/{case.result()}/trail-review", idempotency_key=case.key())


def _tick(case: Case) -> Ask:
    """Ask for a tick of the first group, as the person who took the result sees it."""
    result = _reviewed(case)
    groups = case.world.rosa.trail_review(result, limit=1).groups
    group, sha256 = (groups[0].group, groups[0].sha256) if groups else (f"result:{result}/result.create/done", "0" * 64)
    asked = {"group": group, "sha256": sha256, "is_ticked": True, "comment": WHY}
    return post(f"/results/{result}/trail-review/ticks", idempotency_key=case.key(), **asked)


def _gesture(case: Case) -> Ask:
    """Ask for a rectangle that is a column wider, or narrower, than the one that is there."""
    made = case.image()
    analysis = case.world.anna.analysis(made.analysis)
    column1 = 25 - analysis.shapes[0].rectangle.column1
    shapes = [{"shape": "S1", "label": "", "rectangle": {"row0": 2, "column0": 2, "row1": 12, "column1": column1}}]
    gesture = {"gesture": "shape.resize", "shapes": shapes, "background": {"width": 3}}
    return post(f"/analyses/{made.analysis}/gestures", expected_rev=analysis.rev, idempotency_key=case.key(), **gesture)


def _save(case: Case) -> Ask:
    """Ask to save what has changed since the last version, where something may change."""
    drawn = _gesture(case)
    if case.status in CATALOGUE[Action.ANALYSIS_EDIT].statuses:
        case.world.anna._transport.send("POST", drawn.path, body=drawn.body)
    analysis = case.image().analysis
    rev = case.world.anna.analysis(analysis).rev
    return post(f"/analyses/{analysis}/versions", **case.saving(expected_rev=rev))


def _version_of_image(case: Case) -> int:
    try:
        return case.world.anna.image(case.image().image).version
    except BlotterError:
        return 1  # on hold: it is refused before anybody looks at the version


def _annotate(case: Case, variant: str, suffix: str) -> Ask:
    image = case.image(variant).image
    layer = case.world.anna.annotation(image)
    version = layer.version if layer is not None else 0
    mark = {"mark": "M1", "kind": "text", "row": 1, "column": 1, "text": f"Version {version + 1}"}
    return post(f"/images/{image}/annotations{suffix}", marks=[mark], **case.saving(expected_version=version))


def _display(case: Case) -> Ask:
    image = case.image().image
    shown = case.world.anna.display(image)
    version = shown.version if shown is not None else 0
    body = {"expected_version": version, "low": version, "high": 50_000, "idempotency_key": case.key()}
    return post(f"/images/{image}/display", **body)


def _place(case: Case) -> Ask:
    there = case.world.acquisition_now()
    membrane = None if there.membrane else case.world.membrane
    body = case.saving(membrane=membrane, expected_version=there.version)
    return post(f"/acquisitions/{there.acquisition}/place", **body)


def _transform(case: Case, name: str, **how: Any) -> Ask:
    return post(f"/images/{case.image().image}/{name}", **case.saving(**how))


def _import(case: Case) -> Ask:
    case.world.seed += 1
    counts = np.full((8, 8), case.world.seed, dtype=np.uint16)
    params = {"file_name": "made.tif", "reason": WHY, "study": case.world.study, "idempotency_key": case.key()}
    return Ask("POST", "/images", params=params, content=to_tiff(counts))


def _create_result(case: Case) -> Ask:
    newest = case.world.anna.analysis(case.image().analysis).versions[-1].id
    return post("/results", analyses=[newest], idempotency_key=case.key())


def _result_version(case: Case) -> Ask:
    result = case.world.anna.result(case.result())
    pins = [one.id for one in result.analyses]
    body = case.saving(analyses=pins, expected_rev=result.rev)
    return post(f"/results/{result.result}/versions", **body)


def _flags(case: Case) -> Ask:
    """Ask with a reason for a flag of the first pin: a shape in noise has hardly any signal."""
    result = case.world.anna.result(case.result())
    flag = {"analysis": result.analyses[0].id, "flag": "low SNR", "shape": "S1"}
    return post(f"/results/{result.result}/flags", **case.saving(flags=[flag], expected_rev=result.rev))


def _unused(case: Case) -> Ask:
    """Ask with a reason for a draft on the same image; once a result is submitted no draft can be begun on it."""
    result = case.world.anna.result(case.result())
    item = {"kind": "image", "record": "IMG-999999"}
    if case.status == ResultStatus.IN_ANALYSIS:
        draft = case.world.anna.start_analysis(result.images[0])
        item = {"kind": "draft", "record": draft.analysis, "number": draft.rev}
    return post(f"/results/{result.result}/unused", **case.saving(items=[item], expected_rev=result.rev))


def _resume(case: Case) -> Ask:
    result = case.world.anna.result(case.result())
    return post(f"/results/{result.result}/resumption", **case.saving(expected_rev=result.rev))


def _reassign(case: Case) -> Ask:
    part = "submitter" if case.status == ResultStatus.SUBMITTED else "reviewer"
    role = Role.ANALYST if part == "submitter" else Role.REVIEWER
    names = {Role.ANALYST: "stand.in.analyst", Role.REVIEWER: "stand.in.reviewer"}
    account = case.world.helper(names[role], (role,))
    return signed(case.result(), part=part, account=account)


def _supersede(case: Case) -> Ask:
    result = case.result()
    there = case.world.anna.result(result)
    successor = case.world.successor(result) if there.status is ResultStatus.APPROVED else "RES-000001"
    return signed(result, successor=successor)


def _archive(case: Case) -> Ask:
    result = case.result()
    status = case.world.anna.result(result).status
    fits = status in {ResultStatus.APPROVED, ResultStatus.INVALIDATED, ResultStatus.SUPERSEDED}
    bundle = case.world.ruth.make_bundle(result).export if fits and case.person.held == (Role.RECORDS_MANAGER,) else ""
    return signed(result, bundle=bundle or "EXP-000001")


def _member(case: Case, *, is_member: bool) -> Ask:
    """Ask to add somebody who is no member, or to take out somebody who is one."""
    world = case.world
    account = world.helper("comes.and.goes", (Role.ANALYST,), joins=False)
    there = any(one.account == account for one in world.anna.study(world.study).members)
    if there != is_member:
        if is_member:
            world.service.join(account, Role.ANALYST, study=world.study, keeper=world.ruth)
        else:
            world.service.sign(world.ruth, world.study, Action.STUDY_MEMBER_REMOVE, WHY, account=account)
    if is_member:
        return signed(world.study, account=account)
    return signed(world.study, account=account, roles=["analyst"])


def _hold(case: Case, *, is_set: bool) -> Ask:
    world = case.world
    there = world.anna.study(world.study).hold is not None
    if there != is_set:
        action = Action.RECORD_HOLD_SET if is_set else Action.RECORD_HOLD_RELEASE
        world.service.sign(world.ruth, world.study, action, WHY)
    return signed(world.study)


def _study_edit(case: Case) -> Ask:
    world = case.world
    version = world.anna.study(world.study).version
    body = case.saving(title="Matrix", purpose=f"Version {version}", expected_version=version)
    return post(f"/studies/{world.study}/description", **body)


def _export(case: Case, suffix: str, method: str = "GET") -> Ask:
    return Ask(method, f"/exports/{case.world.bundle}{suffix}")


def _acknowledge(case: Case) -> Ask:
    is_open = [one.notification for one in case.world.mia.notifications()]
    if not is_open:
        case.world.damage_another()
        is_open = [one.notification for one in case.world.mia.notifications()]
    return post(f"/notifications/{is_open[0]}/acknowledgement", comment=WHY)


def _account(case: Case, *, is_active: bool = True, **details: Any) -> Ask:
    name = "stays.active" if is_active else "left.the.house"
    return signed(case.world.helper(name, (Role.ANALYST,), joins=False, is_active=is_active), **details)


def _create_account(case: Case) -> Ask:
    case.world.seed += 1
    name = f"new.person.{case.world.seed}"
    return post("/accounts", user_name=name, printed_name="New Person", roles=["auditor"], reason=WHY)


def _password(case: Case) -> Ask:
    return post(
        "/account/password",
        current_password=case.world.service.password(case.person.name),
        new_password=f"{PASSWORD}-{case.key()}",
    )


def _begin_review(case: Case) -> Ask:
    case.world.without_review()
    return Ask("POST", "/access-reviews")


def _sign_review(case: Case) -> Ask:
    review = case.world.review()
    return signed(review.review, rows=[{"account": row.account, "decision": "keep"} for row in review.rows])


def _changed_account(case: Case, what: str, **new: Any) -> Ask:
    account = case.world.mia.account(case.world.helper("stays.active", (Role.ANALYST,), joins=False))
    body = {"expected_version": account.version, "reason": WHY, **new}
    return Ask("PUT", f"/accounts/{account.account}/{what}", body=body)


def _of_account(case: Case, name: str, what: str, **more: Any) -> Ask:
    account = case.world.helper(name, (Role.ANALYST,), joins=False)
    return post(f"/accounts/{account}/{what}", reason=WHY, **more)


def _rule(case: Case) -> Ask:
    case.world.seed += 1
    with case.world.service.services.ports.ledger.begin() as work:
        version = work.latest("configuration:CFG-000001").rev
    emails = [f"qa{case.world.seed}@example.org"]
    body = {"severity": "warning", "emails": emails, "expected_version": version, "reason": WHY}
    return Ask("PUT", "/notification-rules/account.expiring", body=body)


def _acquire(case: Case) -> Ask:
    instrument = case.world.idle_instrument()
    body = {"study": case.world.study, "settings": SCAN, "idempotency_key": case.key()}
    return post(f"/instruments/{instrument}/acquisitions", **body)


def _edit_instrument(case: Case) -> Ask:
    there = case.world.ivan.instrument(case.world.instrument("draft"))
    body = {**INSTRUMENT, "name": f"Imager {case.key()}", "serial": there.serial, "expected_rev": there.rev}
    return post(f"/instruments/{there.instrument}/description", **body)


def _edit_template(case: Case) -> Ask:
    draft = case.world.draft
    body = {**_TEMPLATE, "purpose": f"For dots {case.key()}", "expected_rev": draft.rev, "reason": WHY}
    return post(f"/templates/{draft.template}/draft", **body)


def _edit_protocol(case: Case) -> Ask:
    draft = case.world.draft_protocol
    method = {"purpose": f"For dots {case.key()}"}
    return post(f"/protocols/{draft.protocol}/draft", method=method, expected_rev=draft.rev, reason=WHY)


_TEMPLATE = {
    "purpose": "For dots",
    "cells": [{"cell_type": "code", "id": "c1", "source": "ImageBrowser()"}],
    "widgets": ["ImageBrowser"],
    "roles": ["analyst"],
}
_CALIBRATION = {"done_on": "2026-01-05", "due_on": "2099-01-05", "certificate": "K-1"}
_LETTER = {"file_name": "letter.pdf", "sent_on": "2026-01-05", "address": "FDA", "reason": WHY}
_TRAINING = {"role": "reviewer", "title": "Reviewing blots", "document": "T-1", "done_on": "2026-01-05"}
_IDENTITY = {"method": "passport shown in person", "document": "P1"}
_ROLE = {"label": "Scanner", "purpose": "", "actions": ["image.list", "study.view"], "across": []}

#: The same for everybody, whatever there is.
FIXED: dict[Action, Ask] = {
    Action.CONFIGURATION_VIEW: get("/configuration"),
    Action.INSTRUMENT_VIEW: get("/instruments"),
    Action.LOG_USER_VIEW: get("/trail/users"),
    Action.NOTEBOOK_VIEW: get("/notebooks"),
    Action.NOTIFICATION_VIEW: get("/notifications"),
    Action.PERSON_VIEW: get("/people"),
    Action.POLICY_EDIT: signed("CFG-000001", values={"reason.min_chars": 12}),
    Action.PROPOSAL_VIEW: get("/proposals"),
    Action.PROTOCOL_VIEW: get("/protocols"),
    Action.ROLE_CREATE: signed("CFG-000001", name="scanner", **_ROLE),
    Action.SESSION_END: Ask("DELETE", "/session"),
    Action.SESSION_VIEW: get("/session"),
    Action.SIGNATURE_INTEND: get(f"/signing-intents/{'A' * 43}"),
    Action.LETTER_RECORD: Ask("POST", "/letters", params=_LETTER, content=b"To whom it may concern"),
    Action.SIGNATURE_REQUIREMENT_EDIT: signed("CFG-000001", action="result.approve", comment=True),
    Action.TASK_VIEW: get("/tasks"),
    Action.TEMPLATE_VIEW: get("/templates"),
    Action.TOTP_ENROL: Ask("POST", "/account/totp"),
    Action.USER_VIEW: get("/accounts"),
    Action.WIDGET_WHITELIST_EDIT: signed("CFG-000001", role="analyst", widgets=["ImageBrowser"]),
}
ASKS: dict[Action, Callable[[Case], Ask]] = {
    Action.ACCOUNT_REPORT_COMPROMISE: lambda c: post("/account/compromise", reason=f"{WHY} {c.key()}"),
    Action.ACQUISITION_EDIT: _place,
    Action.ANALYSIS_EDIT: _gesture,
    Action.ANALYSIS_EXPORT: lambda c: post(
        f"/analyses/{c.world.image('in_analysis').analysis}/versions/1/files", form="csv"
    ),
    Action.ANALYSIS_RECOMPUTE: lambda c: Ask("POST", f"/analyses/{c.image().analysis}/recomputation"),
    Action.ANALYSIS_SAVE: _save,
    Action.ANALYSIS_START: lambda c: post("/analyses", image=c.image().image, idempotency_key=c.key()),
    Action.ANALYSIS_VIEW: lambda c: get(f"/images/{c.world.image('in_analysis').image}/analyses"),
    Action.BUNDLE_EXPORT: lambda c: Ask("POST", f"/results/{c.world.result('approved').result}/bundle"),
    Action.BUNDLE_VERIFY: lambda c: _export(c, "/verification", "POST"),
    Action.EXPORT_DOWNLOAD: lambda c: _export(c, "/file"),
    Action.IMAGE_ACQUIRE_ABORT: lambda c: post(f"/acquisitions/{c.world.acquiring()}/abort", reason=WHY),
    Action.IMAGE_ACQUIRE_START: _acquire,
    Action.IMAGE_ANNOTATE: lambda c: _annotate(c, "bare", ""),
    Action.IMAGE_ANNOTATION_EDIT: lambda c: _annotate(c, "", "/versions"),
    Action.IMAGE_ASSIGN_STUDY: lambda c: post(
        f"/images/{c.image().image}/study",
        **c.saving(study=c.world.other_study, expected_version=_version_of_image(c)),
    ),
    Action.IMAGE_DISPLAY_SAVE: _display,
    Action.IMAGE_EXPORT: lambda c: get(f"/images/{c.image().image}/file"),
    Action.IMAGE_IMPORT: _import,
    Action.IMAGE_INVALIDATE: lambda c: signed(c.image().image, deviation="DEV-2"),
    Action.IMAGE_LIST: lambda c: get(f"/images/{c.world.image('in_analysis').image}/annotations"),
    Action.IMAGE_METADATA_EDIT: lambda c: post(
        f"/images/{c.image().image}/metadata",
        **c.saving(title=c.key(), channel="700 nm", expected_version=_version_of_image(c)),
    ),
    Action.IMAGE_TRANSFORM_CROP: lambda c: _transform(c, "crop", row0=0, column0=0, row1=4, column1=4),
    Action.IMAGE_TRANSFORM_DENOISE: lambda c: _transform(c, "denoise", size=3),
    Action.IMAGE_TRANSFORM_FLIP: lambda c: _transform(c, "flip", axis="rows"),
    Action.IMAGE_TRANSFORM_ROTATE: lambda c: _transform(c, "rotate", degrees=90),
    Action.IMAGE_VIEW: lambda c: get(f"/images/{c.image().image}"),
    Action.INSTRUMENT_CALIBRATION_RECORD: lambda c: signed(c.world.instrument("registered"), **_CALIBRATION),
    Action.INSTRUMENT_EDIT: _edit_instrument,
    Action.INSTRUMENT_REGISTER: lambda c: signed(c.world.instrument("draft")),
    Action.INSTRUMENT_RETIRE: lambda c: signed(c.world.idle_instrument()),
    Action.INTEGRITY_RELEASE: lambda c: signed(c.image().image),
    Action.LOG_IMAGE_VIEW: lambda c: get(f"/images/{c.world.image('in_analysis').image}/trail"),
    Action.LOG_STUDY_VIEW: lambda c: get(f"/studies/{c.world.study}/trail"),
    Action.MEMBRANE_SAVE: lambda c: post(
        "/membranes", **c.saving(study=c.world.study, name=c.key(), kind="gel", lanes=[])
    ),
    Action.NOTEBOOK_SAVE: lambda c: Ask(
        "PUT", f"/notebooks/{c.person.name}.ipynb", body={"expected_version": 0, "cells": []}
    ),
    Action.NOTIFICATION_ACKNOWLEDGE: _acknowledge,
    Action.NOTIFICATION_RULE_EDIT: _rule,
    Action.PASSWORD_CHANGE: _password,
    Action.PROBING_SAVE: lambda c: post("/probings", **c.saving(membrane=c.world.membrane, kind="probe", reagents=[])),
    Action.PROPOSAL_COUNTERSIGN: lambda c: signed(c.world.proposal()),
    Action.PROPOSAL_DECLINE: lambda c: post(f"/proposals/{c.world.proposal()}/decline", reason=WHY),
    Action.RECORD_COMPARE: lambda c: get("/comparison", first=f"{c.world.sample}.1", second=f"{c.world.sample}.1"),
    Action.RECORD_HOLD_RELEASE: lambda c: _hold(c, is_set=True),
    Action.RECORD_HOLD_SET: lambda c: _hold(c, is_set=False),
    Action.RECORD_SEARCH: lambda c: get("/records", kind="sample", study=c.world.study),
    Action.REPORT_GENERATE: lambda c: Ask("POST", f"/results/{c.world.result('approved').result}/report"),
    Action.RESULT_APPROVE: lambda c: signed(c.result()),
    Action.RESULT_ARCHIVE: _archive,
    Action.RESULT_CREATE: _create_result,
    Action.RESULT_INVALIDATE: lambda c: signed(c.result(), deviation="DEV-3"),
    Action.RESULT_REASSIGN: _reassign,
    Action.RESULT_FLAG_ANSWER: _flags,
    Action.RESULT_RESUME: _resume,
    Action.RESULT_RETURN: lambda c: signed(c.result()),
    Action.AUDIT_REVIEW_START: _begin_trail_review,
    Action.AUDIT_REVIEW_TICK: _tick,
    Action.RESULT_REVIEW_SIGN: _sign_own_review,
    Action.RESULT_REVIEW_START: lambda c: Ask("POST", f"/results/{c.result()}/review"),
    Action.RESULT_SUBMIT: lambda c: signed(c.result()),
    Action.RESULT_SUPERSEDE: _supersede,
    Action.RESULT_UNUSED_ANSWER: _unused,
    Action.RESULT_VERSION_ADD: _result_version,
    Action.RESULT_VIEW: lambda c: get(f"/results/{c.world.result('approved').result}"),
    Action.RESULT_WITHDRAW: lambda c: signed(c.result()),
    Action.RETENTION_EDIT: lambda c: signed(c.world.study, retention_class=c.key(), years=10),
    Action.ROLE_EDIT: lambda c: signed("CFG-000001", name=c.world.site_role, **{**_ROLE, "label": "Site reader"}),
    Action.ROLE_RETIRE: lambda c: signed("CFG-000001", name=c.world.site_role),
    Action.SAMPLE_SAVE: lambda c: post("/samples", **c.saving(study=c.world.study, name=c.key())),
    Action.STUDY_CREATE: lambda c: post("/studies", title=c.key(), kind="gxp", reason=WHY, idempotency_key=c.key()),
    Action.STUDY_EDIT: _study_edit,
    Action.STUDY_MEMBER_ADD: lambda c: _member(c, is_member=False),
    Action.STUDY_MEMBER_REMOVE: lambda c: _member(c, is_member=True),
    Action.STUDY_VIEW: lambda c: get(f"/studies/{c.world.study}"),
    Action.PROTOCOL_CREATE: lambda c: post("/protocols", name=f"Dots {c.key()}", method={"purpose": "For dots"}),
    Action.PROTOCOL_EDIT: _edit_protocol,
    Action.PROTOCOL_EFFECTIVE: lambda c: signed(c.world.draft_protocol.protocol),
    Action.PROTOCOL_RETIRE: lambda c: signed(c.world.unused_protocol().protocol),
    Action.TEMPLATE_CREATE: lambda c: post("/templates", name=f"Dots {c.key()}", **_TEMPLATE),
    Action.TEMPLATE_EDIT: _edit_template,
    Action.TEMPLATE_EFFECTIVE: lambda c: signed(c.world.draft.template),
    Action.TEMPLATE_RETIRE: lambda c: signed(c.world.unused_template().template),
    Action.TOTP_REMOVE: lambda c: post(f"/accounts/{c.world.with_code()}/totp-removal", reason=WHY),
    Action.USER_ACCESS_REVIEW_SIGN: _sign_review,
    Action.USER_ACCESS_REVIEW_START: _begin_review,
    Action.USER_ACTIVATE: lambda c: signed(c.world.pending()),
    Action.USER_CREATE: _create_account,
    Action.USER_DEACTIVATE: _account,
    Action.USER_DOSSIER_EXPORT: lambda c: get(
        f"/accounts/{c.world.helper('stays.active', (Role.ANALYST,), joins=False)}/dossier"
    ),
    Action.USER_EXPIRY_SET: lambda c: _changed_account(c, "expiry", expires_on=f"2099-01-0{c.world.next}"),
    Action.USER_IDENTITY_VERIFY: lambda c: _account(c, **_IDENTITY),
    Action.USER_PASSWORD_RESET: lambda c: _of_account(c, "forgets.much", "password-reset"),
    Action.USER_PROFILE_EDIT: lambda c: _changed_account(c, "profile", printed_name=f"Stays Active {c.world.next}"),
    Action.USER_TRAINING_RECORD: lambda c: _of_account(c, "stays.active", "trainings", **_TRAINING),
    Action.USER_UNLOCK: lambda c: post(f"/accounts/{c.world.locked()}/unlock", reason=WHY),
    Action.USER_REACTIVATE: lambda c: _account(c, is_active=False),
    Action.USER_ROLE_ASSIGN: lambda c: _account(c, role="supervisor"),
    Action.USER_ROLE_REMOVE: lambda c: _account(c, role="analyst"),
}


def ask_for(action: Action, case: Case) -> Ask:
    """Return the request of a triple."""
    return FIXED[action] if action in FIXED else ASKS[action](case)


def intent(action: Action, ask: Ask) -> SigningIntentRequest:
    """Return what a signing page is asked for."""
    assert ask.body is not None
    return SigningIntentRequest(record=ask.signs, action=action, **ask.body)
