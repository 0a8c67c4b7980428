"""Applying a protocol to an image: a whole analysis by its effective version, in the name of who asks, or nothing.

Each step is an entry of its own that names protocol and version, as if the person had done it by hand: start,
background, lanes and bands, quantities. All of them are one commit.
"""

from __future__ import annotations

from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.protocols import Application, ProtocolApply, ProtocolMethod
from blotter_records.densitometry.finding import FindingParameters, FoundBlot, find_blot
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.drafts import effective_of
from blotter_records.domain.protocols import pin_of
from blotter_records.domain.records import Analysis, AnalysisProtocol, Image, Json
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.analyses.allowed import usable
from blotter_records.services.analyses.departures import differences
from blotter_records.services.analyses.showing import analysis_view
from blotter_records.services.images import lineage
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.protocols.making import Making
from blotter_records.services.protocols.protocols import found
from blotter_records.services.quantities.inputs import lanes_of, membrane_of
from blotter_records.services.studies import studies
from blotter_records.vocabulary import Action, RecordKind

_ALL = 2**31 - 1


class ApplyingProtocols:
    """Makes analyses by protocols, and lists them."""

    def __init__(self, ledger: Ledger, *, gate: Gate, pixels: Pixels) -> None:
        self._ledger = ledger
        self._gate = gate
        self._pixels = pixels

    def apply(self, actor: Actor, protocol: str, request: ProtocolApply) -> AnalysisView:
        """Make an analysis of an image as the protocol's effective version says.

        Raises
        ------
        NotFound, Refused, Conflict
            As starting and changing an analysis; ``conflict.protocol``: retired, no effective version, or another
            than the one that was seen.
        Invalid
            ``protocol.channel``, ``protocol.lanes``, ``protocol.ladder``, ``protocol.bands``, and what a search or
            quantities raise: the protocol does not fit the image. Nothing is written.
        """
        stream = f"image:{request.image}"
        with self._gate.acting(actor, Action.ANALYSIS_START, stream) as acting:
            with self._ledger.begin() as work:  # not held while the search goes on
                answer = repeats.answered(work, actor, request, stream, AnalysisView)
                if answer is not None:
                    return answer
                version, _ = _effective(work, protocol, request.version)
                image = usable(work, acting, request.image)
                method = _fitting(version, image)
                lanes = _lanes(work, method, image)
            counts = self._pixels.counts(image, actor)
            blot = find_blot(counts, _parameters(method, lanes, image))
            with self._ledger.begin() as work:
                work.lock(stream)
                return self._made(work, acting, protocol, request, blot, counts)

    def _made(
        self,
        work: UnitOfWork,
        acting: Acting,
        protocol: str,
        request: ProtocolApply,
        blot: FoundBlot,
        counts: Counts,
    ) -> AnalysisView:
        """Write every step, keep the answer, and commit; what was found is of sealed pixels, which do not change."""
        stream = f"image:{request.image}"
        answer = repeats.answered(work, acting.actor, request, stream, AnalysisView)
        if answer is not None:
            return answer
        version, pin = _effective(work, protocol, request.version)
        image = usable(work, acting, request.image)
        edit = Acting(acting.actor, Action.ANALYSIS_EDIT, stream, acting.role)
        edit.on(work, image.study, status=lineage.status_of(work, image).value)
        method = _fitting(version, image)
        lanes = _lanes(work, method, image)
        if blot.parameters != _parameters(method, lanes, image):
            raise Conflict("conflict.stale", "The image's membrane was changed meanwhile.", "Apply the protocol again.")
        made = Making(work, acting, edit, image, method, pin)
        made.start()
        made.background()
        made.bands(blot, counts)
        made.quantities()
        work.derive(stream, made.stream)
        lineage.refresh(work, image.image)
        view = analysis_view(work, made.revision)
        repeats.keep(work, acting.actor, request, stream, view)
        work.commit()
        return view

    def list(self, actor: Actor, protocol: str, study: str) -> list[Application]:
        """Return the analyses of a study that were made by a protocol, oldest first. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, f"study:{study}") as acting, self._ledger.begin() as work:
            studies.found(work, study)
            acting.on(work, study)
            found(work, protocol)
            wanted = RecordFilter(RecordKind.ANALYSIS, studies=[study], keys=((f"protocol:{protocol}",),), limit=_ALL)
            return [_application(one.revision) for one in work.search(wanted)]


def _effective(work: UnitOfWork, protocol: str, version: int) -> tuple[Json, Json]:
    content = AnalysisProtocol.from_json(found(work, protocol).content)
    effective = effective_of(content, version)
    return effective, pin_of(content, effective)


def _fitting(version: Json, image: Image) -> ProtocolMethod:
    """Return the method. Raises ``Invalid('protocol.channel')`` for an image of another channel."""
    method = ProtocolMethod.model_validate(version["method"])
    channel = image.channel or image.file_channel
    if method.channel and method.channel.casefold() != channel.casefold():
        is_of = f"of channel {channel}" if channel else "of no named channel"
        raise Invalid("protocol.channel", f"{image.image} is {is_of}; the protocol is for {method.channel}.")
    return method


def _lanes(work: UnitOfWork, method: ProtocolMethod, image: Image) -> int | None:
    """Return how many lanes to look for, None: count them. Raises ``Invalid('protocol.lanes')``."""
    there = len(lanes_of(work, membrane_of(work, image)))
    if method.lanes and there and method.lanes != there:
        raise Invalid("protocol.lanes", f"{image.membrane} has {there} lanes; the protocol is for {method.lanes}.")
    return method.lanes or there or None


def _parameters(method: ProtocolMethod, lanes: int | None, image: Image) -> FindingParameters:
    return FindingParameters(lanes=lanes, sensitivity=method.sensitivity, saturation_level=image.saturation_level)


def _application(revision: Revision) -> Application:
    content = Analysis.from_json(revision.content)
    assert content.protocol is not None
    finding = content.finding or {"bands": []}
    return Application(
        image=content.image,
        analysis=content.analysis,
        study=content.study,
        version=content.protocol["version"],
        bands=len(content.shapes),
        flagged=sum(1 for one in finding["bands"] if one["flags"]),
        saved=len(content.versions),
        is_saved=content.is_saved,
        differences=list(differences(content, content.protocol)),
        changed_by=revision.subject.printed_name or "",
        entry=entry_ref(revision.entry),
    )
