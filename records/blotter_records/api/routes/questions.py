"""Questions that several endpoints take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from blotter_records.contract.base import Moment

AsOf = Annotated[Moment | None, Query(description="show what was true at this time; who may see it is decided by now")]
