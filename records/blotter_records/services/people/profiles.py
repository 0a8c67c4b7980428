"""Name, e-mail address and last day of an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from blotter_records.contract.accounts import AccountView, ExpiryRequest, ProfileRequest
from blotter_records.domain import accounts as rules
from blotter_records.domain import names
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.ports.clock import Clock
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.changing import (
    change_account,
    check_other,
    check_version,
    tell_owner,
    with_identity_due,
)
from blotter_records.services.people.finding import FEWEST_MANAGERS, active_managers, found, is_active_manager
from blotter_records.services.people.showing import account_view
from blotter_records.vocabulary import Action


class Profiles:
    """Changes what an account says of its person; old values stay in its history."""

    def __init__(self, ledger: Ledger, clock: Clock, *, gate: Gate, configurations: Configurations) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._configurations = configurations

    def edit(self, actor: Actor, account: str, request: ProfileRequest) -> AccountView:
        """Change printed name or e-mail address; with another address nothing is signed until identity is verified.

        Signatures that were given keep the printed name with which they were given.

        Raises
        ------
        NotFound, Conflict, Refused, Invalid
            ``not_found.account``; ``conflict.stale``, ``conflict.account`` (nothing would change);
            ``refused.independence``; ``printed_name.form``, ``reason.*``.
        """
        stream = f"account:{account}"
        with self._gate.acting(actor, Action.USER_PROFILE_EDIT, stream) as acting, self._ledger.begin() as work:
            given = acting.reason(request.reason, request.reason_code)
            work.lock("accounts")
            before = found(work, account)
            check_other(actor, account)
            check_version(before, request.expected_version)
            content = Account.from_json(before.content)
            after = replace(content, printed_name=names.checked_printed_name(request.printed_name), email=request.email)
            if after == content:
                raise Conflict("conflict.account", "Name and address are so already.")
            changes = [
                f"{what}: {old or 'nothing'} → {new or 'nothing'}"
                for what, old, new in (
                    ("printed name", content.printed_name, after.printed_name),
                    ("e-mail", content.email, after.email),
                )
                if old != new
            ]
            if content.email != after.email:
                after = with_identity_due(after, actor, "has changed the e-mail address")
            told = f"{actor.name()} changed the profile of {content.user_name}: {'; '.join(changes)}"
            made = change_account(
                work, actor, acting.role, Action.USER_PROFILE_EDIT, before, after, reason=given, summary=told
            )
            tell_owner(work, actor, content, told, [content.email, after.email])
            view = account_view(work, made, self._configurations.current(work), self._clock.now())
            work.commit()
        return view

    def set_expiry(self, actor: Actor, account: str, request: ExpiryRequest) -> AccountView:
        """Set the last day of an account, which ends it without a signature: so it may not bring an ended one back.

        Raises
        ------
        NotFound, Conflict, Refused, Invalid
            As :meth:`edit`; ``account.last_day``: it is over already; ``conflict.account``: the account's last day is
            over, and two System Managers reactivate it; ``refused.last_managers``: fewer than two active System
            Managers would be left after that day.
        """
        stream = f"account:{account}"
        with self._gate.acting(actor, Action.USER_EXPIRY_SET, stream) as acting, self._ledger.begin() as work:
            given = acting.reason(request.reason, request.reason_code)
            work.lock("accounts")
            before = found(work, account)
            check_other(actor, account)
            check_version(before, request.expected_version)
            content = Account.from_json(before.content)
            configuration, now = self._configurations.current(work), self._clock.now()
            _check_last_day(work, configuration, content, request.expires_on, rules.today(now, configuration.policies))
            after = replace(content, expires_on=_text(request.expires_on))
            if after == content:
                raise Conflict("conflict.account", "The last day is so already.")
            summary = f"Last day of {content.user_name}: {content.expires_on or 'none'} → {after.expires_on or 'none'}"
            made = change_account(
                work, actor, acting.role, Action.USER_EXPIRY_SET, before, after, reason=given, summary=summary
            )
            view = account_view(work, made, configuration, now)
            work.commit()
        return view


def _check_last_day(
    work: UnitOfWork, configuration: Configuration, account: Account, day: date | None, today: date
) -> None:
    if rules.has_ended(account, today):
        raise Conflict("conflict.account", "The account's last day is over.", "Two System Managers reactivate it.")
    if day is None:
        return
    if day < today:
        raise Invalid("account.last_day", "The last day of an account is today or later.", "Or deactivate the account.")
    is_later = account.expires_on is not None and day >= date.fromisoformat(account.expires_on)
    if is_later or not is_active_manager(configuration, account, today):
        return
    left = [one for one in active_managers(work, configuration, day + timedelta(days=1)) if one != account.account]
    if len(left) < FEWEST_MANAGERS:
        raise Refused("refused.last_managers", "At least two active System Managers have to be left after that day.")


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
