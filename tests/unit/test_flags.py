"""Quality flags from a record and its image alone: each by the number behind it, and none where there is no reason."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.contract.analyses import Background
from blotter_records.contract.flags import Flag
from blotter_records.contract.shapes import Rectangle, Shape
from blotter_records.domain.digests import result_digest, version_digest
from blotter_records.domain.flags import FLAGS
from blotter_records.domain.policies import Policies
from blotter_records.domain.policy_table import POLICIES
from blotter_records.domain.records import Analysis, Image
from blotter_records.services.analyses.flags import flags_of
from blotter_records.services.analyses.measuring import numbers_of
from blotter_records.services.results.flags import rule_of
from blotter_records.verifier.signatures import bound_digest
from blotter_records.vocabulary import BandUse, FlagRule, QualityFlag

ROWS, COLUMNS = 120, 100
F = QualityFlag


def image_of(counts):
    said = dict.fromkeys(("file_name", "compression", "provenance", "imported_by", "imported_by_name", "reason"), "")
    return Image(
        image="IMG-000001",
        file_sha256="0" * 64,
        pixels_sha256="0" * 64,
        file_bytes=1,
        rows=ROWS,
        columns=COLUMNS,
        bits=16,
        white_is_zero=False,
        saturation_level=65_535,
        minimum=0,
        maximum=65_535,
        percentile_0_1=0,
        percentile_99_9=65_535,
        notes=[],
        **said,
    )


def analysed(boxes, *, background=None, brighten=(), finding=None, quantities=None):
    """Measure boxes on noise around 1000 counts; ``brighten``: (rows, columns, counts)."""
    counts = np.random.default_rng(6).integers(900, 1101, (ROWS, COLUMNS)).astype(np.uint16)
    for rows, columns, value in brighten:
        counts[rows, columns] = value
    image = image_of(counts)
    shapes = [
        Shape(shape=f"S{at}", label="", rectangle=Rectangle(row0=one[0], column0=one[1], row1=one[2], column1=one[3]))
        for at, one in enumerate(boxes, 1)
    ]
    given = background or Background()
    content = Analysis(
        analysis="ANL-000001",
        image=image.image,
        file_sha256="",
        pixels_sha256="",
        shapes=[one.model_dump(mode="json") for one in shapes],
        background=given.model_dump(mode="json"),
        measurements=numbers_of(counts, image, shapes, given),
        formula_set="",
        next_shape=9,
        contributors=[],
        versions=[],
        finding=finding,
        quantities=quantities,
    )
    return flags_of(content, image)


def said(flags):
    return {(one.flag, one.shape, one.lane) for one in flags}


BAND = (np.s_[40:50], np.s_[20:40], 20_000)


def test_a_clear_band_has_no_flag():
    assert analysed([(38, 18, 52, 42)], brighten=[BAND]) == []


def test_three_saturated_pixels_are_three():
    (flag,) = analysed([(38, 18, 52, 42)], brighten=[BAND, (np.s_[44:45], np.s_[30:33], 65_535)])
    assert (flag.flag, flag.shape, flag.value, flag.unit) == (F.SATURATED, "S1", 3, "px")
    assert flag.share == pytest.approx(3 / (14 * 24))
    assert "3 of 336 px" in flag.text


def test_noise_has_a_low_snr_and_no_background_is_told():
    (flag,) = analysed([(70, 60, 80, 80)])
    assert (flag.flag, flag.limit) == (F.LOW_SNR, 3)
    assert flag.value < 3
    assert [one.flag for one in analysed([(70, 60, 80, 80)], background=Background(method="none"))] == [F.NO_BACKGROUND]


@pytest.mark.parametrize("box", [(0, 20, 14, 42), (38, 0, 52, 24), (106, 20, 120, 42), (38, 78, 52, 100)])
def test_a_shape_at_each_edge_is_flagged(box):
    bright = (np.s_[box[0] : box[2]], np.s_[box[1] : box[3]], 30_000)
    assert (F.EDGE, "S1", None) in said(analysed([box], brighten=[bright]))
    inside = tuple(np.clip(box, 1, [ROWS - 1, COLUMNS - 1] * 2).tolist())
    assert (F.EDGE, "S1", None) not in said(analysed([inside], brighten=[bright]))


def test_a_border_in_another_shape_is_flagged_but_one_beyond_the_image_is_not():
    two = analysed([(38, 18, 52, 42), (54, 18, 60, 42)], brighten=[BAND])
    mine = next(one for one in two if one.flag is F.BORDER_OVERLAP and one.shape == "S1")
    assert mine.value == 24  # one row of the border of 3 px, 24 px wide
    alone = analysed([(0, 18, 52, 42)], brighten=[BAND])
    assert F.BORDER_OVERLAP not in {one.flag for one in alone}


def test_shapes_that_are_background_carry_none():
    background = Background(method="user_defined", shapes=["S2"])
    assert analysed([(38, 18, 52, 42), (70, 60, 80, 80)], background=background, brighten=[BAND]) == []


FINDING = {
    "parameters": {
        "lanes": None,
        "sensitivity": 5,
        "largest_lean": 0.1,
        "largest_rise": 0.1,
        "smallest_share": 0.1,
        "reach": 3,
        "flank": 3,
        "saturation_level": 65_535,
    },
    "lanes": [
        {"lane": 1, "column": 30, "half_width": 12, "lean": 0, "rise": 0, "confidence": 0.9},
        {"lane": 2, "column": 70, "half_width": 12, "lean": 0, "rise": 0, "confidence": 0.31},
    ],
    "bands": [
        {
            "shape": f"S{at}",
            "lane": at,
            "band": 1,
            "label": "",
            "rectangle": {"row0": 38, "column0": column - 12, "row1": 52, "column1": column + 12},
            "flags": ["overlapping", "debris", "low SNR"],
        }
        for at, column in ((1, 30), (2, 70))
    ],
}


def test_what_was_found_counts_while_the_band_is_as_it_was_found():
    bright = [BAND, (np.s_[40:50], np.s_[60:80], 20_000)]
    boxes = [(38, 18, 52, 42), (38, 58, 52, 82)]
    both = analysed(boxes, brighten=bright, finding=FINDING)
    # The SNR is that of the stored numbers, not of the search.
    assert said(both) == {
        (F.OVERLAPPING, "S1", 1),
        (F.DEBRIS, "S1", 1),
        (F.OVERLAPPING, "S2", 2),
        (F.DEBRIS, "S2", 2),
        (F.LANE_UNSURE, None, 2),
    }
    assert next(one for one in both if one.flag is F.LANE_UNSURE).value == 0.31
    moved = analysed([(37, 18, 52, 42), (38, 58, 52, 82)], brighten=bright, finding=FINDING)
    assert not {one for one in said(moved) if one[1] == "S1"}
    # The lane is told as long as anything that was found in it is there.
    assert (F.LANE_UNSURE, None, 2) not in said(analysed(boxes[:1], brighten=bright, finding=FINDING))


def test_weights_amounts_and_the_linear_range():
    linear = {"lowest_signal": 1e5, "highest_signal": 2e6}
    numbers = {
        "weights": {"bands": [{"shape": "S1", "kda": 12.5, "is_extrapolated": True}]},
        "amounts": {
            "linear_range": linear,
            "bands": [{"shape": "S1", "signal": 4e6, "amount": 40.0, "is_extrapolated": True}],
        },
    }
    chosen = {"standards": {"unit": "ng"}, "bands": [{"shape": "S1", "lane": 3, "use": "target"}]}
    flags = analysed([(38, 18, 52, 42)], brighten=[BAND], quantities={"chosen": chosen, "numbers": numbers})
    told = {one.flag: (one.value, one.limit, one.unit, one.lane) for one in flags}
    assert told == {
        F.WEIGHT_EXTRAPOLATED: (12.5, None, "kDa", 3),
        F.AMOUNT_EXTRAPOLATED: (40.0, None, "ng", 3),
        F.OUTSIDE_LINEAR_RANGE: (4e6, 2e6, "counts·px", 3),
    }


def test_a_blank_is_not_asked_for_a_signal():
    chosen = {"bands": [{"shape": "S1", "lane": 1, "use": "blank"}]}
    assert analysed([(70, 60, 80, 80)], quantities={"chosen": chosen, "numbers": {}}) == []


def test_each_flag_has_a_policy_and_few_saturated_pixels_are_noted_but_never_in_a_control():
    assert set(FLAGS) == set(QualityFlag)
    for row in FLAGS.values():
        assert POLICIES[row.policy].choices == tuple(FlagRule)
        assert Policies().flag_rule(row.flag) is row.default
        assert Policies({row.policy: "blocks"}).flag_rule(row.flag) is FlagRule.BLOCKS
    few = Flag(flag=F.SATURATED, shape="S1", value=1, share=0.001, text="1 of 1000 px")
    many = few.model_copy(update={"share": 0.0011})
    control = few.model_copy(update={"use": BandUse.CONTROL})
    assert [rule_of(one, Policies()) for one in (few, many, control)] == ["noted", "reason", "reason"]
    assert rule_of(few, Policies({"saturation.per_mille": 0})) is FlagRule.REASON


class Stored:
    """The records of a bundle: one analysis version and its image."""

    def __init__(self, analysis: Analysis) -> None:
        self.digests: dict[tuple[str, int], str] = {}
        self._found = {
            (f"analysis:{analysis.analysis}", 3): analysis.as_json(),
            (f"image:{analysis.image}", 1): {"file_sha256": analysis.file_sha256, "pixels_sha256": ""},
        }

    def find(self, stream: str, rev: int):
        return self._found.get((stream, rev))


def test_a_reason_is_part_of_what_is_signed_and_the_verifier_of_a_bundle_knows_it():
    analysis = Analysis(
        "ANL-000001", "IMG-000001", "f" * 64, "", [], {}, [], "2026.1", next_shape=1, contributors=[], versions=[]
    )
    pin = {"analysis": "ANL-000001", "version": 2, "rev": 3, "digest": version_digest(analysis)}
    here = {"analysis": "ANL-000001.2", "flag": "saturated", "shape": "S1", "lane": None, "reason": "Seen"}
    elsewhere = {**here, "analysis": "ANL-000001.1"}
    digests = []
    for reasons in ([], [here], [elsewhere]):
        content = {"pins": [pin], "layers": [], "title": "T", "study": "STU-000001", "flag_reasons": reasons}
        ours = result_digest("RES-000001", 1, "T", "STU-000001", [("ANL-000001", 2, analysis)], [], reasons)
        assert bound_digest(Stored(analysis), "RES-000001", 1, content) == ours
        digests.append(ours)
    # A result of before has no such field, and the digest that it had.
    del content["flag_reasons"]
    assert bound_digest(Stored(analysis), "RES-000001", 1, content) == digests[0] == digests[2] != digests[1]
