"""What one person has signed and a second one has to sign, too: who, what, old and new; confirmed or declined here."""

from __future__ import annotations

from urllib.parse import urlsplit

from blotter_records.contract.signing import ProposalView, SigningIntentRequest, SigningIntentView
from blotter_records.errors import BlotterError, Refused
from blotter_records.vocabulary import Action
from jupyterhub.utils import url_path_join
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import shown

_MAX_TEXT = 2000


class ProposalsPage(BlotterPage):
    """What waits for a second person, and was proposed or can be confirmed by this one."""

    @web.authenticated
    async def get(self) -> None:
        """Show the list."""
        try:
            proposals = await self.ask(lambda client: client.proposals())
        except BlotterError as error:
            raise shown(error) from error
        await self.show("proposals.html", proposals=proposals)


class ProposalPage(BlotterPage):
    """One proposal; it is signed on the records service's own page, in a frame of another origin."""

    @web.authenticated
    async def get(self, proposal: str) -> None:
        """Show what it would change, or what became of it."""
        await self._page(await self._read(proposal))

    @web.authenticated
    async def post(self, proposal: str) -> None:
        """Open the signing page, or decline."""
        # The id comes from the address, which the route has checked.
        typed = {name: self.get_argument(name, "")[:_MAX_TEXT] for name in ("reason", "reason_code", "comment")}
        try:
            if self.get_argument("act", "") == "decline":
                await self.ask(lambda client: client.decline_proposal(proposal, typed["reason"], typed["reason_code"]))
                self.redirect(url_path_join(self.hub.base_url, "proposals", proposal))
                return
            request = SigningIntentRequest(record=proposal, action=Action.PROPOSAL_COUNTERSIGN, **typed)
            intent = await self.ask(lambda client: client.create_signing_intent(request))
        except BlotterError as error:
            await self._page(await self._read(proposal), problem=error, typed=typed)
            return
        await self._sign(await self._read(proposal), intent)

    async def _read(self, proposal: str) -> ProposalView:
        try:
            return await self.ask(lambda client: client.proposal(proposal))
        except BlotterError as error:
            raise shown(error) from error

    async def _page(
        self, proposal: ProposalView, *, problem: BlotterError | None = None, typed: dict[str, str] | None = None
    ) -> None:
        await self.show(
            "proposal.html",
            status=problem.status if problem is not None else 200,
            proposal=proposal,
            problem=problem,
            typed=typed or {},
            codes=[code.split(": ")[0] for code in self.session.reason_codes] if self.session else [],
        )

    async def _sign(self, proposal: ProposalView, intent: SigningIntentView) -> None:
        """Show the signing page in a frame; only its origin may be framed, and only here."""
        parts = urlsplit(intent.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin != self.settings["template_vars"]["signing_origin"]:
            raise shown(Refused("refused.signing_page", "This signing page is not the records service's."))
        policy = self.settings["headers"]["Content-Security-Policy"]
        self.set_header("Content-Security-Policy", f"{policy}; frame-src {origin}")
        await self.show("proposal_sign.html", proposal=proposal, intent=intent, origin=origin)
