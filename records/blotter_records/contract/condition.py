"""How the installation stands: what is looked at, and whether it is as it should be."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Message

State = Literal["fine", "overdue", "wrong"]


class ConditionPart(Message):
    """One thing that is looked at."""

    part: Literal["checkpoint", "queue", "anchor", "backup", "drill", "clock", "deliveries"]
    name: str = Field(default="", description="which one, where there are several: the place of an anchor")
    state: State = Field(description="wrong: it has failed, somebody has to act; overdue: later than it should be")
    at: AwareDatetime | None = Field(
        description="when it last succeeded; of queue and deliveries since when the oldest waits; of the clock its "
        "last jump; null: never"
    )
    number: int | None = Field(
        default=None, description="checkpoint, anchor: entries covered; queue, deliveries: what waits"
    )
    said: str = Field(description="the same in words")


class PackageVersion(Message):
    """What runs here beside Blotter."""

    name: str
    version: str


class ConditionView(Message):
    """The condition of the installation."""

    software: str = Field(description="version of Blotter")
    packages: list[PackageVersion]
    as_of: AwareDatetime
    parts: list[ConditionPart]
