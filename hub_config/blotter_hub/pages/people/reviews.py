"""Access reviews: each account's roles are looked at, decided upon, and the whole is signed (11.10(d))."""

from __future__ import annotations

from blotter_records.contract.reviews import AccessReviewView
from blotter_records.errors import BlotterError, Invalid
from blotter_records.vocabulary import Action
from jupyterhub.utils import url_path_join
from tornado import web

from blotter_hub.pages.signing import SignedPage


class ReviewsPage(SignedPage):
    """The reviews, and the button that begins one."""

    @web.authenticated
    async def get(self) -> None:
        """Show the list."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Begin a review."""
        try:
            begun = await self.ask(lambda client: client.begin_access_review())
        except BlotterError as error:
            await self._page(error)
            return
        self.redirect(url_path_join(self.hub.base_url, "system/access-reviews", begun.review))

    async def _page(self, problem: BlotterError | None = None) -> None:
        reviews = await self.read(lambda client: client.access_reviews())
        await self.show(
            "system/reviews.html",
            status=problem.status if problem is not None else 200,
            reviews=reviews,
            problem=problem,
        )


class ReviewPage(SignedPage):
    """One review: the accounts as they stood when it was begun."""

    @web.authenticated
    async def get(self, review: str) -> None:
        """Show it."""
        await self._page(await self._review(review))

    @web.authenticated
    async def post(self, review: str) -> None:
        """Open the signing page with what was decided."""
        found = await self._review(review)
        decided = {row.account: self.get_argument(f"decision-{row.account}", "") for row in found.rows}
        said = {row.account: self.get_argument(f"note-{row.account}", "")[:500] for row in found.rows}
        missing = [row.printed_name for row in found.rows if decided[row.account] not in {"keep", "change"}]
        if missing:
            problem = Invalid("review.undecided", f"Decide on {', '.join(missing[:5])}.", "Choose keep or change.")
            await self._page(found, problem=problem, decided=decided, said=said)
            return
        rows = [{"account": name, "decision": decided[name], "note": said[name]} for name in decided]
        try:
            intent = await self.prepare_signing(review, Action.USER_ACCESS_REVIEW_SIGN, {"rows": rows})
        except BlotterError as error:
            await self._page(found, problem=error, decided=decided, said=said)
            return
        title = f"Sign the access review {review}"
        await self.show_signing(intent, title=title, back=f"system/access-reviews/{review}", here="reviews")

    async def _review(self, review: str) -> AccessReviewView:
        return await self.read(lambda client: client.access_review(review))

    async def _page(
        self,
        review: AccessReviewView,
        *,
        problem: BlotterError | None = None,
        decided: dict[str, str] | None = None,
        said: dict[str, str] | None = None,
    ) -> None:
        await self.show(
            "system/review.html",
            status=problem.status if problem is not None else 200,
            review=review,
            problem=problem,
            decided=decided or {},
            said=said or {},
            typed=self.typed_why(),
            signed=await self.signed(),
        )
