"""Changing the own password (11.300(b))."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.sessions import SessionView
from blotter_records.domain import passwords
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Account
from blotter_records.errors import Invalid, Unauthenticated
from blotter_records.ports.clock import Clock
from blotter_records.ports.ledger import Ledger, StoredSecret, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.credentials import Credentials
from blotter_records.services.people.failures import tell_failure
from blotter_records.services.people.finding import administers, found
from blotter_records.services.people.sessions import Sessions
from blotter_records.services.people.standing import NEUTRAL_HELP, actor_of, note_failure, password_entry
from blotter_records.vocabulary import Action


class OwnPassword:
    """Changes a person's own password."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        gate: Gate,
        credentials: Credentials,
        configurations: Configurations,
        sessions: Sessions,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._credentials = credentials
        self._configurations = configurations
        self._sessions = sessions

    def change(self, actor: Actor, current: str, new: str) -> SessionView:
        """Change the own password.

        Raises
        ------
        Unauthenticated
            ``unauthenticated.credentials`` if the current one is wrong; it counts like a failed sign-in.
        Invalid
            ``password.*`` if the new one breaks a rule, or the present one is too new (a history that can be run
            through in a minute is none).
        """
        stream = actor.own_stream()
        policies = actor.configuration.policies
        with self._gate.acting(actor, Action.PASSWORD_CHANGE, stream) as acting:
            passwords.check_new_password(
                new,
                user_name=actor.user_name or "",
                printed_name=actor.printed_name or "",
                policies=policies,
            )
            hashed = self._credentials.hashed(new, policies)
            with self._credentials.turn(), self._ledger.begin() as work:
                self._check_current(work, actor, current)
                kept = work.secrets(actor.person())
                history = [secret.hashed for secret in kept]
                passwords.check_history(new, history, remembered=policies.password_history)
                self._check_age(kept[0], policies)
                entry = work.note(password_entry(actor, acting.role, stream))
                work.put_secret(actor.person(), hashed, is_temporary=False, ends_at=None, entry_id=entry.id)
                work.touch_session(actor.session or "")
                work.commit()
        return self._sessions.view(replace(actor, must_change_password=False))

    def _check_current(self, work: UnitOfWork, actor: Actor, current: str) -> None:
        configuration = self._configurations.current(work)
        account = Account.from_json(found(work, actor.person()).content)
        checked = self._credentials.check(
            work,
            actor.person(),
            current,
            configuration.policies,
            is_administrator=administers(configuration, account),
            is_change=True,
        )
        if checked.is_good:
            return
        who = replace(actor_of(account, configuration), address=actor.address)
        note_failure(work, who, checked, actor.address or "")
        tell_failure(work, who, checked, configuration.policies, is_signing=False)
        if checked.locks_now:
            self._sessions.lock_out(work, actor)
        work.commit()
        raise Unauthenticated("unauthenticated.credentials", "The present password is wrong.", NEUTRAL_HELP)

    def _check_age(self, secret: StoredSecret, policies: Policies) -> None:
        """Check that a chosen password has stayed for the least time. Raises ``Invalid('password.too_new')``."""
        free_at = secret.set_at + policies.password_min_age
        if not secret.is_temporary and self._clock.now() < free_at:
            raise Invalid(
                "password.too_new",
                f"The password was changed a short while ago; it can be changed again from "
                f"{free_at:%Y-%m-%d %H:%M} UTC on.",
                "If somebody else may know it, report that: the account is locked and a System Manager resets it.",
            )
