"""The demo's people and blots: eight roles, one published password, three made images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blotter_records.contract.accounts import AccountRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.domain import passwords
from blotter_records.domain.records import Account
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger
from blotter_records.services.accounts import add_account
from blotter_records.services.acting import SYSTEM, Actor
from blotter_records.services.credentials import Credentials
from blotter_records.services.images import Images
from blotter_records.vocabulary import RecordKind, Role

#: Published on purpose; ``blotter up`` refuses a demo on data that was made without one.
DEMO_PASSWORD = "Every-blot-tells-4-story"  # noqa: S105

_REASON = "Demonstration: made by the project's own blot maker"


@dataclass(frozen=True)
class Person:
    """Somebody of the demo."""

    user_name: str
    printed_name: str
    role: Role


PEOPLE = (
    Person("anna.analyst", "Anna Lindqvist", Role.ANALYST),
    Person("samir.supervisor", "Samir Haddad", Role.SUPERVISOR),
    Person("rosa.reviewer", "Rosa Benítez", Role.REVIEWER),
    Person("paul.approver", "Paul Okafor", Role.APPROVER),
    Person("ines.auditor", "Inês Carvalho", Role.AUDITOR),
    Person("ivan.instruments", "Ivan Petrov", Role.INSTRUMENT_MANAGER),
    Person("ruth.records", "Ruth Goldberg", Role.RECORDS_MANAGER),
    Person("mia.manager", "Mia Schneider", Role.SYSTEM_MANAGER),
    Person("max.manager", "Max Tanaka", Role.SYSTEM_MANAGER),
)

BLOTS = (
    ("made_blot_01.tif", Recipe(seed=1)),
    ("made_blot_02_faint.tif", Recipe(seed=2, strongest=6000.0, weakest=250.0, saturated=0)),
    ("made_blot_03_saturated.tif", Recipe(seed=3, lanes=6, bands=3, saturated=4, smile=18.0)),
)

WriteTiff = Callable[[NDArray[np.uint16]], bytes]


class Demo:
    """Fills an installation for a demonstration; a second time changes nothing."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        *,
        credentials: Credentials,
        images: Images,
        write_tiff: WriteTiff,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._credentials = credentials
        self._images = images
        self._write_tiff = write_tiff

    def prepare(self) -> tuple[Person, ...]:
        """Add the people and the blots that are not there yet; return the people."""
        for person in PEOPLE:
            self._add_person(person)
        with self._ledger.begin() as work:
            there = {revision.content["file_name"] for revision in work.records(RecordKind.IMAGE)}
        for file_name, data in self._missing(there):
            self._images.seal(self._analyst(), file_name, _REASON, self._store.put(data))
        return PEOPLE

    def _missing(self, there: set[str]) -> Iterator[tuple[str, bytes]]:
        for file_name, recipe in BLOTS:
            if file_name not in there:
                counts, _truth = make_blot(recipe)
                yield file_name, self._write_tiff(counts)

    def _add_person(self, person: Person) -> None:
        folded = passwords.folded(person.user_name)
        with self._ledger.begin() as work:
            if work.record_of_name(RecordKind.ACCOUNT, folded) is not None:
                return
        hashed = self._credentials.hashed(DEMO_PASSWORD)
        request = AccountRequest(
            user_name=person.user_name, printed_name=person.printed_name, roles=[person.role], reason=_REASON
        )
        with self._ledger.begin() as work:
            made = add_account(work, SYSTEM, None, request, reason=_REASON)
            # No change is forced: the demo opens with one sign-in.
            work.put_secret(made.record_id, hashed, is_temporary=False, ends_at=None, entry_id=made.entry.id)
            work.commit()

    def _analyst(self) -> Actor:
        """Return the demo's analyst; the entry shows that there was no session."""
        with self._ledger.begin() as work:
            account = work.record_of_name(RecordKind.ACCOUNT, passwords.folded(PEOPLE[0].user_name))
            found = work.latest(f"account:{account}")
            assert found is not None
            content = Account.from_json(found.content)
        return Actor(
            account=content.account,
            user_name=content.user_name,
            printed_name=content.printed_name,
            roles=tuple(Role(role) for role in content.roles),
            process="demo",
        )
