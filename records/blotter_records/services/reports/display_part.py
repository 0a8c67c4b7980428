"""How the pictures of a report show an image: by the display that the result pins (formula B32), and in words.

The display is pinned with its revision when a version of a result is made, so a later one changes no report of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.domain.records import Display, Image, Json
from blotter_records.services.reports.dossier import Dossier
from blotter_records.services.reports.wording import six, utc


@dataclass(frozen=True)
class Shown:
    """How an image is shown.

    Parameters
    ----------
    low, high : float
        Window, counts.
    gamma : float
    is_inverted : bool
        The lower end is drawn in the light end of the colours.
    colour : str
    display : str or None
        The record; None where none was saved: the window then follows from the counts.
    version : int or None
    saved : str
        By whom and when, in words.
    """

    low: float
    high: float
    gamma: float = 1.0
    is_inverted: bool = True
    colour: str = "grey"
    display: str | None = None
    version: int | None = None
    saved: str = ""

    @property
    def window(self) -> tuple[float, float]:
        """Return the window, counts."""
        return self.low, self.high

    def told(self) -> str:
        """Return it in words."""
        ends = {True: "white", False: "black"} if self.colour == "grey" else {True: "light", False: "dark"}
        shown = f"{self.colour} from {six(self.low)} ({ends[self.is_inverted]}) to {six(self.high)} counts"
        gamma = f"gamma {six(self.gamma)}"
        if self.display is None:
            return f"{shown}, {gamma}; no display was saved when the result was made"
        return f"{shown}, {gamma}; display {self.display}, version {self.version}, {self.saved}"

    def as_json(self, image: str) -> Json:
        """Return it as the report's data.json has it."""
        names = ("low", "high", "gamma", "is_inverted", "colour", "display", "version")
        return {"image": image, **{name: getattr(self, name) for name in names}}


def shown(dossier: Dossier, image: Image) -> Shown:
    """Return how a report of a result shows an image of it."""
    pin = next((one["display"] for one in dossier.content.layers if one["image"]["record"] == image.image), None)
    if pin is None:
        low, high = image.percentile_0_1, image.percentile_99_9
        return Shown(low, high if low < high else low + 1)
    stream = f"display:{pin['record']}"
    saved = next(one for one in dossier.revisions if (one.stream, one.rev) == (stream, pin["rev"]))
    content = Display.from_json(saved.content)
    return Shown(
        content.low,
        content.high,
        content.gamma,
        content.is_inverted,
        content.colour,
        content.display,
        saved.rev,
        f"saved by {saved.subject.printed_name}, {utc(saved.entry.at)} UTC",
    )
