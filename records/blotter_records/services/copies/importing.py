"""Bringing a bundle of another installation in: verified, recomputed, kept as it is (11.10(b)).

Nothing of it becomes a record of this installation: the bundle lies in the store under its digest, one record says
that it is there, and a study of its own decides who may read it.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from blotter_records.contract.copies import CopyNumbers, CopyView
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Copy, Json, Study
from blotter_records.errors import Conflict, TooLarge
from blotter_records.ports.entries import Revision
from blotter_records.ports.files import Store, StoredFile
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.bundles.bag import pieces_of
from blotter_records.services.copies.numbers import CopiedPixels, recomputed
from blotter_records.services.copies.opened import OpenedBundle
from blotter_records.services.copies.showing import copy_view
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.images.sealing import checked_file_name
from blotter_records.services.studies.studies import add_study, data_roles
from blotter_records.vocabulary import Action, BundleScope, RecordKind, StudyKind

#: Returns the faults of a bundle's file, checked with a key from elsewhere if one is given.
VerifyWithKey = Callable[[Path, str | None], list[str]]
_STREAM = "copy"


@dataclass(frozen=True)
class BringAsked:
    """A bundle that is to be brought in, as it was checked before a byte was taken.

    ``verifier_key`` is the other laboratory's, got by another way than the bundle; empty: the one in the bundle.
    """

    file_name: str
    verifier_key: str
    reason: Reason


class Importing:
    """Brings bundles in."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        *,
        gate: Gate,
        pixels: Pixels,
        verify: VerifyWithKey,
        origin: str,
        max_bytes: int,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._gate = gate
        self._pixels = pixels
        self._verify = verify
        self._origin = origin
        self._max_bytes = max_bytes

    def begin(self, actor: Actor, file_name: str, verifier_key: str, reason: str, reason_code: str = "") -> BringAsked:
        """Check, before a byte is taken, that the import may be. Raises ``Refused``, ``Invalid``."""
        with self._gate.acting(actor, Action.BUNDLE_IMPORT, _STREAM) as acting:
            given = acting.reason(reason, reason_code)
            return BringAsked(checked_file_name(file_name), verifier_key.strip(), given)

    @asynccontextmanager
    async def receive(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Path]:
        """Take a bundle into a file that is gone afterwards: nothing is kept before it has verified.

        Raises
        ------
        TooLarge
            ``bundle.too_large``.
        """
        with tempfile.NamedTemporaryFile(prefix="blotter-copy-", suffix=".zip") as file:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if size > self._max_bytes:
                    raise TooLarge("bundle.too_large", f"More than {self._max_bytes:,} bytes were sent.")
                await asyncio.to_thread(file.write, chunk)
            file.flush()
            yield Path(file.name)

    def bring_in(self, actor: Actor, asked: BringAsked, path: Path) -> CopyView:
        """Verify a bundle, compute its numbers again, keep it.

        Raises
        ------
        Conflict
            ``conflict.bundle``: it does not verify, and the first faults; ``conflict.copy``: it was brought in
            before, is of this installation, or holds a user log. Each is written to the trail.
        """
        stored = _measured(path)
        # Each bundle that is refused is an entry of its own: they do not count as repetitions of one another.
        with self._gate.acting(actor, Action.BUNDLE_IMPORT, f"{_STREAM}:{stored.sha256}") as acting:
            self._check_new(stored)
            faults = self._verify(path, asked.verifier_key or None)
            if faults:
                said = f"{asked.file_name} (SHA-256 {stored.sha256}) does not verify: {'; '.join(faults[:3])}"
                raise Conflict("conflict.bundle", f"{said[:1500]}.", "Ask for the bundle again; nothing was kept.")
            bundle = OpenedBundle(lambda: path.open("rb"))
            about = bundle.json("data/bundle.json")
            self._check_is_foreign(about)
            numbers = recomputed(bundle, CopiedPixels(self._pixels, bundle))
            self._store.put_file(path)
            with self._ledger.begin() as work:
                revision = self._write(work, acting, asked, stored, bundle, numbers)
                view = copy_view(revision)
                work.commit()
        return view

    def _check_new(self, stored: StoredFile) -> None:
        with self._ledger.begin() as work:
            known = work.record_of_name("bundle", stored.sha256)
        if known is not None:
            raise _is_there(stored, known)

    def _check_is_foreign(self, about: Json) -> None:
        if about["installation"] == self._origin:
            raise Conflict("conflict.copy", "This bundle is of this installation: its records are here.")
        if about["scope"] == BundleScope.USERS:
            raise Conflict("conflict.copy", "A user log is read with its own verifier; it is not brought in.")

    def _write(
        self,
        work: UnitOfWork,
        acting: Acting,
        asked: BringAsked,
        stored: StoredFile,
        bundle: OpenedBundle,
        numbers: CopyNumbers,
    ) -> Revision:
        """Write the study that holds the copy, and the copy."""
        actor, about = acting.actor, bundle.json("data/bundle.json")
        copy, study = work.next_id(RecordKind.COPY), work.next_id(RecordKind.STUDY)
        if not work.claim_name("bundle", stored.sha256, copy):
            raise _is_there(stored, work.record_of_name("bundle", stored.sha256) or "a copy")
        add_study(
            work, actor, acting.role, _study(actor, study, copy, about, asked), acting.action, reason=asked.reason
        )
        content = Copy(
            copy=copy,
            study=study,
            title=about["title"],
            scope=about["scope"],
            record=about["record"],
            installation=about["installation"],
            bundle_sha256=stored.sha256,
            bundle_bytes=stored.bytes,
            manifest_sha256=bundle.manifest_sha256,
            file_name=asked.file_name,
            software=about["software"],
            made_at=about["made_at"],
            made_by=about["made_by"],
            checkpoint=bundle.read("data/trail/checkpoint.txt").decode(),
            verifier_key=bundle.read("data/trail/verifier-key.txt").decode().strip(),
            is_key_confirmed=bool(asked.verifier_key),
            entries=about["entries"],
            upto=about["upto"],
            counts=dict(sorted(Counter(kind for kind, _ in bundle.records).items())),
            numbers=numbers.model_dump(mode="json"),
            imported_by=actor.person(),
            imported_by_name=actor.name(),
            reason=asked.reason.text,
        )
        ending = "all reproduced" if numbers.is_reproduced else f"{numbers.differing} differ"
        revision = write(
            work,
            actor,
            acting.role,
            acting.action,
            content,
            record_id=copy,
            expected_rev=0,
            version=1,
            new={name: value for name, value in content.as_json().items() if name != "numbers"},
            reason=asked.reason,
            summary=f"Brought in {asked.file_name} as {copy}: {about['title']} of {about['installation']}, made by "
            f"{about['made_by']}; {stored.bytes} bytes, SHA-256 {stored.sha256}; {numbers.numbers} numbers computed "
            f"again, {ending}",
        )
        work.derive(f"study:{study}", revision.stream)
        return revision


def _measured(path: Path) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    for piece in pieces_of(path):
        digest.update(piece)
        size += len(piece)
    return StoredFile(digest.hexdigest(), size)


def _is_there(stored: StoredFile, copy: str) -> Conflict:
    return Conflict("conflict.copy", f"This bundle (SHA-256 {stored.sha256}) is here already, as {copy}.")


def _study(actor: Actor, study: str, copy: str, about: Json, asked: BringAsked) -> Study:
    return Study(
        study=study,
        title=f"Copy: {about['title']}"[:200],
        study_kind=StudyKind.COPY.value,
        purpose="",
        members=[{"account": actor.person(), "roles": data_roles(actor)}],
        retention_class="copy, as policy",
        retention_years=actor.configuration.policies.retention_years,
        created_by=actor.person(),
        created_by_name=actor.name(),
        reason=asked.reason.text,
        copied_from={
            "copy": copy,
            "installation": about["installation"],
            "scope": about["scope"],
            "record": about["record"],
        },
    )
