"""Signing in (11.10(d), 11.300): the hub asks, one session for each account, whatever went wrong looks the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from blotter_records.contract.sessions import SessionOpened
from blotter_records.domain import passwords
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Account
from blotter_records.errors import Refused, Unauthenticated
from blotter_records.ports.clock import Randomness
from blotter_records.ports.entries import NewEntry, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.credentials import Checked, Credentials, must_change
from blotter_records.services.people.sessions import Sessions
from blotter_records.services.people.standing import (
    NEUTRAL,
    NEUTRAL_HELP,
    actor_of,
    end_session,
    name_mark,
    note_failure,
    password_entry,
    token_digest,
)
from blotter_records.vocabulary import Event, RecordKind, ServiceIdentity


class SignIn:
    """Opens sessions."""

    def __init__(
        self,
        ledger: Ledger,
        randomness: Randomness,
        *,
        credentials: Credentials,
        configurations: Configurations,
        sessions: Sessions,
        service_secrets: dict[str, str],
    ) -> None:
        self._ledger = ledger
        self._randomness = randomness
        self._credentials = credentials
        self._configurations = configurations
        self._sessions = sessions
        self._service_secrets = service_secrets

    def open(self, actor: Actor, user_name: str, password: str, address: str) -> SessionOpened:
        """Sign a person in, for the hub.

        1. Find the account by its folded name. 2. Check the password, in the same time for every outcome.
        3. End the account's older sessions. 4. Write session and entry in one commit.

        Raises
        ------
        Unauthenticated
            ``unauthenticated.credentials``, the same for every cause; the cause is in the trail.
        Refused
            ``refused.service`` unless the hub asks.
        """
        if actor.service is not ServiceIdentity.HUB:
            raise Refused("refused.service", "Only the hub's sign-in page opens sessions.")
        token = self._randomness.token()
        with self._credentials.turn(), self._ledger.begin() as work:
            configuration = self._configurations.current(work)
            stored = _account_of_name(work, user_name)
            account = Account.from_json(stored.content) if stored else None
            checked = self._credentials.check(
                work,
                account.account if account else None,
                password,
                configuration.policies,
                is_active=account.is_active if account else False,
                is_sign_in=True,
            )
            if account is None or checked.secret is None:
                who = actor_of(account, configuration) if account else None
                mark = None if account else name_mark(user_name, self._service_secrets.get(ServiceIdentity.HUB, ""))
                note_failure(work, who, checked, address, mark=mark)
                work.commit()
                raise Unauthenticated("unauthenticated.credentials", NEUTRAL, NEUTRAL_HELP)
            opened = _write_session(work, account, checked, configuration, token=token, address=address)
            work.commit()
        return SessionOpened(token=token, view=self._sessions.view(opened))


def _write_session(
    work: UnitOfWork,
    account: Account,
    checked: Checked,
    configuration: Configuration,
    *,
    token: str,
    address: str,
) -> Actor:
    assert checked.secret is not None
    must = must_change(checked.secret, checked.at, configuration.policies)
    last = checked.before.last_sign_in_at if checked.before else None
    work.lock(f"sessions:{account.account}")
    session = work.next_id(RecordKind.SESSION)
    actor = replace(actor_of(account, configuration), session=session, address=address, must_change_password=must)
    for older in work.sessions_of(account.account):
        end_session(work, older, replace(actor, session=older.session), "replaced", Event.SESSION_TERMINATED)
    if must and not checked.secret.is_temporary:
        work.note(password_entry(actor, None, f"account:{account.account}", expired=True))
    work.open_session(session, account.account, token_digest(token), address, configuration=configuration.revision)
    work.note(
        NewEntry(
            stream=f"session:{session}",
            action=Event.SESSION_LOGIN,
            subject=actor.subject(),
            record_kind=RecordKind.SESSION,
            record_id=session,
            new={"account": account.account, "must_change_password": must, "last_sign_in_at": _text(last)},
            summary=f"{account.printed_name} signed in from {address}",
        )
    )
    return actor


def _account_of_name(work: UnitOfWork, user_name: str) -> Revision | None:
    account = work.record_of_name(RecordKind.ACCOUNT, passwords.folded(user_name))
    return work.latest(f"account:{account}") if account else None


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
