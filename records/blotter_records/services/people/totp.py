"""A second factor beside the password: one-time codes of an authenticator app, where a policy asks for them."""

from __future__ import annotations

from blotter_records.contract.accounts import AccountView, TotpOffer
from blotter_records.domain import codes
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import NewEntry, WrittenEntry
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.changing import (
    change_account,
    check_other,
    end_sessions,
    lock_account,
    tell_owner,
    with_identity_due,
)
from blotter_records.services.people.finding import found
from blotter_records.services.people.showing import account_view
from blotter_records.vocabulary import Action, RecordKind


class Totp:
    """Enrols and removes second factors."""

    def __init__(
        self, ledger: Ledger, clock: Clock, *, gate: Gate, configurations: Configurations, installation: str
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._configurations = configurations
        self._installation = installation

    def offer(self, actor: Actor) -> TotpOffer:
        """Offer a second factor, shown this one time; it holds once a code of it has been proved.

        Raises
        ------
        Conflict
            ``conflict.totp``: the person has one; a System Manager removes it first.
        """
        with self._gate.acting(actor, Action.TOTP_ENROL, actor.own_stream()) as acting, self._ledger.begin() as work:
            account = actor.person()
            work.lock(f"attempts:{account}")
            self._check_none(work, account)
            secret = codes.new_secret()
            entry = _note(work, actor, acting.role, "began to enrol a second factor")
            work.put_totp(account, secret, "offered", entry.id)
            work.commit()
        return TotpOffer(secret=secret, uri=codes.address_of(secret, actor.user_name or "", self._installation))

    def prove(self, actor: Actor, code: str) -> None:
        """Prove a code of the offered second factor, which holds from now on; or test again the one that is held.

        A test is a record of its own: what makes codes is tested when it is enrolled, and then each year (11.300(e)).

        Raises
        ------
        Conflict, Invalid
            ``conflict.totp``: none is offered or held; ``totp.code``: it is not the code of now.
        """
        with self._gate.acting(actor, Action.TOTP_ENROL, actor.own_stream()) as acting, self._ledger.begin() as work:
            account = actor.person()
            work.lock(f"attempts:{account}")
            kept = work.totp(account)
            if kept is None or kept.state not in ("offered", "held"):
                raise Conflict("conflict.totp", "No second factor was offered.", "Begin again.")
            step = codes.step_of(kept.secret, code, self._clock.now())
            if step is None or not work.use_code(account, step):
                raise Invalid("totp.code", "This is not the code that the app shows now.", "Wait for the next one.")
            did = "tested the second factor again" if kept.state == "held" else "enrolled a second factor"
            entry = _note(work, actor, acting.role, f"{did}; a code of it was proved")
            work.put_totp(account, kept.secret, "held", entry.id)
            work.commit()

    def remove(self, actor: Actor, account: str, reason: str, reason_code: str = "") -> AccountView:
        """Remove a person's second factor, as after a lost telephone; identity has to be verified again.

        Raises
        ------
        NotFound, Conflict, Refused, Invalid
            ``not_found.account``; ``conflict.totp``: there is none; ``refused.independence``; ``reason.*``.
        """
        stream = f"account:{account}"
        with self._gate.acting(actor, Action.TOTP_REMOVE, stream) as acting, self._ledger.begin() as work:
            given = acting.reason(reason, reason_code)
            lock_account(work, account)
            before = found(work, account)
            check_other(actor, account)
            if work.held_totp(account) is None:
                raise Conflict("conflict.totp", "The person has no second factor.")
            content = Account.from_json(before.content)
            told = f"{actor.name()} removed the second factor of {content.printed_name} ({content.user_name})"
            after = with_identity_due(content, actor, "has removed the second factor")
            made = change_account(
                work, actor, acting.role, Action.TOTP_REMOVE, before, after, reason=given, summary=told
            )
            work.put_totp(account, "", "removed", made.entry.id)
            end_sessions(work, actor, content, "second factor removed")
            tell_owner(work, actor, content, told, [content.email])
            view = account_view(work, made, self._configurations.current(work), self._clock.now())
            work.commit()
        return view

    @staticmethod
    def _check_none(work: UnitOfWork, account: str) -> None:
        if work.held_totp(account) is not None:
            raise Conflict("conflict.totp", "You have a second factor.", "A System Manager removes it first.")


def _note(work: UnitOfWork, actor: Actor, role: str | None, did: str) -> WrittenEntry:
    return work.note(
        NewEntry(
            stream=actor.own_stream(),
            action=Action.TOTP_ENROL,
            subject=actor.subject(role),
            context=actor.context,
            record_kind=RecordKind.ACCOUNT,
            record_id=actor.account,
            summary=f"{actor.name()} {did}",
        )
    )
