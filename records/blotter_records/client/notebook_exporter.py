"""``jupyter nbconvert --to blotter-pdf``: the report of the result that a notebook is about.

The notebook only says which result; what is printed comes from the records, as for every other report. It is made by
the records service with the person's own token, and is in the trail.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from traitlets import Unicode, default

from blotter_records.client.records import RecordsClient
from blotter_records.contract.commands import OfResult
from blotter_records.contract.grammar import parse
from blotter_records.errors import Invalid, Refused


def result_of(notebook: Mapping[str, Any]) -> str:
    """Return the result that a notebook is about: ``metadata.blotter.result``, or the one that its cells name.

    Raises
    ------
    Invalid
        ``notebook.result`` if it names none, or several.
    """
    named = (notebook.get("metadata", {}).get("blotter") or {}).get("result")
    if named:
        return OfResult(result=named).result
    found: dict[str, None] = {}
    for cell in notebook.get("cells", []):
        if cell["cell_type"] != "code":
            continue
        try:
            command = parse("".join(cell["source"]))
        except Refused:
            continue  # the gate would have refused it: it says nothing about a result
        if command is not None and isinstance(command.arguments, OfResult):
            found[command.arguments.result] = None
    if len(found) != 1:
        said = f"names {', '.join(found)}" if found else "names none"
        raise Invalid(
            "notebook.result",
            f"A report is about one result; this notebook {said}.",
            "Give --BlotterPdfExporter.result=RES-000001.",
        )
    return next(iter(found))


class BlotterPdfExporter(Exporter):
    """Asks the records service for the report."""

    export_from_notebook = "Report of the result (PDF)"
    output_mimetype = "application/pdf"

    api_url = Unicode(help="Address of the records service; default: BLOTTER_API_URL.").tag(config=True)
    token_file = Unicode(help="File with the session token; default: BLOTTER_SESSION_TOKEN_FILE.").tag(config=True)
    result = Unicode(help="The result; default: the one that the notebook names.").tag(config=True)

    @default("file_extension")
    def _file_extension(self) -> str:
        return ".pdf"

    @default("api_url")
    def _api_url(self) -> str:
        return os.environ.get("BLOTTER_API_URL", "http://127.0.0.1:8001")

    @default("token_file")
    def _token_file(self) -> str:
        return os.environ.get("BLOTTER_SESSION_TOKEN_FILE", "")

    def from_notebook_node(  # type: ignore[override]  # exporters of bytes return them, whatever the base class says
        self, nb: NotebookNode, resources: ResourcesDict | dict[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the PDF and nbconvert's resources.

        Raises
        ------
        BlotterError
            As the records service answers; ``Invalid('notebook.result')``.
        """
        _, made = super().from_notebook_node(nb, resources, **kw)
        result = OfResult(result=self.result).result if self.result else result_of(nb)
        token = Path(self.token_file).read_text().strip() if self.token_file else os.environ["BLOTTER_SESSION_TOKEN"]
        with RecordsClient(self.api_url, token=token) as records:
            export = records.make_report(result)
            pdf = b"".join(records.export_file(export.export))
        made["metadata"]["name"] = export.file_name.removesuffix(".pdf")
        return pdf, made
