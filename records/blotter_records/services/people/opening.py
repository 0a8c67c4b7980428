"""Signing in (11.10(d), 11.300): only the hub asks; whatever went wrong looks the same and takes the same time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

from blotter_records.contract.sessions import SessionOpened, SignInRules
from blotter_records.domain import accounts as rules
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Account
from blotter_records.errors import Unauthenticated
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor, system_actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.credentials import Checked, Credentials, must_change
from blotter_records.services.people.failures import tell_address, tell_concurrent, tell_deactivated, tell_failure
from blotter_records.services.people.finding import account_of_name, administers, is_needed
from blotter_records.services.people.sessions import Sessions
from blotter_records.services.people.standing import (
    NEUTRAL,
    NEUTRAL_HELP,
    actor_of,
    end_session,
    name_mark,
    note_failure,
    password_entry,
    rehash_entry,
    token_digest,
)
from blotter_records.vocabulary import Event, RecordKind, ServiceIdentity

_THROTTLED = "too many failures from this address, from which the person never signed in"


class SignIn:
    """Opens sessions."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        randomness: Randomness,
        *,
        gate: Gate,
        credentials: Credentials,
        configurations: Configurations,
        sessions: Sessions,
        service_secrets: dict[str, str],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._credentials = credentials
        self._configurations = configurations
        self._sessions = sessions
        self._service_secrets = service_secrets

    def rules(self, actor: Actor, address: str) -> SignInRules:
        """Return what the hub's page has to ask for at an address. Raises ``Refused('refused.service')``."""
        with self._serving(actor), self._ledger.begin() as work:
            policies = self._configurations.current(work).policies
        return SignInRules(asks_for_code=policies.asks_code("session", address))

    def _serving(self, actor: Actor) -> AbstractContextManager[None]:
        return self._gate.serving(actor, Event.SESSION_LOGIN, "system", services={ServiceIdentity.HUB})

    def open(self, actor: Actor, user_name: str, password: str, address: str, *, code: str = "") -> SessionOpened:
        """Sign a person in, for the hub.

        1. Find the account by its folded name. 2. Look whether it may be used, and whether the address has failed too
        often. 3. Check password and code, in the same time for every outcome. 4. End the account's older sessions.
        5. Write session and entry in one commit.

        Raises
        ------
        Unauthenticated
            ``unauthenticated.credentials``, the same for every cause; the cause is in the trail.
        Refused
            ``refused.service`` unless the hub asks.
        """
        token = self._randomness.token()
        with self._serving(actor), self._credentials.turn(), self._ledger.begin() as work:
            configuration = self._configurations.current(work)
            stored = account_of_name(work, user_name)
            account = Account.from_json(stored.content) if stored else None
            mark = name_mark(user_name, self._service_secrets.get(ServiceIdentity.HUB, ""))
            # A mark stands for a name that nobody has: the same is asked and counted, so that no time tells of it.
            who = account.account if account else f"nobody:{mark}"
            checked = self._credentials.check(
                work,
                who,
                password,
                configuration.policies,
                why_not=self._why_not(work, who, account, configuration, address),
                is_administrator=account is not None and administers(configuration, account),
                is_sign_in=True,
                code=code if configuration.policies.asks_code("session", address) else None,
            )
            if account is None:
                checked = Checked(None, "no such user name")
            if account is None or checked.secret is None:
                self._fail(work, account, checked, configuration, None if account else mark, address)
                work.commit()
                raise Unauthenticated("unauthenticated.credentials", NEUTRAL, NEUTRAL_HELP)
            opened = self._write_session(work, account, checked, configuration, token=token, address=address)
            self._hash_again(work, opened, checked, password, configuration)
            work.commit()
        return SessionOpened(token=token, view=self._sessions.view(opened))

    def _why_not(
        self, work: UnitOfWork, who: str, account: Account | None, configuration: Configuration, address: str
    ) -> str:
        """Return why the account cannot be used, or not from here, for the trail."""
        policies = configuration.policies
        failed = work.failures(who)
        now = self._clock.now()
        if account is not None:
            needed = is_needed(work, configuration, account, now)
            why_not = rules.may_sign_in(account, now, failed.last_sign_in_at, policies, is_needed=needed)
            if why_not:
                return why_not
        is_throttled = work.address_failures(address).hour >= policies.throttle_attempts
        return _THROTTLED if is_throttled and not work.has_used_address(who, address) else ""

    def _fail(
        self,
        work: UnitOfWork,
        account: Account | None,
        checked: Checked,
        configuration: Configuration,
        mark: str | None,
        address: str,
    ) -> None:
        """Write a failure, and tell whom it concerns."""
        who = replace(actor_of(account, configuration), address=address) if account else None
        note_failure(work, who, checked, address, mark=mark)
        if checked.why_not != _THROTTLED:
            work.note_address_failure(address, is_known=account is not None)
        system = system_actor("sign-in", configuration)
        tell_address(work, system, address, work.address_failures(address), configuration.policies)
        if who is not None and account is not None:
            tell_failure(work, who, checked, configuration.policies, is_signing=False)
            tell_deactivated(work, who, account, address)

    def _write_session(
        self,
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
        actor = replace(
            actor_of(account, configuration),
            session=session,
            address=address,
            signed_in_from=address,
            must_change_password=must,
        )
        _make_room(work, account, actor)
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
        return self._sessions.with_standing(work, actor, account, checked.at)

    def _hash_again(
        self, work: UnitOfWork, actor: Actor, checked: Checked, password: str, configuration: Configuration
    ) -> None:
        """Hash a good password at the cost that the policy asks for now, where it was another (11.300(b))."""
        secret, policies = checked.secret, configuration.policies
        if secret is None or not self._credentials.has_other_cost(secret, policies):
            return
        entry = work.note(rehash_entry(actor, policies.password_bcrypt_cost))
        work.put_rehash(secret, actor.person(), self._credentials.hashed_again(password, policies), entry.id)


def _make_room(work: UnitOfWork, owner: Account, actor: Actor) -> None:
    """End the oldest sessions of a person until one more is within the policy."""
    living = work.sessions_of(actor.person())
    over = len(living) + 1 - actor.configuration.policies.session_concurrent
    for older in living[: max(over, 0)]:
        end_session(work, older, owner, actor, "replaced", Event.SESSION_TERMINATED)
    elsewhere = [one.address for one in living if one.address != actor.address]
    if elsewhere:
        tell_concurrent(work, actor, elsewhere[-1])


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
