"""A study with records in every status, and people with every role inside and outside of it, made over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import numpy as np
import pyotp
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.client import RecordsClient
from blotter_records.contract.accounts import AccountRequest
from blotter_records.contract.acquiring import AbortRequest, AcquisitionRequest, ScanSettings
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.images import AnnotationRequest
from blotter_records.contract.instruments import InstrumentRequest
from blotter_records.contract.notebooks import Cell
from blotter_records.contract.protocols import ProtocolMethod, ProtocolRequest, ProtocolView
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.reviews import AccessReviewView
from blotter_records.contract.studies import (
    AcquisitionView,
    MembraneRequest,
    ProbingRequest,
    SampleRequest,
    StudyRequest,
)
from blotter_records.contract.templates import TemplateRequest, TemplateView
from blotter_records.errors import IntegrityBroken, Unauthenticated
from blotter_records.vocabulary import Action, ImageStatus, InstrumentStatus, ResultStatus, Role, TemplateStatus
from requests_of_endpoints import INSTRUMENT, SCAN
from service_over_http import Service, shape

WHY = "Made for the authority matrix"
PASSWORD = "Quiet-river-9-north-bend"


@dataclass
class Person:
    """Somebody who asks.

    ``held`` are the roles of the account, ``in_study`` those in the study (empty: no member).
    """

    name: str
    account: str
    held: tuple[Role, ...]
    in_study: tuple[Role, ...]
    client: RecordsClient


@dataclass
class Made:
    """An image with an analysis that no result pins, and a result of it."""

    image: str
    analysis: str = ""
    result: str = ""
    submitter: str = ""
    reviewer: str = ""


@dataclass
class World:
    """What is asked for, and who asks."""

    service: Service
    images: dict[tuple[str, str], Made] = field(default_factory=dict)
    results: dict[tuple[str, str, str], Made] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    seed: int = 0

    def add_person(self, name: str, held: tuple[Role, ...], in_study: tuple[Role, ...], study: str) -> Person:
        """Add an account, change its first password, make it a member."""
        request = AccountRequest(
            user_name=name, printed_name=f"{name.title()} Matrix", roles=[role.value for role in held], reason=WHY
        )
        made = self.mia.create_account(request)
        self.service.activate(self.max, made.account.account, WHY)
        self.service.first_sign_in(name, made.temporary_password, PASSWORD)
        if in_study:
            self.service.join(made.account.account, *in_study, study=study, keeper=self.ruth)
        client = self.service.signed_in(name)
        return Person(name, made.account.account, held, in_study, client)

    def helper(self, name: str, held: tuple[Role, ...], *, joins: bool = True, is_active: bool = True) -> str:
        """Return the account of somebody whom something is done to."""
        if name not in self.accounts:
            made = self.add_person(name, held, held if joins else (), self.study).account
            if not is_active:
                self.both(made, Action.USER_DEACTIVATE)
            self.accounts[name] = made
        return self.accounts[name]

    def recover(self, person: Person) -> None:
        """Give a person a new password after a report of compromise, and verify identity again."""
        made = self.mia.reset_password(person.account, WHY)
        identity = {"method": "passport shown in person", "document": "P1"}
        self.service.sign(self.max, person.account, Action.USER_IDENTITY_VERIFY, WHY, **identity)
        self.seed += 1
        password = f"{PASSWORD}-again-{self.seed}"
        person.client = self.service.signed_in(person.name, made.temporary_password)
        person.client.change_password(made.temporary_password, password)
        self.service.passwords[person.name] = password

    def pending(self) -> str:
        """Return the account of somebody who was added and verified, and is not activated yet."""
        account = self.accounts.get("pending")
        if account is None or self.mia.account(account).status != "pending":
            self.seed += 1
            request = AccountRequest(
                user_name=f"comes.later.{self.seed}", printed_name="Comes Later", roles=["auditor"], reason=WHY
            )
            account = self.accounts["pending"] = self.mia.create_account(request).account.account
            identity = {"method": "passport shown in person", "document": "P1"}
            self.service.sign(self.max, account, Action.USER_IDENTITY_VERIFY, WHY, **identity)
        return account

    def locked(self) -> str:
        """Return the account of somebody who is locked out."""
        account = self.helper("gets.locked", (Role.ANALYST,), joins=False)
        while not self.mia.account(account).is_locked:
            with pytest.raises(Unauthenticated):
                self.service.hub.open_session("gets.locked", "wrong", "10.0.0.7")
        return account

    def with_code(self) -> str:
        """Return the account of somebody who has a second factor."""
        account = self.helper("has.a.code", (Role.ANALYST,), joins=False)
        if not self.mia.account(account).has_totp:
            client = self.service.signed_in("has.a.code")
            factor = pyotp.TOTP(client.offer_totp().secret)
            self.seed += 1  # no code is taken twice, whatever its secret: the next one is that of another step
            client.prove_totp(factor.at(self.service.clock.now() + timedelta(seconds=30 * (self.seed % 3 - 1))))
        return account

    def review(self) -> AccessReviewView:
        """Return an access review that waits to be signed."""
        waiting = [one for one in self.mia.access_reviews() if not one.is_signed]
        return waiting[0] if waiting else self.mia.begin_access_review()

    def without_review(self) -> None:
        """Sign the access review that waits."""
        for one in self.mia.access_reviews():
            if not one.is_signed:
                rows = [{"account": row.account, "decision": "keep"} for row in one.rows]
                self.service.sign(self.mia, one.review, Action.USER_ACCESS_REVIEW_SIGN, rows=rows)

    def both(self, record: str, action: Action, **details: object) -> None:
        """Have both System Managers sign an action."""
        first = self.service.sign(self.mia, record, action, WHY, **details)
        self.service.sign(self.max, first.proposal, Action.PROPOSAL_COUNTERSIGN)

    def take_back(self, client: RecordsClient) -> None:
        """Let nothing wait that a person has proposed."""
        for one in client.proposals():
            if one.may_countersign:
                continue
            client.decline_proposal(one.proposal, WHY)

    def proposal(self) -> str:
        """Return a change of a policy that one System Manager has signed and that waits for another one."""
        waiting = [one.proposal for one in self.mia.proposals() if one.action is Action.POLICY_EDIT]
        if waiting:
            return waiting[0]
        made = self.service.sign(
            self.mia, "CFG-000001", Action.POLICY_EDIT, WHY, values={"password.history": self.next}
        )
        return made.proposal

    @property
    def next(self) -> int:
        """Return another small number each time."""
        self.seed += 1
        return 1 + self.seed % 9

    @cached_property
    def site_role(self) -> str:
        role = {"label": "Reader", "purpose": "", "actions": ["image.list", "study.view"], "across": []}
        self.both("CFG-000001", Action.ROLE_CREATE, name="site_reader", **role)
        return "site_reader"

    def instrument(self, status: str) -> str:
        """Return an instrument that is a draft, or registered and calibrated."""
        name = self.accounts.get(f"{status} instrument")
        if name is None or self.ivan.instrument(name).status != status:
            self.seed += 1
            request = InstrumentRequest(**{**INSTRUMENT, "serial": f"M-{self.seed}"})
            name = self.accounts[f"{status} instrument"] = self.ivan.create_instrument(request).instrument
            if status == InstrumentStatus.REGISTERED:
                self.service.sign(self.ivan, name, Action.INSTRUMENT_REGISTER, WHY)
                days = {"done_on": "2026-01-05", "due_on": "2099-01-05", "certificate": "K-1"}
                self.service.sign(self.ivan, name, Action.INSTRUMENT_CALIBRATION_RECORD, WHY, **days)
        return name

    def idle_instrument(self) -> str:
        """Return an instrument that may be used and is free."""
        name = self.instrument("registered")
        running = self.ivan.instrument(name).acquiring
        if running:
            self.anna.abort_acquisition(running, AbortRequest(reason=WHY))
        return name

    def acquiring(self) -> str:
        """Return an acquisition of the study that was ordered and has not ended."""
        name = self.instrument("registered")
        running = self.ivan.instrument(name).acquiring
        if not running:
            settings = ScanSettings(**SCAN)
            request = AcquisitionRequest(study=self.study, settings=settings, idempotency_key=self.service.key())
            running = self.anna.acquire(name, request).acquisition
        return running

    @property
    def draft(self) -> TemplateView:
        """Return a template as it stands now, of which a draft waits."""
        if "draft" not in self.accounts:
            self.accounts["draft"] = self._template("Draft of the matrix")
        return self.mia.template(self.accounts["draft"])

    def unused_template(self) -> TemplateView:
        """Return a template that is not retired."""
        name = self.accounts.get("unused template")
        if name is None or self.mia.template(name).status is TemplateStatus.RETIRED:
            self.seed += 1
            name = self.accounts["unused template"] = self._template(f"Unused {self.seed}")
        return self.mia.template(name)

    def _template(self, name: str) -> str:
        cells = [Cell(cell_type="code", id="c1", source="ImageBrowser()")]
        request = TemplateRequest(
            name=name, purpose="For dots", cells=cells, widgets=["ImageBrowser"], roles=["analyst"]
        )
        return self.samir.create_template(request).template

    @property
    def draft_protocol(self) -> ProtocolView:
        """Return a protocol as it stands now, of which a draft waits."""
        if "draft protocol" not in self.accounts:
            self.accounts["draft protocol"] = self._protocol("Draft of the matrix")
        return self.mia.protocol(self.accounts["draft protocol"])

    def unused_protocol(self) -> ProtocolView:
        """Return a protocol that is not retired."""
        name = self.accounts.get("unused protocol")
        if name is None or self.mia.protocol(name).status is TemplateStatus.RETIRED:
            self.seed += 1
            name = self.accounts["unused protocol"] = self._protocol(f"Unused {self.seed}")
        return self.mia.protocol(name)

    def _protocol(self, name: str) -> str:
        request = ProtocolRequest(name=name, method=ProtocolMethod(purpose="For dots"))
        return self.samir.create_protocol(request).protocol

    @cached_property
    def bundle(self) -> str:
        return self.anna.make_bundle(self.result("approved").result).export

    @cached_property
    def acquisition(self) -> str:
        return self.anna.image(self.image("in_analysis").image).acquisition

    def acquisition_now(self) -> AcquisitionView:
        wanted = self.acquisition
        there = self.anna.study_contents(self.study).acquisitions
        return next(one for one in there if one.acquisition == wanted)

    def damage_another(self) -> None:
        """Let an alarm be told."""
        self._damage(self._imported())

    # People who make the records: never those who are asked about.

    @cached_property
    def mia(self) -> RecordsClient:
        return self.service.signed_in(Role.SYSTEM_MANAGER)

    @cached_property
    def max(self) -> RecordsClient:
        return self.service.signed_in("max.manager")

    @cached_property
    def ruth(self) -> RecordsClient:
        return self.service.signed_in(Role.RECORDS_MANAGER)

    @cached_property
    def anna(self) -> RecordsClient:
        return self.service.signed_in(Role.ANALYST)

    @cached_property
    def ivan(self) -> RecordsClient:
        return self.service.signed_in(Role.INSTRUMENT_MANAGER)

    @cached_property
    def samir(self) -> RecordsClient:
        return self.service.signed_in(Role.SUPERVISOR)

    @cached_property
    def rosa(self) -> RecordsClient:
        return self.service.signed_in(Role.REVIEWER)

    @cached_property
    def paul(self) -> RecordsClient:
        return self.service.signed_in(Role.APPROVER)

    # Places

    @cached_property
    def study(self) -> str:
        return self._study("Matrix")

    @cached_property
    def other_study(self) -> str:
        return self._study("Elsewhere")

    def _study(self, title: str) -> str:
        lead = self.samir
        request = StudyRequest(title=title, kind="gxp", reason=WHY, idempotency_key=self.service.key())
        study = lead.create_study(request).study
        accounts = {one.user_name: one.account for one in self.mia.people()}
        for name, role in (
            ("anna.analyst", Role.ANALYST),
            ("rosa.reviewer", Role.REVIEWER),
            ("paul.approver", Role.APPROVER),
        ):
            self.service.join(accounts[name], role, study=study, keeper=self.ruth)
        return study

    @cached_property
    def sample(self) -> str:
        key = self.service.key()
        return self.anna.save_sample(SampleRequest(study=self.study, name="Lysate 1", idempotency_key=key)).sample

    @cached_property
    def membrane(self) -> str:
        request = MembraneRequest(
            study=self.study, name="Blot 1", kind="membrane", lanes=[], idempotency_key=self.service.key()
        )
        return self.anna.save_membrane(request).membrane

    @cached_property
    def probing(self) -> str:
        request = ProbingRequest(membrane=self.membrane, kind="probe", reagents=[], idempotency_key=self.service.key())
        return self.anna.save_probing(request).probing

    # Records in a status

    def image(self, status: str, variant: str = "") -> Made:
        """Return an image in a status; ``variant`` ``bare``: without annotations."""
        key = (status, variant)
        if key not in self.images:
            self.images[key] = self._image(ImageStatus(status), variant)
        return self.images[key]

    def still_there(self, status: str, variant: str) -> None:
        """Forget an image whose status, study or layers are not what they were."""
        made = self.images.get((status, variant))
        if made is None or status == ImageStatus.INTEGRITY_HOLD:
            return  # on hold it stays: nobody has the second signature that a release takes
        now = self.anna.image(made.image)
        has_layer = variant == "bare" and self.anna.annotation(made.image) is not None
        if now.status != status or now.study != self.study or has_layer:
            del self.images[status, variant]

    def _image(self, status: ImageStatus, variant: str) -> Made:
        made = Made(self._imported())
        if variant != "bare":
            self._annotate(made.image)
        if status is ImageStatus.ACQUIRED:
            return made
        if status is ImageStatus.INTEGRITY_HOLD:
            self._damage(made.image)
            return made
        made.analysis = self._analysed(made.image)
        if status is ImageStatus.INVALIDATED:
            self.service.sign(self.paul, made.image, Action.IMAGE_INVALIDATE, WHY, deviation="DEV-1")
        elif status is not ImageStatus.IN_ANALYSIS:
            self._lead_to(made, ResultStatus(status.value), self.anna, self.rosa)
        return made

    def _imported(self) -> str:
        self.seed += 1
        counts = np.random.default_rng(self.seed).integers(0, 60_000, (24, 24)).astype(np.uint16)
        return self.anna.import_image(f"made_{self.seed}.tif", WHY, to_tiff(counts), study=self.study).image

    def _annotate(self, image: str) -> None:
        request = AnnotationRequest(expected_version=0, marks=[], reason=WHY, idempotency_key=self.service.key())
        self.anna.annotate(image, request)

    def _analysed(self, image: str, client: RecordsClient | None = None) -> str:
        """Return a new analysis of an image, saved."""
        client = client or self.anna
        analysis = client.start_analysis(image)
        drawn = client.gesture(analysis.analysis, self.service.gesture(analysis, [shape("S1", 2, 2, 12, 12)]))
        request = SaveRequest(expected_rev=drawn.rev, idempotency_key=self.service.key())
        return client.save_analysis(analysis.analysis, request).analysis

    def _damage(self, image: str) -> None:
        path = self.service.services.ports.store.local_path(self.anna.image(image).file_sha256)
        path.chmod(0o644)
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(IntegrityBroken):
            self.anna.image(image)
        # As after a restore: it stays on hold until two people release it.
        path.write_bytes(whole)

    def result(self, status: str, submitter: Person | None = None, reviewer: Person | None = None) -> Made:
        """Return a result in a status, submitted and taken for review by these people."""
        key = (status, submitter.name if submitter else "", reviewer.name if reviewer else "")
        if key not in self.results:
            made = Made(self._imported())
            made.analysis = self._analysed(made.image)
            self._lead_to(
                made,
                ResultStatus(status),
                submitter.client if submitter else self.anna,
                reviewer.client if reviewer else self.rosa,
            )
            self.results[key] = made
        return self.results[key]

    def result_still_there(self, status: str, submitter: Person | None, reviewer: Person | None) -> None:
        """Forget a result whose status is not what it was."""
        key = (status, submitter.name if submitter else "", reviewer.name if reviewer else "")
        made = self.results.get(key)
        if made is not None and self.anna.result(made.result).status != status:
            del self.results[key]

    def _lead_to(self, made: Made, status: ResultStatus, author: RecordsClient, reviewer: RecordsClient) -> None:
        """Take a new result of the image to a status, over the steps that there are."""
        made.result = self._new_result(made.image)
        if status is ResultStatus.IN_ANALYSIS:
            return
        sign, result = self.service.sign, made.result
        sign(author, result, Action.RESULT_SUBMIT)
        if status is ResultStatus.SUBMITTED:
            return
        reviewer.start_review(result)
        if status is ResultStatus.IN_REVIEW:
            return
        if status is ResultStatus.RETURNED:
            sign(reviewer, result, Action.RESULT_RETURN, WHY)
            return
        sign(reviewer, result, Action.RESULT_REVIEW_SIGN)
        if status is ResultStatus.REVIEWED:
            return
        if status is ResultStatus.INVALIDATED:
            sign(self.paul, result, Action.RESULT_INVALIDATE, WHY, deviation="DEV-1")
            return
        sign(self.paul, result, Action.RESULT_APPROVE)
        if status is ResultStatus.SUPERSEDED:
            sign(self.paul, result, Action.RESULT_SUPERSEDE, WHY, successor=self.successor(result))
        if status is ResultStatus.ARCHIVED:
            sign(self.ruth, result, Action.RESULT_ARCHIVE, WHY, bundle=self.ruth.make_bundle(result).export)

    def _new_result(self, image: str, supersedes: str | None = None) -> str:
        saved = self.anna.analysis(self._analysed(image))
        request = ResultRequest(
            analyses=[saved.versions[-1].id], supersedes=supersedes, idempotency_key=self.service.key()
        )
        return self.anna.create_result(request).result

    def successor(self, result: str) -> str:
        """Return an approved result, of another image, made to replace a result."""
        made, sign = self._new_result(self._imported(), supersedes=result), self.service.sign
        sign(self.anna, made, Action.RESULT_SUBMIT)
        self.rosa.start_review(made)
        sign(self.rosa, made, Action.RESULT_REVIEW_SIGN)
        sign(self.paul, made, Action.RESULT_APPROVE)
        return made
