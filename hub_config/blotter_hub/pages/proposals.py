"""What one person has signed and a second one has to sign, too: who, what, old and new; confirmed or declined here."""

from __future__ import annotations

from blotter_records.contract.signing import ProposalView
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action
from jupyterhub.utils import url_path_join
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import shown


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


class ProposalPage(SignedPage):
    """One proposal; it is signed on the records service's own page, in a frame of another origin."""

    @web.authenticated
    async def get(self, proposal: str) -> None:
        """Show what it would change, or what became of it."""
        await self._page(await self._read(proposal))

    @web.authenticated
    async def post(self, proposal: str) -> None:
        """Open the signing page, or decline."""
        # The id comes from the address, which the route has checked.
        typed = self.typed_reason()
        try:
            if self.get_argument("act", "") == "decline":
                await self.ask(lambda client: client.decline_proposal(proposal, typed["reason"], typed["reason_code"]))
                self.redirect(url_path_join(self.hub.base_url, "proposals", proposal))
                return
            intent = await self.prepare_signing(proposal, Action.PROPOSAL_COUNTERSIGN)
        except BlotterError as error:
            await self._page(await self._read(proposal), problem=error, typed=typed)
            return
        found = await self._read(proposal)
        title = f"{found.label}: {found.record}"
        await self.show_signing(intent, title=title, back=f"proposals/{proposal}", here="proposals")

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
            codes=self.reason_codes,
        )
