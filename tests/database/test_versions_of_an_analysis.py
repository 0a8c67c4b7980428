"""An analysis is shown with all of its versions, and what it costs does not grow with them."""

from blotter_records.contract.analyses import GestureRequest, SaveRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.vocabulary import Gesture
from laboratory import open_laboratory
from questions import asked

BAND = (100, 100, 140, 150)


def saved_again(lab, view, number):
    """Change the label and save the next version."""
    ana, analyses = lab.people["ana"], lab.services.analyses
    relabelled = [view.shapes[0].model_copy(update={"label": f"Lane {number}"})]
    gesture = GestureRequest(
        gesture=Gesture.SHAPE_RENAME,
        expected_rev=view.rev,
        shapes=relabelled,
        background=view.background,
        idempotency_key=f"relabelled-{number:08d}",
    )
    view = analyses.edit(ana, view.analysis, gesture)
    save = SaveRequest(expected_rev=view.rev, reason="Named as in the protocol", idempotency_key=f"saved-{number:08d}")
    return analyses.save(ana, view.analysis, save)


def test_many_versions_cost_no_more_questions_than_one(database, tmp_path):
    lab = open_laboratory(database, tmp_path)
    ana, analyses = lab.people["ana"], lab.services.analyses
    counts, _ = make_blot(Recipe(seed=3))
    first = lab.analyse("ana", lab.import_image("ana", "made.tif", counts), [("Lane 1", BAND)])
    analysis = first.rpartition(".")[0]
    result = lab.result("ana", "One", first)
    with asked(lab.ledger) as few:
        view = analyses.view(ana, analysis)
    with asked(lab.ledger) as few_of_the_result:
        lab.services.results.view(ana, result)
    for number in range(2, 8):
        view = saved_again(lab, view, number)
    with asked(lab.ledger) as many:
        view = analyses.view(ana, analysis)
    assert [one.version for one in view.versions] == [*range(1, 8)]
    assert [one.results for one in view.versions] == [[result], *[[]] * 6]
    assert len(many) == len(few)
    # What a result accounts for: all versions of an analysis are one question, however many there are.
    with asked(lab.ledger) as many_of_the_result:
        shown = lab.services.results.view(ana, result)
    assert [one.name for one in shown.inventory if one.kind == "analysis"] == [f"{analysis}.{at}" for at in range(1, 8)]
    assert len(many_of_the_result) <= len(few_of_the_result) + 1
    lab.ledger.close()
