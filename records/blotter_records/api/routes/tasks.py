"""What comes back: access reviews, the letter to the agency, what is due; who is told of an alarm."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.api.routes.files import attached
from blotter_records.contract.base import AccessReviewId, Day, LetterId
from blotter_records.contract.notifications import NotificationRuleRequest, NotificationRuleView
from blotter_records.contract.reviews import AccessReviewView, LetterView, TaskView
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, Alarm

router = APIRouter(tags=["tasks"], responses=PROBLEMS, route_class=CheckedRoute)


@router.get("/tasks")
@declares(Action.TASK_VIEW)
def list_tasks(caller: Caller, services: Joined) -> list[TaskView]:
    """Return what has to be done again and again, what is overdue first."""
    return services.tasks.list(caller)


@router.get("/access-reviews")
@declares(Action.USER_VIEW)
def list_access_reviews(caller: Caller, services: Joined) -> list[AccessReviewView]:
    """Return access reviews, newest first."""
    return services.access_reviews.list(caller)


@router.post("/access-reviews", status_code=201)
@declares(Action.USER_ACCESS_REVIEW_START)
def begin_access_review(caller: Caller, services: Joined) -> AccessReviewView:
    """Begin an access review: every account as it stands now. It is complete once it is signed."""
    return services.access_reviews.begin(caller)


@router.get("/access-reviews/{review}")
@declares(Action.USER_VIEW)
def view_access_review(caller: Caller, services: Joined, review: AccessReviewId) -> AccessReviewView:
    """Return an access review."""
    return services.access_reviews.view(caller, review)


@router.get("/letters")
@declares(Action.USER_VIEW)
def list_letters(caller: Caller, services: Joined) -> list[LetterView]:
    """Return the certification letters that were kept, newest first."""
    return services.letters.list(caller)


@router.get("/letters/{letter}/file", response_class=StreamingResponse)
@declares(Action.USER_VIEW)
def download_letter(caller: Caller, services: Joined, letter: LetterId) -> StreamingResponse:
    """Return the file of a certification letter, byte for byte."""
    view, pieces = services.letters.file(caller, letter)
    return attached(pieces, view.file_name, "application/octet-stream", view.bytes, view.sha256)


@router.post("/letters", status_code=201)
@declares(Action.LETTER_RECORD)
async def record_letter(
    request: Request,
    caller: Caller,
    services: Joined,
    file_name: Annotated[str, Query(max_length=200)],
    sent_on: Annotated[Day, Query()],
    address: Annotated[str, Query(max_length=400, description="to whom it was sent")],
    reason: Annotated[str, Query(max_length=2000)],
    reason_code: Annotated[str, Query(max_length=40)] = "",
) -> LetterView:
    """Keep the certification letter that was sent; the body is the file."""
    data = await request.body()
    return await run_in_threadpool(
        lambda: services.letters.record(
            caller, file_name, data, sent_on=sent_on, address=address, reason=reason, reason_code=reason_code
        )
    )


@router.get("/notification-rules")
@declares(Action.NOTIFICATION_VIEW)
def list_notification_rules(caller: Caller, services: Joined) -> list[NotificationRuleView]:
    """Return who is told of each alarm."""
    return services.notification_rules.list(caller)


@router.put("/notification-rules/{alarm}")
@declares(Action.NOTIFICATION_RULE_EDIT)
def edit_notification_rule(
    caller: Caller, services: Joined, alarm: Alarm, request: NotificationRuleRequest
) -> NotificationRuleView:
    """Change who is told of an alarm; it holds at once."""
    return services.notification_rules.edit(caller, alarm, request)
