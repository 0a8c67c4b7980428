"""What a result accounts for: every exposure, image, draft and analysis beside it, used or not, and why not."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from blotter_records.contract.base import IdempotencyKey, Message, Reason, ReasonCode
from blotter_records.vocabulary import ItemKind, UnusedRule

_RECORD = {
    ItemKind.ACQUISITION: "ACQ-",
    ItemKind.ANALYSIS: "ANL-",
    ItemKind.DRAFT: "ANL-",
    ItemKind.IMAGE: "IMG-",
}


class ItemPlace(Message):
    """Names something that a result accounts for."""

    kind: ItemKind
    record: Annotated[str, Field(pattern=r"^(ACQ|ANL|IMG)-[0-9]{6,12}$", examples=["ANL-000042"])]
    number: int | None = Field(
        None, ge=1, le=1_000_000, description="version of a saved analysis; of a draft, the revision that was looked at"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.record.startswith(_RECORD[self.kind]):
            raise ValueError(f"{self.record} is no {self.kind.value}")
        if (self.number is None) == (self.kind in (ItemKind.ANALYSIS, ItemKind.DRAFT)):
            raise ValueError("analyses and drafts have a number, nothing else has")
        return self


class UnusedReasonRequest(Message):
    """Gives a reason why a result does not use something; each item keeps it."""

    items: list[ItemPlace] = Field(min_length=1, max_length=500)
    expected_rev: int = Field(ge=1)
    reason: Reason
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class UnusedReason(Message):
    """A reason as a result keeps it: for what, and by whom."""

    kind: ItemKind
    record: str
    number: int | None
    reason: str
    reason_code: str
    given_by: str
    given_by_name: str


class InventoryItem(Message):
    """Something that was scanned or analysed beside a result, used in it or not.

    ``standing`` is why it is not used as far as the records say so themselves (a later version replaced it, the image
    was invalidated): nobody is asked again. ``reason`` is what was given for this result.
    """

    kind: ItemKind
    record: str
    number: int | None = None
    name: str = Field(description="as people say it: ANL-000042.3")
    made_at: AwareDatetime
    made_by: str
    status: str
    used: bool
    rule: UnusedRule = UnusedRule.NOTED
    standing: str = ""
    reason: str = ""
    reason_code: str = ""
    given_by_name: str = ""
