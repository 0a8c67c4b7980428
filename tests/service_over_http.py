"""The records service as tests use it: connections, gestures, results, signing pages, a clock that can be moved."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from blotter_records.bootstrap import Services
from blotter_records.client import RecordsClient
from blotter_records.contract.accounts import AccountRequest
from blotter_records.contract.analyses import Background, GestureRequest, SaveRequest
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.shapes import Rectangle, Shape
from blotter_records.contract.signing import SigningIntentRequest
from blotter_records.domain.note import SigningKey
from blotter_records.domain.policy_table import DEFAULT_VALUES
from blotter_records.services.operating.demo import DEMO_PASSWORD, PEOPLE
from blotter_records.vocabulary import Action, Gesture, Role
from reviewing import look_through
from sequencing import Sequencing

#: Policies with hashes of a low cost, which no installation can set; sessions outlast a long module.
CHEAP = {
    **DEFAULT_VALUES,
    "password.bcrypt_cost": 4,
    "password.min_age_hours": 0,
    "session.idle_minutes": 60,
    "account.inactive_disable_days": 365,
    "lockout.release": "timed",
    "throttle.attempts": 100,
}
#: The demo's study.
STUDY = "STU-000001"
#: Made once: reading the trusted authorities takes longer than a request.
PLAIN = httpx.create_ssl_context(trust_env=False)
HUB_SECRET = "hub-secret-of-the-test"
CLI_SECRET = "cli-secret-of-the-test"
INSTRUMENT_SECRET = "instrument-secret-of-the-test"


class MovedClock:
    """The database's time, moved."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger
        self.offset = timedelta()

    def now(self) -> datetime:
        return self._ledger.now() + self.offset

    def told(self, moment: datetime) -> datetime:
        return moment + self.offset


@dataclass
class Service:
    """The running service."""

    url: str
    services: Services
    clock: MovedClock
    database: object
    checkpoints: Path
    checkpoint_key: SigningKey
    keys: int = 0
    opened: list[RecordsClient] = field(default_factory=list)
    #: Passwords of people who do not have the demo's.
    passwords: dict[str, str] = field(default_factory=dict)

    def client(self, token: str | None = None, **headers: str) -> RecordsClient:
        """Return a connection with a token."""
        client = RecordsClient(self.url, token=token, headers=headers)
        self.opened.append(client)
        return client

    def sequencing(self) -> Sequencing:
        """Return a sequencer to run in a ``with`` block."""
        return Sequencing(self.database, self.checkpoints, self.checkpoint_key)

    @property
    def hub(self) -> RecordsClient:
        return self.client(f"service:hub:{HUB_SECRET}")

    @property
    def agent(self) -> RecordsClient:
        return self.client(f"service:instrument:{INSTRUMENT_SECRET}")

    @property
    def cli(self) -> RecordsClient:
        said = {"Process": "blotter test, process 1", "Os-User": "root", "Initiator": "somebody"}
        return self.client(f"service:cli:{CLI_SECRET}", **{f"X-Blotter-{name}": value for name, value in said.items()})

    def signed_in(self, who: Role | str, password: str | None = None, **headers: str) -> RecordsClient:
        """Sign somebody in (a role of the demo, or a user name) and return the connection."""
        name = who if not isinstance(who, Role) else next(one.user_name for one in PEOPLE if one.role is who)
        opened = self.hub.open_session(name, password or self.password(name), "10.0.0.7")
        return self.client(opened.token, **headers)

    def password(self, user_name: str) -> str:
        """Return the password of a person."""
        return self.passwords.get(user_name, DEMO_PASSWORD)

    def key(self) -> str:
        self.keys += 1
        return f"key-{self.keys:08d}"

    def entries(self, **wanted) -> list[dict]:
        """Return entries of the trail as stored, oldest first."""
        with self.database.connect("postgres") as connection:
            rows = connection.execute("SELECT entry FROM audit.entry ORDER BY id").fetchall()
        bodies = [json.loads(row[0]) for row in rows]
        return [one for one in bodies if all(one.get(name) == value for name, value in wanted.items())]

    def entry_id(self, **wanted) -> int:
        """Return the id of the newest entry like this."""
        with self.database.connect("postgres") as connection:
            rows = connection.execute("SELECT id, entry FROM audit.entry ORDER BY id DESC").fetchall()
        return next(
            one for one, entry in rows if all(json.loads(entry).get(name) == value for name, value in wanted.items())
        )

    def gesture(self, analysis, shapes, gesture=Gesture.SHAPE_ADD, rev=None, key=None, **background) -> GestureRequest:
        """Return a gesture request after an analysis view."""
        return GestureRequest(
            gesture=gesture,
            expected_rev=analysis.rev if rev is None else rev,
            shapes=shapes,
            background=Background(width=3, **background),
            idempotency_key=key or self.key(),
        )

    def saved(self, client: RecordsClient, image: str = "IMG-000001"):
        """Return a new analysis of an image with one rectangle, saved as version 1."""
        analysis = client.start_analysis(image)
        analysis = client.gesture(analysis.analysis, self.gesture(analysis, [shape("S1", 100, 100, 120, 160)]))
        return client.save_analysis(
            analysis.analysis, SaveRequest(expected_rev=analysis.rev, idempotency_key=self.key())
        )

    def result(self, client: RecordsClient, image: str = "IMG-000001"):
        """Return a new result that pins a new analysis."""
        saved = self.saved(client, image)
        return client.create_result(
            ResultRequest(title="Bands", analyses=[saved.versions[-1].id], idempotency_key=self.key())
        )

    def intend(self, client: RecordsClient, record: str, action, reason: str = "", comment: str = "", **details):
        """Prepare a signing page."""
        return client.create_signing_intent(
            SigningIntentRequest(record=record, action=action, reason=reason, comment=comment, details=details)
        )

    def post(self, intent, user_name: str, password: str = DEMO_PASSWORD, origin: str | None = None) -> httpx.Response:
        """Send the form of a signing page, as its own browser page would."""
        return httpx.post(
            intent.url,
            data={"user_name": user_name, "password": password},
            headers={"Origin": origin or self.url},
            trust_env=False,
            verify=PLAIN,
            timeout=30,
        )

    def sign(self, client: RecordsClient, record: str, action, reason: str = "", **details):
        """Sign an action as the person of a connection; return how the page ended."""
        if action == Action.RESULT_REVIEW_SIGN:
            look_through(client, record)
        intent = self.intend(client, record, action, reason, **details)
        name = client.session().user_name
        answer = self.post(intent, name, self.password(name))
        assert answer.status_code == 200, answer.text
        return client.signing_intent(intent.intent)

    def add(self, user_name: str, printed_name: str, *roles: str, why: str = "New colleague in the western group"):
        """Add an account as the demo's System Managers do: one adds it, the other verifies and activates."""
        request = AccountRequest(
            user_name=user_name, printed_name=printed_name, roles=[str(role) for role in roles], reason=why
        )
        made = self.signed_in(Role.SYSTEM_MANAGER).create_account(request)
        self.activate(self.signed_in("max.manager"), made.account.account)
        return made

    def activate(self, manager: RecordsClient, account: str, why: str = "New colleague in the western group") -> None:
        """Verify a new person's identity, and activate the account, as a System Manager who did not add it."""
        identity = {"method": "passport shown in person", "document": "P1234567"}
        self.sign(manager, account, Action.USER_IDENTITY_VERIFY, why, **identity)
        self.sign(manager, account, Action.USER_ACTIVATE)

    def first_sign_in(self, user_name: str, temporary: str, password: str) -> RecordsClient:
        """Change a temporary password, and accept the accountability statement by signature."""
        client = self.signed_in(user_name, temporary)
        client.change_password(temporary, password)
        self.passwords[user_name] = password
        self.sign(client, client.session().account, Action.POLICY_ACCEPT)
        return client

    def person(self, user_name: str, password: str = "Wide 7 rivers meet here") -> tuple[str, RecordsClient]:
        """Return account and connection of a new Analyst who is ready to sign."""
        made = self.add(user_name, "Petra Person", Role.ANALYST)
        return made.account.account, self.first_sign_in(user_name, made.temporary_password, password)

    def set_policies(self, **values) -> None:
        """Change policies as two System Managers do; two underscores stand for a dot."""
        manager, why = self.signed_in(Role.SYSTEM_MANAGER), "Decided by the quality board"
        named = {name.replace("__", "."): value for name, value in values.items()}
        proposal = self.sign(manager, "CFG-000001", Action.POLICY_EDIT, why, values=named).proposal
        self.sign(self.signed_in("max.manager"), proposal, Action.PROPOSAL_COUNTERSIGN)

    def join(self, account: str, *roles: str, study: str = STUDY, keeper: RecordsClient | None = None) -> None:
        """Make somebody a member of a study, as its Records Manager does (whose earlier session that ends)."""
        keeper, why = keeper or self.signed_in(Role.RECORDS_MANAGER), "New in the group of this study"
        self.sign(keeper, study, Action.STUDY_MEMBER_ADD, why, account=account, roles=[str(role) for role in roles])

    def step(self, client: RecordsClient, result: str, action, reason: str = "", **details):
        """Sign a step of a result as the person of a connection; return the result."""
        self.sign(client, result, action, reason, **details)
        return client.result(result)


def shape(name: str, row0: int, column0: int, row1: int, column1: int, label: str = "") -> Shape:
    """Return a shape."""
    return Shape(shape=name, label=label, rectangle=Rectangle(row0=row0, column0=column0, row1=row1, column1=column1))
