"""Accounts and what is done about them again and again (System Managers; auditors read)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from blotter_records.client.calls import Calls, read_answer
from blotter_records.contract.accounts import (
    AccountCreated,
    AccountReason,
    AccountRequest,
    AccountView,
    AuthorityView,
    BreakglassRequest,
    DossierView,
    ExpiryRequest,
    ProfileRequest,
    TrainingRequest,
)
from blotter_records.contract.exports import ExportView
from blotter_records.contract.notifications import NotificationRuleRequest, NotificationRuleView
from blotter_records.contract.reviews import AccessReviewView, LetterView, TaskView


class AccountCalls(Calls):
    """Calls about accounts, reviews and tasks."""

    def accounts(self) -> list[AccountView]:
        """Return every account (System Manager, Auditor)."""
        return self._list(AccountView, "/accounts")

    def account(self, account: str) -> AccountView:
        """Return an account."""
        return self._get(AccountView, f"/accounts/{account}")

    def create_account(self, request: AccountRequest) -> AccountCreated:
        """Add a person (System Manager; service ``cli`` for the first two managers)."""
        return self._send(AccountCreated, "POST", "/accounts", request)

    def unlock(self, account: str, reason: str, reason_code: str = "") -> AccountView:
        """Unlock an account."""
        request = AccountReason(reason=reason, reason_code=reason_code)
        return self._send(AccountView, "POST", f"/accounts/{account}/unlock", request)

    def reset_password(self, account: str, reason: str, reason_code: str = "") -> AccountCreated:
        """Give a person a temporary password; it is in this answer and nowhere else."""
        request = AccountReason(reason=reason, reason_code=reason_code)
        return self._send(AccountCreated, "POST", f"/accounts/{account}/password-reset", request)

    def edit_profile(self, account: str, request: ProfileRequest) -> AccountView:
        """Change printed name or e-mail address."""
        return self._send(AccountView, "PUT", f"/accounts/{account}/profile", request)

    def set_expiry(self, account: str, request: ExpiryRequest) -> AccountView:
        """Set the last day of an account."""
        return self._send(AccountView, "PUT", f"/accounts/{account}/expiry", request)

    def record_training(self, account: str, request: TrainingRequest) -> AccountView:
        """Record a training for a role."""
        return self._send(AccountView, "POST", f"/accounts/{account}/trainings", request)

    def remove_totp(self, account: str, reason: str, reason_code: str = "") -> AccountView:
        """Remove a person's second factor."""
        request = AccountReason(reason=reason, reason_code=reason_code)
        return self._send(AccountView, "POST", f"/accounts/{account}/totp-removal", request)

    def authority(self, at: datetime | None = None) -> AuthorityView:
        """Return who has, or had at a time, which roles and actions."""
        return self._get(AuthorityView, "/accounts/authority", at=at.isoformat() if at else None)

    def dossier(self, account: str) -> DossierView:
        """Return everything on record about a person's signatures."""
        return self._get(DossierView, f"/accounts/{account}/dossier")

    def make_dossier(self, account: str) -> ExportView:
        """Make the dossier as PDF."""
        return self._send(ExportView, "POST", f"/accounts/{account}/dossier")

    def open_breakglass(self, request: BreakglassRequest) -> AccountCreated:
        """Open a System Manager's account from the server's shell (service ``cli`` only)."""
        return self._send(AccountCreated, "POST", "/accounts/breakglass", request)

    def tasks(self) -> list[TaskView]:
        """Return what has to be done again and again."""
        return self._list(TaskView, "/tasks")

    def access_reviews(self) -> list[AccessReviewView]:
        """Return access reviews, newest first."""
        return self._list(AccessReviewView, "/access-reviews")

    def access_review(self, review: str) -> AccessReviewView:
        """Return an access review."""
        return self._get(AccessReviewView, f"/access-reviews/{review}")

    def begin_access_review(self) -> AccessReviewView:
        """Begin an access review."""
        return self._send(AccessReviewView, "POST", "/access-reviews")

    def letters(self) -> list[LetterView]:
        """Return the certification letters, newest first."""
        return self._list(LetterView, "/letters")

    def letter_file(self, letter: str) -> Iterator[bytes]:
        """Yield the file of a certification letter."""
        with self._transport.stream(f"/letters/{letter}/file") as answer:
            yield from answer.iter_bytes()

    def record_letter(
        self, file_name: str, data: bytes, *, sent_on: date, address: str, reason: str, reason_code: str = ""
    ) -> LetterView:
        """Keep a certification letter."""
        params = {
            "file_name": file_name,
            "sent_on": sent_on.isoformat(),
            "address": address,
            "reason": reason,
            "reason_code": reason_code,
        }
        answer = self._transport.send("POST", "/letters", content=data, params=params)
        return read_answer(LetterView, answer.content)

    def notification_rules(self) -> list[NotificationRuleView]:
        """Return who is told of each alarm."""
        return self._list(NotificationRuleView, "/notification-rules")

    def edit_notification_rule(self, alarm: str, request: NotificationRuleRequest) -> NotificationRuleView:
        """Change who is told of an alarm."""
        return self._send(NotificationRuleView, "PUT", f"/notification-rules/{alarm}", request)
