"""Signature requirements: which action is signed with which meaning, asks why, and needs a second person."""

from __future__ import annotations

from blotter_records.contract.configuration import SignatureRequirementView
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action
from tornado import web

from blotter_hub.pages.rules.policies import CONFIGURATION, REASON_RULES
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

AREAS = {"self": "Own desk", "site": "Installation", "study": "Studies and their data"}


class RequirementsPage(SignedPage):
    """The catalogue of actions with what each asks of the person."""

    @web.authenticated
    async def get(self) -> None:
        """Show the actions, area by area."""
        configuration = await self.configuration()
        only_signed = self.get_query_argument("signed_only", "") == "yes"
        actions = [one for one in configuration.actions if one.meaning is not None or not only_signed]
        await self.show(
            "system/requirements.html",
            configuration=configuration,
            areas=[(label, [one for one in actions if one.scope == area]) for area, label in AREAS.items()],
            only_signed=only_signed,
            extra={one.action: one for one in configuration.signature_requirements},
            rules={one.name.removeprefix(REASON_RULES) for one in configuration.policies if len(one.choices) > 1},
            signed=await self.signed(),
        )


class RequirementPage(SignedPage):
    """What the signature of one action asks for, with the form."""

    @web.authenticated
    async def get(self, action: str) -> None:
        """Show it."""
        await self._page(await self._row(action))

    @web.authenticated
    async def post(self, action: str) -> None:
        """Open the signing page with what was ticked."""
        row = await self._row(action)
        details: dict[str, object] = {"action": action, **self._ticked()}
        try:
            intent = await self.prepare_signing(CONFIGURATION, Action.SIGNATURE_REQUIREMENT_EDIT, details)
        except BlotterError as error:
            await self._page(row, error)
            return
        back = "system/signature-requirements"
        await self.show_signing(intent, title=f"Signature of “{row.label}”", back=back, here="requirements")

    def _ticked(self) -> dict[str, bool]:
        # Named unlike the comment of this form's own signature.
        return {name: self.get_argument(f"asks_{name}", "") == "yes" for name in ("comment", "code")}

    async def _row(self, action: str) -> SignatureRequirementView:
        configuration = await self.configuration()
        found = [one for one in configuration.signature_requirements if one.action == action]
        if not found:
            raise ShownError(404, "This action is not signed.")
        return found[0]

    async def _page(self, row: SignatureRequirementView, problem: BlotterError | None = None) -> None:
        await self.show(
            "system/requirement.html",
            status=problem.status if problem is not None else 200,
            row=row,
            chosen=self._ticked() if problem is not None else {"comment": row.comment, "code": row.code},
            problem=problem,
            typed=self.typed_why() if problem is not None else {},
        )
