"""Bundles before a result is archived: the bundle is of the result as it stands, and it verifies (C2, row 17)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from blotter_records.contract.exports import BundleVerified
from blotter_records.domain.records import Export, Result
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.copies.exports import check_seen, found
from blotter_records.vocabulary import Action, BundleScope, ExportKind

#: Returns the faults of a bundle's file; none means that everything verifies.
VerifyBundle = Callable[[Path], list[str]]


class Archiving:
    """Verifies bundles that were made here."""

    def __init__(self, ledger: Ledger, store: Store, *, gate: Gate, verify: VerifyBundle) -> None:
        self._ledger = ledger
        self._store = store
        self._gate = gate
        self._verify = verify

    def verify(self, actor: Actor, export: str) -> BundleVerified:
        """Let a bundle's own verifier check a bundle. Raises ``NotFound``, ``Invalid('export.kind')``."""
        with self._gate.acting(actor, Action.BUNDLE_VERIFY, f"export:{export}") as acting:
            with self._ledger.begin() as work:
                content = Export.from_json(found(work, export).content)
                check_seen(work, acting, content)
            if content.export_kind != ExportKind.BUNDLE:
                raise Invalid("export.kind", f"{export} is no bundle.")
            faults = self._faults(content.sha256)
        return BundleVerified(export=export, sha256=content.sha256, is_good=not faults, faults=faults)

    def check(self, work: UnitOfWork, result: Result, export: str) -> None:
        """Check that a bundle is of a result as it stands.

        Raises
        ------
        Invalid
            ``result.bundle``: no bundle of this result, or one of how it was before its last change.
        """
        revision = work.latest(f"export:{export}")
        content = Export.from_json(revision.content) if revision is not None else None
        if content is None or (content.scope, content.record) != (BundleScope.RESULT, result.result):
            raise Invalid("result.bundle", f"{export} is no bundle of {result.result}.")
        newest = work.latest(f"result:{result.result}")
        assert newest is not None
        if newest.entry.number is None or newest.entry.number > content.upto:
            raise Invalid("result.bundle", f"{export} is of {result.result} before its last change: export it again.")

    def prove(self, export: str) -> None:
        """Let the bundle verify itself. Raises ``Conflict('conflict.bundle')`` with the first faults."""
        with self._ledger.begin() as work:
            content = Export.from_json(found(work, export).content)
        faults = self._faults(content.sha256)
        if faults:
            raise Conflict("conflict.bundle", f"{export} does not verify: {'; '.join(faults[:3])}.")

    def _faults(self, sha256: str) -> list[str]:
        path = self._store.local_path(sha256)
        if path is not None:
            return self._verify(path)
        with tempfile.NamedTemporaryFile(suffix=".zip") as file:
            for piece in self._store.open(sha256):
                file.write(piece)
            file.flush()
            return self._verify(Path(file.name))
