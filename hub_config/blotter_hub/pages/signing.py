"""Pages that lead to a signature: prepared here, signed in a frame of the records service's own origin (11.200(a))."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.signing import SigningIntentRequest, SigningIntentView
from blotter_records.errors import BlotterError, Refused
from blotter_records.vocabulary import Action

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import shown

#: Longest text that a form takes: that of a reason or comment in the contract.
MAX_TEXT = 2000
_LIMITS = {"reason": MAX_TEXT, "reason_code": 40}
_INTENT = re.compile(r"[A-Za-z0-9_-]{1,100}\Z")


class SignedPage(BlotterPage):
    """Base of pages with signed actions."""

    def typed_why(self) -> dict[str, str]:
        """Return reason, its code and comment as typed, cut at what the contract takes."""
        return {**self.typed_reason(), "comment": self.get_argument("comment", "")[:MAX_TEXT]}

    def typed_reason(self) -> dict[str, str]:
        """Return reason and code as typed: what an action asks for that is not signed."""
        return {name: self.get_argument(name, "")[:limit] for name, limit in _LIMITS.items()}

    async def configuration(self) -> ConfigurationView:
        """Return roles and policies as they are for sessions that are opened now. Raises ``ShownError``."""
        return await self.read(lambda client: client.configuration())

    async def prepare_signing(
        self, record: str, action: Action, details: dict[str, object] | None = None
    ) -> SigningIntentView:
        """Ask the service for a signing page with the reason typed. Raises what the service raises."""
        typed = self.typed_why()
        request = SigningIntentRequest(record=record, action=action, details=details or {}, **typed)
        return await self.ask(lambda client: client.create_signing_intent(request))

    async def show_signing(self, intent: SigningIntentView, *, title: str, back: str, here: str) -> None:
        """Show the signing page in a frame; only its origin may be framed, and only here.

        Parameters
        ----------
        title : str
            What is signed, as people read it.
        back : str
            Where the page leads afterwards, below the hub's base address; it is told the intent as ``signed``.
        here : str
            Name of the page in the navigation.
        """
        parts = urlsplit(intent.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin != self.settings["template_vars"]["signing_origin"]:
            raise shown(Refused("refused.signing_page", "This signing page is not the records service's."))
        policy = self.settings["headers"]["Content-Security-Policy"]
        self.set_header("Content-Security-Policy", f"{policy}; frame-src {origin}")
        after = f"{back}{'&' if '?' in back else '?'}{urlencode({'signed': intent.intent})}"
        await self.show("sign.html", title=title, intent=intent, origin=origin, back=back, after=after, here=here)

    async def signed(self) -> SigningIntentView | None:
        """Return what became of the signing page from which the person comes, or None."""
        given = self.get_query_argument("signed", "")
        if not _INTENT.match(given):
            return None
        try:
            return await self.ask(lambda client: client.signing_intent(given))
        except BlotterError:
            return None  # of another session, or long gone: the page itself shows how things stand
