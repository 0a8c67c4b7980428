"""Notebook templates; their signed steps go over a signing page as all do."""

from __future__ import annotations

from fastapi import APIRouter

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import TemplateId
from blotter_records.contract.templates import TemplateDraftRequest, TemplateRequest, TemplateView
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["templates"], responses=PROBLEMS, route_class=CheckedRoute)


@router.get("/templates")
@declares(Action.TEMPLATE_VIEW)
def list_templates(caller: Caller, services: Joined) -> list[TemplateView]:
    """Return every notebook template with its version in use and its draft."""
    return services.templates.list(caller)


@router.get("/templates/{template}")
@declares(Action.TEMPLATE_VIEW)
def view_template(caller: Caller, services: Joined, template: TemplateId) -> TemplateView:
    """Return a notebook template."""
    return services.templates.view(caller, template)


@router.post("/templates", status_code=201)
@declares(Action.TEMPLATE_CREATE)
def create_template(caller: Caller, services: Joined, request: TemplateRequest) -> TemplateView:
    """Write a new template: a draft, which two persons make effective by signature."""
    return services.templates.create(caller, request)


@router.post("/templates/{template}/draft")
@declares(Action.TEMPLATE_EDIT)
def edit_template(
    caller: Caller, services: Joined, template: TemplateId, request: TemplateDraftRequest
) -> TemplateView:
    """Change the draft, or begin one beside the effective version."""
    return services.templates.edit(caller, template, request)
