"""The templates that a release brings (interface design, section 5).

A cell is a command, or Markdown; the records in the commands are examples, which a person replaces by the own ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.notebooks import Cell
from blotter_records.vocabulary import Role

_IMAGE, _RESULT = 'image="IMG-000001"', 'result="RES-000001"'
_MAKERS = (Role.ANALYST, Role.SUPERVISOR)
_LABORATORY = (*_MAKERS, Role.REVIEWER, Role.APPROVER)


@dataclass(frozen=True)
class ShippedTemplate:
    """A template of this release.

    Parameters
    ----------
    key : str
        Under which later releases find it; never changed.
    cells : tuple of str or (str, str)
        A command with its cell's id, or Markdown (ids are counted).
    widgets : tuple of str
        Those of the commands, and what may be used besides.
    """

    key: str
    name: str
    purpose: str
    roles: tuple[Role, ...]
    parts: tuple[str | tuple[str, str], ...]
    widgets: tuple[str, ...] = field(default=())

    def cells(self) -> list[Cell]:
        """Return the cells."""
        made, texts = [], 0
        for part in self.parts:
            if isinstance(part, tuple):
                made.append(Cell(cell_type="code", id=part[0], source=part[1]))
            else:
                made.append(Cell(cell_type="markdown", id=f"step-{texts}" if texts else "title", source=part))
                texts += 1
        return made

    def may_use(self) -> list[str]:
        """Return the widgets of the commands, and those besides."""
        called = [part[1].partition("(")[0] for part in self.parts if isinstance(part, tuple)]
        return sorted({*called, *self.widgets})


_IMPORT, _BROWSE = ("import", "ImportImage()"), ("browse", "ImageBrowser()")
_VIEW, _MAKE = ("view", f"ImageViewer({_IMAGE})"), ("result", f"Result({_IMAGE})")
_SIGN, _LOG = ("sign", f"Sign({_RESULT})"), ("log", f"ImageLog({_IMAGE})")
_EXPORT = ("export", f"ExportPdf({_RESULT})")
_STUDY = ("study", 'Study(study="STU-000001")')
_HOW = (
    "Each cell below is one widget. Run a cell with Shift+Enter. Change what stands in quotes to work on another image."
)
_END = (
    "## 3. Result and signature\n\nMake a result from the saved versions, then sign it.",
    _MAKE,
    _SIGN,
    "## 4. Log and report",
    _LOG,
    _EXPORT,
)

SHIPPED_TEMPLATES = (
    ShippedTemplate(
        "quantify_a_gel",
        "Quantify a gel",
        "One image: import, measure bands, result, signature, report.",
        _LABORATORY,
        (
            f"# Quantify a gel\n\n{_HOW}",
            "## 1. Image\n\nImport a TIFF file, or pick an image that is there already.",
            _IMPORT,
            _BROWSE,
            "## 2. Bands\n\nDraw a rectangle around each band, then save a version of the analysis.",
            _VIEW,
            *_END,
        ),
        tuple(SPECIFICATIONS),
    ),
    ShippedTemplate(
        "two_colour_western",
        "Two-colour western",
        "Target and reference in two channels of one membrane.",
        _MAKERS,
        (
            f"# Two-colour western\n\n{_HOW}",
            (
                "## 1. Images\n\nImport the image of each channel, and say with each which membrane and probing "
                "round it is of."
            ),
            _STUDY,
            _IMPORT,
            _BROWSE,
            (
                "## 2. Bands\n\nMeasure the target in one channel and the reference in the other, lane by lane "
                "with the same labels. Save a version of each."
            ),
            ("target", f"ImageViewer({_IMAGE})"),
            ("reference", 'ImageViewer(image="IMG-000002")'),
            *_END,
        ),
    ),
    ShippedTemplate(
        "total_protein_normalisation",
        "Total-protein normalisation",
        "A target beside the stain of the whole lane.",
        _MAKERS,
        (
            f"# Total-protein normalisation\n\n{_HOW}",
            "## 1. Images\n\nImport the image of the stain and that of the target; both are of one membrane.",
            _STUDY,
            _IMPORT,
            _BROWSE,
            (
                "## 2. Lanes and bands\n\nDraw one rectangle around the whole of each lane on the stain, and one "
                "around each band of the target, with the lane's label. Save a version of each."
            ),
            ("stain", f"ImageViewer({_IMAGE})"),
            ("target", 'ImageViewer(image="IMG-000002")'),
            *_END,
        ),
    ),
    ShippedTemplate(
        "dot_blot_plate",
        "Dot blot / plate",
        "Dots or wells on a grid.",
        _MAKERS,
        (
            f"# Dot blot / plate\n\n{_HOW}",
            "## 1. Image\n\nMake the plate or membrane in the study, then import its image.",
            _STUDY,
            _IMPORT,
            _BROWSE,
            (
                "## 2. Dots\n\nDraw a shape of the same size around each dot or well and label it as on the plate: A1, "
                "A2 and so on. Save a version."
            ),
            _VIEW,
            *_END,
        ),
    ),
    ShippedTemplate(
        "in_cell_western",
        "In-Cell Western",
        "Fixed cells in a plate: target and cell stain, well by well.",
        _MAKERS,
        (
            f"# In-Cell Western\n\n{_HOW}",
            "## 1. Images\n\nImport the target's channel and that of the cell stain of one plate.",
            _STUDY,
            _IMPORT,
            _BROWSE,
            (
                "## 2. Wells\n\nMeasure each well in both channels, with the same labels. Wells without antibody are "
                "the background. Save a version of each."
            ),
            ("target", f"ImageViewer({_IMAGE})"),
            ("stain", 'ImageViewer(image="IMG-000002")'),
            *_END,
        ),
    ),
    ShippedTemplate(
        "acquire",
        "Acquire from the instrument",
        "A new image, into its study.",
        _MAKERS,
        (
            "# Acquire from the instrument\n\nThe instrument's agent must be running and the instrument switched on.",
            "## 1. Place\n\nPick the study, the membrane and the probing round to which the image belongs.",
            ("studies", "Studies()"),
            (
                "## 2. Image\n\nChoose instrument and settings, then acquire. The scan goes on when this notebook is "
                "closed; run the cell again to see how far it is."
            ),
            ("acquire", "AcquireImage()"),
            _BROWSE,
            "## 3. Look at it\n\nIs it whole, in focus, and is nothing saturated?",
            _VIEW,
            _LOG,
        ),
        ("ImportImage", "Study"),
    ),
    ShippedTemplate(
        "review_and_approve",
        "Review and approve",
        "Look at a result, its image and its log; then sign or return it.",
        (Role.SUPERVISOR, Role.REVIEWER, Role.APPROVER),
        (
            (
                "# Review and approve\n\nChange what stands in quotes to look at another result. Nothing can be "
                "measured or changed here that belongs to the author."
            ),
            "## 1. The result and what it is of",
            _MAKE,
            _VIEW,
            (
                "## 2. What was done\n\nLook through every group of entries, tick it, comment what is flagged, and "
                "sign the review there. The log below has everything, also who looked."
            ),
            ("trail", f"ReviewTrail({_RESULT})"),
            _LOG,
            "## 3. Approve it, or return it",
            _SIGN,
            _EXPORT,
        ),
        ("ImageBrowser", "Studies", "Study"),
    ),
    ShippedTemplate(
        "inspectors_view",
        "Inspector's view",
        "Read studies, images, logs and reports; nothing that changes a record.",
        (Role.APPROVER, Role.AUDITOR, Role.RECORDS_MANAGER),
        (
            (
                "# Inspector's view\n\nEverything here is for reading. Change what stands in quotes to look at "
                "another record."
            ),
            "## 1. Studies and images",
            ("studies", "Studies()"),
            _BROWSE,
            "## 2. An image, its results and its log",
            _VIEW,
            _MAKE,
            _LOG,
            "## 3. Report",
            _EXPORT,
        ),
        ("ReviewTrail", "Study"),
    ),
)
