"""The questions of a sign-in and of each request, built once: to build a statement takes longer than to answer it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select, true

from blotter_records.adapters.postgres import tables
from blotter_records.adapters.postgres.trail import REVISIONS

_session, _end, _input = tables.session, tables.session_end, tables.last_input
SESSIONS = select(
    _session.c.session,
    _session.c.account,
    _session.c.address,
    _session.c.opened_at,
    func.coalesce(_input.c.at, _session.c.opened_at).label("last_input_at"),
    _end.c.ended_at,
    _end.c.cause,
    _session.c.configuration,
).select_from(
    _session.outerjoin(_end, _end.c.session == _session.c.session).outerjoin(
        _input, _input.c.subject == _session.c.session
    )
)

_account = (
    REVISIONS.where(tables.revision.c.stream == func.concat("account:", _session.c.account))
    .order_by(tables.revision.c.rev.desc())
    .limit(1)
    .lateral("newest")
)
# What says how old a password is; a hash of the same password at another cost makes it no younger.
_secret = (
    select(tables.secret.c.hashed, tables.secret.c.is_temporary, tables.secret.c.set_at, tables.secret.c.ends_at)
    .where(tables.secret.c.account == _session.c.account, tables.secret.c.rehash_of.is_(None))
    .order_by(tables.secret.c.id.desc())
    .limit(1)
    .lateral("secret")
)
#: Each request asks this: one statement for all that decides who asks.
SIGNED_IN = (
    SESSIONS.add_columns(_account, _secret, func.clock_timestamp().label("now"))
    .join(_account, true())
    .outerjoin(_secret, true())
)


BY_TOKEN = SIGNED_IN.where(_session.c.token_sha256 == bindparam("token_sha256"))
BY_SESSION = SIGNED_IN.where(_session.c.session == bindparam("session"))
ALL = SIGNED_IN.where(
    _session.c.opened_at > func.clock_timestamp() - timedelta(days=2), _end.c.ended_at.is_(None)
).order_by(_session.c.opened_at)


OF_ACCOUNT = SESSIONS.where(_session.c.account == bindparam("account"), _end.c.ended_at.is_(None)).order_by(
    _session.c.opened_at
)
ENDED = SESSIONS.where(_end.c.ended_at >= bindparam("since")).order_by(_end.c.ended_at)


def _all_secrets() -> Select[*tuple[Any, ...]]:
    """Return the statement for an account's password hashes; one hashed again at another cost has its newest hash."""
    kept, again = tables.secret, tables.secret.alias("again")
    newer = select(again.c.hashed).where(again.c.rehash_of == kept.c.id).order_by(again.c.id.desc()).limit(1)
    hashed = func.coalesce(newer.scalar_subquery(), kept.c.hashed).label("hashed")
    asked = select(kept.c.id, hashed, kept.c.is_temporary, kept.c.set_at, kept.c.ends_at)
    return asked.where(kept.c.account == bindparam("account"), kept.c.rehash_of.is_(None)).order_by(kept.c.id.desc())


def _attempts() -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """Return the statements for an account's failed attempts since the last good one or its unlocking, and the good."""
    tried, freed = tables.attempt, tables.unlock
    account: BindParameter[Any] = bindparam("account")
    mine = tried.c.account == account
    last_good = select(func.coalesce(func.max(tried.c.id), 0)).where(mine, tried.c.is_good).scalar_subquery()
    unlocked = select(func.coalesce(func.max(freed.c.upto), 0)).where(freed.c.account == account).scalar_subquery()
    last = func.max(tried.c.at)
    return (
        select(func.count().label("times"), last.label("last")).where(
            mine, tried.c.id > func.greatest(last_good, unlocked)
        ),
        select(last.label("last"), last.filter(tried.c.is_sign_in).label("sign_in")).where(mine, tried.c.is_good),
    )


def _failed_from() -> Select[*tuple[Any, ...]]:
    """Return the statement for the failed sign-ins from an address, of late."""
    failed, now = tables.address_failure, func.clock_timestamp()
    is_unknown = ~failed.c.is_known & (failed.c.at > now - timedelta(minutes=10))
    asked = select(func.count().label("hour"), func.count().filter(is_unknown).label("unknown"))
    return asked.where(failed.c.address == bindparam("address"), failed.c.at > now - timedelta(hours=1))


SECRETS = _all_secrets()
FAILED, GOOD = _attempts()
FAILED_FROM = _failed_from()
HELD_TOTP = (
    select(tables.totp)
    .where(tables.totp.c.account == bindparam("account"), tables.totp.c.state != "offered")
    .order_by(tables.totp.c.id.desc())
    .limit(1)
)
HOLDER = select(tables.name_claim.c.record_id).where(
    tables.name_claim.c.space == bindparam("space"), tables.name_claim.c.folded == bindparam("folded")
)
