"""What has to be done again and again, and the certification letter to the agency (11.100(c))."""

from __future__ import annotations

from datetime import date

from blotter_records.errors import BlotterError, Invalid
from jupyterhub.utils import url_path_join
from pydantic import TypeAdapter, ValidationError
from tornado import web
from tornado.httputil import url_concat

from blotter_hub.pages.signing import MAX_TEXT, SignedPage

_FIELDS = ("sent_on", "address")


class TasksPage(SignedPage):
    """The due list."""

    @web.authenticated
    async def get(self) -> None:
        """Show it, what is overdue first."""
        tasks = await self.read(lambda client: client.tasks())
        await self.show("system/tasks.html", tasks=tasks)


class LettersPage(SignedPage):
    """The certification letters on file, and the form that keeps one."""

    @web.authenticated
    async def get(self) -> None:
        """Show them."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Keep a letter."""
        typed = {**{name: self.get_argument(name, "")[:MAX_TEXT] for name in _FIELDS}, **self.typed_reason()}
        files = self.request.files.get("letter", [])
        try:
            sent_on = TypeAdapter(date).validate_python(typed["sent_on"])
        except ValidationError:
            await self._page(Invalid("letter.date", "Say on which day it was sent."), typed)
            return
        if not files:
            await self._page(Invalid("letter.file", "Choose the file of the letter."), typed)
            return
        file = files[0]
        address, why = typed["address"][:400], self.typed_reason()
        try:
            await self.ask(
                lambda client: client.record_letter(
                    file["filename"][:200], file["body"], sent_on=sent_on, address=address, **why
                )
            )
        except BlotterError as error:
            await self._page(error, typed)
            return
        self.redirect(url_concat(url_path_join(self.hub.base_url, "system/letters"), {"done": "yes"}))

    async def _page(self, problem: BlotterError | None = None, typed: dict[str, str] | None = None) -> None:
        letters = await self.read(lambda client: client.letters())
        await self.show(
            "system/letters.html",
            status=problem.status if problem is not None else 200,
            letters=letters,
            problem=problem,
            typed=typed or {},
            done=self.get_query_argument("done", "") == "yes",
        )
