"""The demo's people, study and blots: eight roles, one published password, three made images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from blotter_records.contract.accounts import AccountRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.domain import names
from blotter_records.domain.policy_table import Value
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Account, Study
from blotter_records.ports.clock import Clock
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor, system_actor
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.images.images import Images, ImportAsked, ImportPlace
from blotter_records.services.people.adding import add_account
from blotter_records.services.people.credentials import Credentials
from blotter_records.services.people.standing import actor_of
from blotter_records.services.studies.studies import add_study
from blotter_records.vocabulary import Action, RecordKind, Role, StudyKind

#: Published on purpose; ``blotter up`` refuses a demo on data that was made without one.
DEMO_PASSWORD = "Every-blot-tells-4-story"  # noqa: S105

#: Policies with which a demo begins where they differ from the defaults: whoever looks around may try things out.
DEMO_VALUES: Mapping[str, Value] = MappingProxyType({"notebooks.ad_hoc": True})

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
STUDY = "Demonstration of western blots"


class Demo:
    """Fills an installation for a demonstration; a second time changes nothing."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        *,
        clock: Clock,
        credentials: Credentials,
        configurations: Configurations,
        images: Images,
        write_tiff: WriteTiff,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._clock = clock
        self._credentials = credentials
        self._configurations = configurations
        self._images = images
        self._write_tiff = write_tiff

    def prepare(self) -> tuple[Person, ...]:
        """Add the people, the study and the blots that are not there yet; return the people."""
        for person in PEOPLE:
            self._add_person(person)
        place = ImportPlace(self._study())
        with self._ledger.begin() as work:
            there = {revision.content["file_name"] for revision in work.records(RecordKind.IMAGE)}
        analyst = self._actor(PEOPLE[0])
        for file_name, data in self._missing(there):
            asked = ImportAsked(file_name, place, _REASON)
            self._images.seal(analyst, asked, self._store.put(data))
        return PEOPLE

    def _missing(self, there: set[str]) -> Iterator[tuple[str, bytes]]:
        for file_name, recipe in BLOTS:
            if file_name not in there:
                counts, _truth = make_blot(recipe)
                yield file_name, self._write_tiff(counts)

    def _add_person(self, person: Person) -> None:
        folded = names.folded(person.user_name)
        with self._ledger.begin() as work:
            if work.record_of_name(RecordKind.ACCOUNT, folded) is not None:
                return
            configuration = self._configurations.current(work)
        hashed = self._credentials.hashed(DEMO_PASSWORD, configuration.policies)
        request = AccountRequest(
            user_name=person.user_name, printed_name=person.printed_name, roles=[person.role], reason=_REASON
        )
        with self._ledger.begin() as work:
            system = system_actor("the demo", configuration)
            made = add_account(work, system, None, request, reason=Reason(_REASON), now=self._clock.now(), is_demo=True)
            # No change is forced: the demo opens with one sign-in.
            work.put_secret(made.record_id, hashed, is_temporary=False, ends_at=None, entry_id=made.entry.id)
            work.commit()

    def _study(self) -> str:
        """Return the demo's study, made as its Supervisor would, with everybody in it who works with data."""
        lead = self._actor(next(one for one in PEOPLE if one.role is Role.SUPERVISOR))
        with self._ledger.begin() as work:
            work.lock("demo")
            for revision in work.records(RecordKind.STUDY):
                if revision.content["title"] == STUDY:
                    return revision.record_id
            people = [self._account(work, one) for one in PEOPLE if one.role is not Role.SYSTEM_MANAGER]
            study = Study(
                study=work.next_id(RecordKind.STUDY),
                title=STUDY,
                study_kind=StudyKind.DEVELOPMENT.value,
                purpose="Shows Blotter with made blots.",
                members=[{"account": one.account, "roles": one.roles} for one in people],
                retention_class="demonstration",
                retention_years=1,
                created_by=lead.person(),
                created_by_name=lead.name(),
                reason=_REASON,
            )
            add_study(work, lead, Role.SUPERVISOR, study, Action.STUDY_CREATE, reason=Reason(_REASON))
            work.commit()
        return study.study

    def _account(self, work: UnitOfWork, person: Person) -> Account:
        account = work.record_of_name(RecordKind.ACCOUNT, names.folded(person.user_name))
        found = work.latest(f"account:{account}")
        assert found is not None
        return Account.from_json(found.content)

    def _actor(self, person: Person) -> Actor:
        """Return one of the demo's people; the entry shows that there was no session."""
        with self._ledger.begin() as work:
            configuration = self._configurations.current(work)
            return replace(actor_of(self._account(work, person), configuration), process="demo")
