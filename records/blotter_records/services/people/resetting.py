"""A password that its owner lost, or that somebody else may know (11.300(c)).

A System Manager who resets a password could sign with it in another's name. So a temporary password never signs, and
nothing is signed with its successor either until a second System Manager has verified the person's identity again
(11.200(a)(3)); the owner is told by e-mail and at the next sign-in.
"""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.accounts import AccountCreated
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.people.changing import (
    change_account,
    check_other,
    end_sessions,
    lock_account,
    tell_owner,
    with_identity_due,
)
from blotter_records.services.people.credentials import Credentials
from blotter_records.services.people.finding import found
from blotter_records.services.people.showing import account_view
from blotter_records.vocabulary import AccountStatus, Action, Alarm, Severity


class Resetting:
    """Resets passwords, and takes reports of compromise."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        randomness: Randomness,
        *,
        gate: Gate,
        credentials: Credentials,
        configurations: Configurations,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._credentials = credentials
        self._configurations = configurations

    def reset(self, actor: Actor, account: str, reason: str, reason_code: str = "") -> AccountCreated:
        """Give a person a temporary password, shown this one time; every session of the account ends.

        Raises
        ------
        NotFound, Conflict, Refused, Invalid
            ``not_found.account``; ``conflict.account``: deactivated; ``refused.independence``; ``reason.*``.
        """
        policies = actor.configuration.policies
        password = self._randomness.temporary_password()
        now = self._clock.now()
        ends_at = now + policies.temporary_password_valid
        with self._gate.acting(actor, Action.USER_PASSWORD_RESET, f"account:{account}") as acting:
            given = acting.reason(reason, reason_code)
            hashed = self._credentials.hashed(password, policies)
            with self._ledger.begin() as work:
                lock_account(work, account)
                before = found(work, account)
                check_other(actor, account)
                content = Account.from_json(before.content)
                if content.status == AccountStatus.DEACTIVATED:
                    raise Conflict("conflict.account", "The account is deactivated.", "Reactivate it first.")
                after = replace(with_identity_due(content, actor, "has reset the password"), compromised_at="")
                told = f"{actor.name()} reset the password of {content.printed_name} ({content.user_name})"
                made = change_account(
                    work, actor, acting.role, Action.USER_PASSWORD_RESET, before, after, reason=given, summary=told
                )
                work.put_secret(account, hashed, is_temporary=True, ends_at=ends_at, entry_id=made.entry.id)
                work.unlock(account, made.entry.id)
                end_sessions(work, actor, content, "password reset")
                tell_owner(work, actor, content, told, [content.email])
                view = account_view(work, made, self._configurations.current(work), now)
                work.commit()
        return AccountCreated(account=view, temporary_password=password, temporary_password_ends_at=ends_at)

    def report_compromise(self, actor: Actor, reason: str, reason_code: str = "") -> None:
        """Lock the own account until the password has been reset, end its sessions, tell the System Managers.

        Raises
        ------
        Invalid
            ``reason.*``.
        """
        stream = actor.own_stream()
        with (
            self._gate.acting(actor, Action.ACCOUNT_REPORT_COMPROMISE, stream) as acting,
            self._ledger.begin() as work,
        ):
            account = actor.person()
            given = acting.reason(reason, reason_code)
            lock_account(work, account)
            before = found(work, account)
            content = Account.from_json(before.content)
            told = f"{actor.name()} ({actor.user_name}) reported that others may know the own password"
            change_account(
                work,
                actor,
                acting.role,
                Action.ACCOUNT_REPORT_COMPROMISE,
                before,
                replace(content, compromised_at=self._clock.now().isoformat()),
                reason=given,
                summary=f"{told}; the account is locked",
            )
            end_sessions(work, actor, content, "compromise reported")
            raise_alarm(
                work,
                actor,
                Alarm.COMPROMISED,
                Severity.CRITICAL,
                f"{told}: {given.text}. The account is locked until its password has been reset.",
                about=stream,
                facts={"account": account},
                recipients=[content.email],
            )
            work.commit()
