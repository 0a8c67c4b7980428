"""The widgets that a cell may name, and the arguments each one takes.

One table for everybody who reads a cell: the gate in front of the kernel, the notebook store and the kernel itself
(whose registry joins a widget class to each row). It is pure data: nothing here imports a widget.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from blotter_records.contract.base import AnalysisId, ImageId, ProtocolId, ResultId, StudyId


class Arguments(BaseModel):
    """Base of the arguments of a widget: named, typed without conversion, nothing beside them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoArguments(Arguments):
    """A widget without arguments."""


class OfAnalysis(Arguments):
    """A widget about one analysis."""

    analysis: AnalysisId


class OfImage(Arguments):
    """A widget about one image."""

    image: ImageId


class OfResult(Arguments):
    """A widget about one result."""

    result: ResultId


class OfStudy(Arguments):
    """A widget about one study."""

    study: StudyId


class OfStudyAndProtocol(Arguments):
    """A widget about one protocol in one study."""

    study: StudyId
    protocol: ProtocolId


@dataclass(frozen=True)
class WidgetSpecification:
    """What a cell may say about one widget.

    Parameters
    ----------
    name : str
        The class name that a cell calls.
    arguments : type of Arguments
        Model of its keyword arguments.
    summary : str
        One line for completion, help and the documentation.
    example : str
        A cell that is right.
    """

    name: str
    arguments: type[Arguments]
    summary: str
    example: str


@dataclass(frozen=True)
class Command:
    """A cell that was read: which widget, with which arguments (already validated)."""

    name: str
    arguments: Arguments


_ROWS = (
    WidgetSpecification(
        "AcquireImage", NoArguments, "Acquires on an instrument, with progress and cancel.", "AcquireImage()"
    ),
    WidgetSpecification(
        "BandTable",
        OfAnalysis,
        "Shows an analysis as a table, sets its quantities, draws its charts, exports both.",
        'BandTable(analysis="ANL-000001")',
    ),
    WidgetSpecification("ExportPdf", OfResult, "Makes the PDF report of a result.", 'ExportPdf(result="RES-000001")'),
    WidgetSpecification("ImageBrowser", NoArguments, "Lists the images you may see.", "ImageBrowser()"),
    WidgetSpecification(
        "ImageLog",
        OfImage,
        "Shows the audit trail of an image and what was made from it.",
        'ImageLog(image="IMG-000001")',
    ),
    WidgetSpecification(
        "ImageViewer", OfImage, "Shows an image and measures shapes on it.", 'ImageViewer(image="IMG-000001")'
    ),
    WidgetSpecification("ImportImage", NoArguments, "Imports an image file.", "ImportImage()"),
    WidgetSpecification("Result", OfImage, "Makes and shows the results of an image.", 'Result(image="IMG-000001")'),
    WidgetSpecification(
        "ReviewTrail",
        OfResult,
        "Reviews the audit trail of a result: what changed since the last review, the riskiest first.",
        'ReviewTrail(result="RES-000001")',
    ),
    WidgetSpecification(
        "RunProtocol",
        OfStudyAndProtocol,
        "Makes analyses of a study's images by an analysis protocol, one by one.",
        'RunProtocol(study="STU-000001", protocol="PRT-000001")',
    ),
    WidgetSpecification("Sign", OfResult, "Signs the next step of a result.", 'Sign(result="RES-000001")'),
    WidgetSpecification("Studies", NoArguments, "Lists the studies you may see, makes one, searches.", "Studies()"),
    WidgetSpecification(
        "Study",
        OfStudy,
        "Shows a study: members, samples, membranes with lanes, probing rounds, acquisitions.",
        'Study(study="STU-000001")',
    ),
)

#: By name; the whole of what a cell may call.
SPECIFICATIONS: dict[str, WidgetSpecification] = {row.name: row for row in _ROWS}
