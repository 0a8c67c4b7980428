"""Accounts as the contract shows them."""

from __future__ import annotations

from datetime import date, datetime

from blotter_records.contract.accounts import AccountView, IdentityView, PersonView, TrainingView
from blotter_records.domain import accounts as rules
from blotter_records.domain.canonical import text_digest
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Account
from blotter_records.ports.entries import Revision, TrailFilter
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.people.credentials import NEVER, must_change, password_ends_at
from blotter_records.services.people.finding import standing_of
from blotter_records.vocabulary import AccountStatus, Event


def account_view(
    work: UnitOfWork,
    revision: Revision,
    configuration: Configuration,
    now: datetime,
    *,
    created: Revision | None = None,
) -> AccountView:
    """Return an account as System Managers see it, under the configuration of now."""
    account = Account.from_json(revision.content)
    standing = standing_of(work, account, configuration, now)
    first = created or work.revision(revision.stream, 1) or revision
    policies = configuration.policies
    day = rules.today(now, policies)
    is_due = rules.is_statement_due(account, text_digest(policies.statement))
    secret, failures = standing.secret, standing.failures
    is_locked = standing.is_locked(now)
    return AccountView(
        account=account.account,
        user_name=account.user_name,
        printed_name=account.printed_name,
        email=account.email,
        roles=account.roles,
        status=AccountStatus(account.status),
        version=revision.rev,
        expires_on=date.fromisoformat(account.expires_on) if account.expires_on else None,
        has_ended=rules.has_ended(account, day),
        identity=IdentityView.model_validate(account.identity) if account.identity else None,
        identity_due=account.identity_due,
        identity_due_because=account.identity_due_because,
        statement_accepted=account.statement["signature"] if account.statement and not is_due else None,
        statement_due=is_due,
        trainings=_trainings(account, configuration, day),
        lapsed_roles=sorted(rules.lapsed_roles(account, day, policies)),
        is_locked=is_locked or bool(account.compromised_at),
        locked_because=_locked_because(account, failures.count if is_locked else 0),
        locked_until=standing.locked_until if is_locked and standing.locked_until != NEVER else None,
        cannot_sign_in=standing.cannot_sign_in,
        must_change_password=secret is None or must_change(secret, now, policies),
        password_ends_at=password_ends_at(secret, policies) if secret else None,
        has_totp=work.held_totp(account.account) is not None,
        created_by=account.created_by,
        created_by_name=account.created_by_name,
        created_at=first.entry.at,
        last_reset_by=account.reset_by,
        last_reset_by_name=account.reset_by_name,
        last_sign_in_at=failures.last_sign_in_at,
        last_failed_at=last_failed(work, account.account),
        failed_attempts=failures.count,
    )


def last_failed(work: UnitOfWork, account: str, before: datetime | None = None) -> datetime | None:
    """Return when signing in to an account last failed."""
    wanted = TrailFilter(
        streams=[f"account:{account}"], actions=[Event.SESSION_LOGIN_FAILED], newest_first=True, limit=1, until=before
    )
    newest = work.entries(wanted)
    return newest[0].written.at if newest else None


def person_view(account: Account) -> PersonView:
    """Return what everybody may know of a person."""
    return PersonView(
        account=account.account,
        user_name=account.user_name,
        printed_name=account.printed_name,
        roles=account.roles,
        is_active=account.is_active,
    )


def _locked_because(account: Account, failed: int) -> str:
    if account.compromised_at:
        return "its owner reported that others may know the password"
    return f"{failed} wrong passwords or codes" if failed else ""


def _trainings(account: Account, configuration: Configuration, day: date) -> list[TrainingView]:
    return [
        TrainingView(
            role=one["role"],
            role_label=configuration.label(one["role"]),
            title=one["title"],
            document=one["document"],
            done_on=date.fromisoformat(one["done_on"]),
            expires_on=date.fromisoformat(one["expires_on"]) if one["expires_on"] else None,
            recorded_by=one["recorded_by_name"],
            is_lapsed=not rules.holds(one, day),
        )
        for one in account.trainings
    ]
