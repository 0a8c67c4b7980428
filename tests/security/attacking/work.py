"""Lawful work that attacks need: a result that was submitted and signed, an intent to sign."""

from __future__ import annotations

import uuid

import httpx
from blotter_records.contract.analyses import Background, GestureRequest, SaveRequest
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.shapes import Rectangle, Shape
from blotter_records.contract.signing import SigningIntentRequest, SigningIntentView
from blotter_records.vocabulary import Action, Gesture
from security.attacking.target import Target


def new_result(target: Target, image: str) -> str:
    """Return a result of a new analysis of an image."""
    client = target.person.client
    analysis = client.start_analysis(image)
    shape = Shape(shape="S1", label="", rectangle=Rectangle(row0=10, column0=10, row1=30, column1=30))
    drawn = client.gesture(
        analysis.analysis,
        GestureRequest(
            gesture=Gesture.SHAPE_ADD, expected_rev=analysis.rev, shapes=[*analysis.shapes, shape]
            if not any(one.shape == "S1" for one in analysis.shapes) else analysis.shapes,
            background=Background(width=3), idempotency_key=uuid.uuid4().hex,
        ),
    )  # fmt: skip
    saved = client.save_analysis(drawn.analysis, SaveRequest(expected_rev=drawn.rev, idempotency_key=uuid.uuid4().hex))
    made = client.create_result(
        ResultRequest(title="Bands", analyses=[saved.versions[-1].id], idempotency_key=uuid.uuid4().hex)
    )
    return made.result


def intent_of(target: Target, result: str) -> SigningIntentView:
    """Return a signing page for the submission of a result."""
    return target.person.client.create_signing_intent(
        SigningIntentRequest(record=result, action=Action.RESULT_SUBMIT, reason="", comment="", details={})
    )


def post(
    target: Target, intent: SigningIntentView, fields: dict[str, str], headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send the form of a signing page, as its own page would."""
    given = {"Origin": target.system.signing_url, **(headers or {})}
    return httpx.post(intent.url, data=fields, headers=given, trust_env=False, timeout=30)


def submitted_result(target: Target, image: str) -> str:
    """Return a result that its analyst has signed."""
    result = new_result(target, image)
    person = target.person
    answer = post(target, intent_of(target, result), {"user_name": person.user_name, "password": person.password})
    assert answer.status_code == 200, answer.text
    return result
