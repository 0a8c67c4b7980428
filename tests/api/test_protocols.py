"""Analysis protocols: written and made effective as templates are, applied to images whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import Background, SaveRequest
from blotter_records.contract.images import MetadataRequest
from blotter_records.contract.protocols import ProtocolApply, ProtocolDraftRequest, ProtocolMethod
from blotter_records.contract.quantities import LeftOut, QuantitiesChoice, QuantitiesRequest
from blotter_records.contract.results import ResultRequest
from blotter_records.domain.records import Analysis, Image
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.services.reports.analysis_part import analysis_part
from blotter_records.services.reports.display_part import Shown
from blotter_records.verifier.main import verify_bundle
from blotter_records.vocabulary import Action, Gesture, Role, TemplateStatus
from protocol_gels import CONTROL, LADDER, METHOD, TARGET, WEIGHTS, WHY, effective, gel, imported, membrane_of, written
from service_over_http import STUDY


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture(scope="module")
def samir(service):
    return service.signed_in(Role.SUPERVISOR)


@pytest.fixture(scope="module")
def paul(service):
    return service.signed_in(Role.APPROVER)


@pytest.fixture(scope="module")
def membrane(service, anna):
    return membrane_of(service, anna)


@pytest.fixture(scope="module")
def protocol(service, samir, paul):
    return effective(service, samir, paul, written(samir, "Target over housekeeping", METHOD))


def applied(service, client, view, image, version=None, key=None):
    number = version or view.effective.version
    request = ProtocolApply(image=image, version=number, idempotency_key=key or service.key())
    return client.apply_protocol(view.protocol, request)


def not_applied(service, client, view, image, error=Invalid, **given):
    """Apply what cannot be applied; return the error, after a look that nothing was written."""
    before = len(service.entries(action="analysis.start"))
    with pytest.raises(error) as no:
        applied(service, client, view, image, **given)
    assert len(service.entries(action="analysis.start")) == before
    return no.value


def test_two_persons_make_a_draft_effective_and_the_next_one_supersedes_it(service, anna, samir, paul):
    view = written(samir, "For dots", ProtocolMethod(purpose="Dots"))
    assert (view.status, view.effective, view.draft.version, view.draft.authors) == (
        TemplateStatus.DRAFT, None, 1, ["Samir Haddad"],
    )  # fmt: skip
    assert not_applied(service, anna, view, "IMG-000001", Conflict, version=1).code == "conflict.protocol"
    first = service.sign(samir, view.protocol, Action.PROTOCOL_EFFECTIVE)
    assert samir.protocol(view.protocol).effective is None  # nothing has changed yet
    with pytest.raises(Refused) as own:
        service.intend(samir, first.proposal, Action.PROPOSAL_COUNTERSIGN)
    assert own.value.code == "refused.independence"
    facts = {(one.name, one.after) for one in paul.proposal(first.proposal).facts}
    assert {("Version", "1"), ("Purpose", "Dots"), ("Sensitivity", "5.0")} <= facts
    service.sign(paul, first.proposal, Action.PROPOSAL_COUNTERSIGN)
    view = samir.protocol(view.protocol)
    assert (view.status, view.effective.signers) == (TemplateStatus.EFFECTIVE, ["Samir Haddad", "Paul Okafor"])
    keener = ProtocolMethod(purpose="Dots", sensitivity=8)
    change = ProtocolDraftRequest(method=keener, expected_rev=view.rev, reason=WHY)
    drafted = samir.edit_protocol(view.protocol, change)
    assert (drafted.effective.version, drafted.draft.version, drafted.draft.method) == (1, 2, keener)
    with pytest.raises(Conflict) as stale:
        samir.edit_protocol(view.protocol, change)
    assert stale.value.code == "conflict.stale"
    [told] = service.entries(action="protocol.edit", record_id=view.protocol)
    assert (told["old"]["method"]["sensitivity"], told["new"]["method"]["sensitivity"]) == (5, 8)
    second = effective(service, samir, paul, drafted)
    assert (second.effective.version, second.draft) == (2, None)
    assert "is in use, not 1" in not_applied(service, anna, second, "IMG-000001", Conflict, version=1).message
    service.sign(paul, view.protocol, Action.PROTOCOL_RETIRE, WHY)
    assert paul.protocol(view.protocol).status is TemplateStatus.RETIRED
    assert "is retired" in not_applied(service, anna, second, "IMG-000001", Conflict).message


def test_who_may_not_write_one_is_refused_and_names_stay(service, anna, samir):
    with pytest.raises(Refused):
        written(anna, "Mine", METHOD)
    with pytest.raises(Invalid) as unknown:
        written(
            samir,
            "With a ladder",
            METHOD.model_copy(update={"ladder": METHOD.ladder.model_copy(update={"name": "X", "weights": []})}),
        )
    assert unknown.value.code == "protocol.ladder"
    with pytest.raises(Invalid) as short:
        written(samir, "Ladder <b>", METHOD)
    assert short.value.code == "protocol.name"
    written(samir, "Only once", METHOD)
    with pytest.raises(Conflict):
        written(samir, "ONLY once", METHOD)


def test_an_image_is_analysed_whole_and_every_step_names_the_version(service, anna, protocol, membrane):
    image, key = imported(anna, gel(), membrane=membrane), service.key()
    made = applied(service, anna, protocol, image, key=key)
    assert applied(service, anna, protocol, image, key=key) == made
    named = {"protocol": protocol.protocol, "version": 1, "name": protocol.name, "sha256": protocol.effective.sha256}
    steps = service.entries(record_id=made.analysis)
    assert [one["action"] for one in steps] == ["analysis.start", *3 * ["analysis.edit"]]
    assert [one["new"].get("gesture") for one in steps] == [None, "background.set", "bands.find", "quantities.set"]
    assert all(one["new"]["protocol"] == named for one in steps)
    assert all(one["summary"].startswith(f"By protocol {protocol.protocol}.1 “{protocol.name}”: ") for one in steps)
    assert {one["user_name"] for one in steps} == {"anna.analyst"}
    assert [one["rev"] for one in steps] == [1, 2, 3, 4]
    assert made.background == Background.model_validate({"method": "average", "width": 2})
    assert len(made.finding.lanes) == 4
    numbers = made.quantities.numbers
    assert [one.kda for one in numbers.weights.ladder] == WEIGHTS
    assert [one.lane for one in numbers.normalised] == [2, 3, 4]
    assert {one.target for one in numbers.normalised} == {"p53"}
    rows = {one.shape: (one.rectangle.row0 + one.rectangle.row1) / 2 for one in made.shapes}
    uses = {one.shape: one.use for one in made.quantities.chosen.bands}
    assert all(
        abs(rows[shape] - {"target": TARGET, "control": CONTROL}.get(use, rows[shape])) < 3
        for shape, use in uses.items()
    )
    assert {(one.group, one.n) for one in numbers.groups} == {("vehicle", 2), ("drug", 1)}
    assert (made.protocol.protocol, made.protocol.version, made.protocol.differences) == (protocol.protocol, 1, [])
    assert anna.recompute(made.analysis).is_reproduced


def test_what_people_change_is_told_against_the_version_that_made_it(service, anna, protocol, membrane, tmp_path):
    made = applied(service, anna, protocol, imported(anna, gel(), membrane=membrane))
    first, *others = made.shapes
    moved = first.model_copy(
        update={"rectangle": first.rectangle.model_copy(update={"row1": first.rectangle.row1 + 1})}
    )
    resize = service.gesture(made, [moved, *others], Gesture.SHAPE_RESIZE)
    after = anna.gesture(made.analysis, resize.model_copy(update={"background": made.background}))
    assert after.protocol.differences == ["S1 L1 B1 changed"]
    chosen = after.quantities.chosen.model_copy(update={"left_out": [LeftOut(lane=4, reason="Bubble over the band")]})
    again = QuantitiesRequest(
        expected_rev=after.rev, quantities=QuantitiesChoice(**dict(chosen)), idempotency_key=service.key()
    )
    after = anna.set_quantities(made.analysis, again)
    assert after.protocol.differences == ["S1 L1 B1 changed", "lane 4 left out: Bubble over the band"]
    after = anna.gesture(made.analysis, service.gesture(after, after.shapes, Gesture.BACKGROUND_SET, method="median"))
    save = SaveRequest(expected_rev=after.rev, idempotency_key=service.key())
    anna.save_analysis(made.analysis, save)
    version = anna.analysis_version(made.analysis, 1)
    assert version.protocol.differences[0] == "background: median, 3 px, all (protocol: average, 2 px, all)"
    assert len(version.protocol.differences) == 3
    with service.services.ports.ledger.begin() as work:
        revision = work.latest(f"analysis:{made.analysis}")
        image = Image.from_json(work.latest(f"image:{made.image}").content)
    part = analysis_part(revision, Analysis.from_json(revision.content), image, [], Shown(0, 1))
    facts = {one.name: one.value for one in part.facts}
    assert facts["Protocol"].startswith(f"{protocol.protocol}.1 “{protocol.name}”")
    assert facts["Differs from the protocol"] == "; ".join(version.protocol.differences)
    tables = {one.title: [column.name for column in one.columns] for one in part.tables}
    assert "Intensity" not in tables
    assert tables["Signal"] == ["Shape", "Where", "Signal", "SNR"]
    # Whoever verifies a bundle without us finds the protocol under the version's digest, too.
    pinned = ResultRequest(title="By protocol", analyses=[version.id], idempotency_key=service.key())
    result = anna.create_result(pinned).result
    service.sign(anna, result, Action.RESULT_SUBMIT)
    with service.sequencing():
        bundle = anna.make_bundle(result)
    path = tmp_path / bundle.file_name
    path.write_bytes(b"".join(anna.export_file(bundle.export)))
    assert verify_bundle(path, str(service.checkpoint_key.verifier())) == []
    # The list of what the protocol made says the same, and who looks from outside sees none of it.
    told = {one.analysis: one for one in anna.applications(protocol.protocol, STUDY)}[made.analysis]
    assert (told.version, told.saved, told.is_saved, told.differences) == (1, 1, True, version.protocol.differences)


def test_an_image_that_it_does_not_fit_is_left_as_it_was(service, anna, samir, paul, protocol, membrane):
    plain = to_tiff(np.full((200, 200), 500, np.uint16))
    assert not_applied(service, anna, protocol, imported(anna, plain, membrane=membrane)).code == "finding.nothing"
    without = not_applied(service, anna, protocol, imported(anna, gel()))
    assert (without.code, without.message) == ("protocol.ladder", f"Nothing says which lane holds {LADDER}.")
    asks = METHOD.model_copy(update={"lanes": 3})
    three = effective(service, samir, paul, written(samir, "Three lanes", asks))
    assert not_applied(service, anna, three, imported(anna, gel(), membrane=membrane)).code == "protocol.lanes"
    of_700 = effective(
        service, samir, paul, written(samir, "Red channel", METHOD.model_copy(update={"channel": "700 nm"}))
    )
    image = imported(anna, gel(), membrane=membrane)
    assert not_applied(service, anna, of_700, image).code == "protocol.channel"
    named = MetadataRequest(title="", channel="700 NM", expected_version=1, reason=WHY, idempotency_key=service.key())
    anna.edit_metadata(image, named)
    assert applied(service, anna, of_700, image).protocol.name == "Red channel"


def test_who_may_not_analyse_applies_nothing(service, anna, protocol, membrane):
    image = imported(anna, gel(), membrane=membrane)
    assert not_applied(service, service.signed_in(Role.REVIEWER), protocol, image, Refused).code == "refused.role"
    _, stranger = service.person("otto.outside")
    with pytest.raises((NotFound, Refused)):
        stranger.applications(protocol.protocol, STUDY)
