"""Access reviews, the letter to the FDA, and tasks that come back."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import AccessReviewId, AccountId, LetterId, Message, SignatureId
from blotter_records.vocabulary import AccountStatus


class AccessReviewRow(Message):
    """An account as it stood when the review was begun, and what was decided."""

    account: AccountId
    user_name: str
    printed_name: str
    status: AccountStatus
    roles: list[str]
    role_labels: list[str]
    last_sign_in_at: AwareDatetime | None
    expires_on: date | None
    decision: Literal["", "keep", "change"] = ""
    note: str = ""


class AccessReviewView(Message):
    """A review of who has which access; complete once it is signed."""

    review: AccessReviewId
    begun_by: str
    begun_at: AwareDatetime
    is_signed: bool
    signed_by: str
    signature: SignatureId | None
    rows: list[AccessReviewRow]


class LetterView(Message):
    """The certification that electronic signatures are meant as the equivalent of handwritten ones (11.100(c))."""

    letter: LetterId
    file_name: str
    bytes: int
    sha256: str
    sent_on: date
    address: str
    recorded_by: str
    recorded_at: AwareDatetime


class TaskView(Message):
    """Something that has to be done again and again, or before a date."""

    task: str = Field(
        description="what: access_review, log_review, training, password, totp, account, backup, drill, letter"
    )
    about: str = Field(description="the record or person it is about, empty for the installation")
    label: str
    last_done_at: AwareDatetime | None
    due_at: AwareDatetime | None = Field(description="None: at once")
    state: Literal["done", "soon", "overdue"]
