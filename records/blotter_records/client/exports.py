"""Reports, bundles, and their bytes."""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.client.calls import Calls
from blotter_records.client.transport import LONG_S
from blotter_records.contract.exports import BundleVerified, ExportView, UserLogFileRequest, UserLogRequest


class ExportCalls(Calls):
    """Calls about what leaves the installation."""

    def make_report(self, result: str) -> ExportView:
        """Make the PDF report of a result."""
        return self._send(ExportView, "POST", f"/results/{result}/report")

    def make_bundle(self, result: str) -> ExportView:
        """Make the export bundle of a result."""
        return self._send(ExportView, "POST", f"/results/{result}/bundle", wait_s=LONG_S)

    def make_image_bundle(self, image: str) -> ExportView:
        """Make the export bundle of an image: everything made from it, and what its results pin."""
        return self._send(ExportView, "POST", f"/images/{image}/bundle", wait_s=LONG_S)

    def make_study_bundle(self, study: str) -> ExportView:
        """Make the export bundle of a study, all of it."""
        return self._send(ExportView, "POST", f"/studies/{study}/bundle", wait_s=LONG_S)

    def make_user_log_bundle(self, asked: UserLogRequest | None = None) -> ExportView:
        """Make the export bundle of the user log, or of what a filter leaves of it."""
        return self._send(ExportView, "POST", "/trail/users/bundle", asked or UserLogRequest(), wait_s=LONG_S)

    def make_user_log_file(self, asked: UserLogFileRequest) -> ExportView:
        """Make the user log, or what a filter leaves of it, as CSV, JSON or PDF."""
        return self._send(ExportView, "POST", "/trail/users/file", asked, wait_s=LONG_S)

    def export(self, export: str) -> ExportView:
        """Return what an export is."""
        return self._get(ExportView, f"/exports/{export}")

    def export_file(self, export: str) -> Iterator[bytes]:
        """Yield the bytes of an export."""
        with self._transport.stream(f"/exports/{export}/file") as answer:
            yield from answer.iter_bytes()

    def verify_bundle(self, export: str) -> BundleVerified:
        """Let the bundle's own verifier check a bundle that was made here."""
        return self._send(BundleVerified, "POST", f"/exports/{export}/verification", wait_s=LONG_S)
