"""What one person has signed and a second one has to sign, too: who, what, old and new; confirmed or declined here."""

from __future__ import annotations

from blotter_records.contract.signing import ProposalView
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action
from jupyterhub.utils import url_path_join
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.pages.signing import SignedPage


class ProposalsPage(BlotterPage):
    """What waits for a second person, and was proposed or can be confirmed by this one."""

    @web.authenticated
    async def get(self) -> None:
        """Show the list."""
        proposals = await self.read(lambda client: client.proposals())
        await self.show("proposals.html", proposals=proposals)


class ProposalPage(SignedPage):
    """One proposal; it is signed on the records service's own page, in a frame of another origin."""

    @web.authenticated
    async def get(self, proposal: str) -> None:
        """Show what it would change, or what became of it."""
        await self._page(await self._proposal(proposal))

    @web.authenticated
    async def post(self, proposal: str) -> None:
        """Open the signing page, or decline."""
        # The id comes from the address, which the route has checked.
        act = self.get_argument("act", "sign")
        try:
            if act == "decline":
                why = self.typed_reason()
                await self.ask(lambda client: client.decline_proposal(proposal, **why))
                self.redirect(url_path_join(self.hub.base_url, "proposals", proposal))
                return
            intent = await self.prepare_signing(proposal, Action.PROPOSAL_COUNTERSIGN)
        except BlotterError as error:
            await self._page(await self._proposal(proposal), problem=error, act=act)
            return
        found = await self._proposal(proposal)
        title = f"{found.label}: {found.record}"
        await self.show_signing(intent, title=title, back=f"proposals/{proposal}", here="proposals")

    async def _proposal(self, proposal: str) -> ProposalView:
        return await self.read(lambda client: client.proposal(proposal))

    async def _page(self, proposal: ProposalView, *, problem: BlotterError | None = None, act: str = "") -> None:
        await self.show(
            "proposal.html",
            status=problem.status if problem is not None else 200,
            proposal=proposal,
            problem=problem,
            typed=self.typed_why() if problem is not None else {},
            act=act,
        )
