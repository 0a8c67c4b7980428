"""Automatic lanes, bands, background and flags on blots whose truth is known."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from blotter_records.cli import evaluate_synthetic
from blotter_records.cli.main import app
from blotter_records.densitometry.finding import FindingParameters, Lane, QualityFlag, find_blot, find_lanes
from blotter_records.densitometry.finding.scores import Scores, TrueBand, TrueBlot
from blotter_records.densitometry.finding.straight import places, straightened
from blotter_records.densitometry.synthetic import WHITE, Recipe, Truth, make_blot
from blotter_records.errors import Invalid
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

#: What issue 6 asks for: at least, or at most, this.
AT_LEAST = {
    "lane_recall": 0.99,
    "band_recall": 0.95,
    "band_precision": 0.95,
    "flagged_saturated": 0.95,
    "flagged_overlap": 0.95,
}
AT_MOST = {"lane_centre_error_px": 4.0, "volume_error_strong": 0.005, "volume_error_weak": 0.02}


def true_blot(truth: Truth) -> TrueBlot:
    """Return what the product's own blot maker made; a lane runs through the middle of its bands."""
    recipe = truth.recipe
    upright = [(band.lane, band.column - recipe.skew * (band.row - recipe.rows / 2)) for band in truth.bands]
    return TrueBlot(
        recipe.rows,
        recipe.columns,
        tuple(float(np.median([at for own, at in upright if own == lane])) for lane in range(recipe.lanes)),
        truth.lane_half_width,
        tuple(
            TrueBand(
                band.row,
                band.column,
                recipe.sigma,
                band.peak,
                band.volume,
                "saturated" if band.saturated else "plain",
            )
            for band in truth.bands
        ),
    )


def scored(*recipes: Recipe) -> dict[str, float | None]:
    """Find and judge."""
    scores = Scores()
    for recipe in recipes:
        counts, truth = make_blot(recipe)
        scores.add(true_blot(truth), find_blot(counts))
    return scores.summary()


def test_own_blots_are_found_and_measured_as_asked() -> None:
    got = scored(Recipe(seed=51, saturated=3), Recipe(seed=52, saturated=3))
    for name, least in AT_LEAST.items():
        if name != "flagged_overlap":  # this maker draws no pairs
            assert got[name] >= least, name
    assert got["lane_centre_error_px"] < AT_MOST["lane_centre_error_px"]
    assert got["volume_error_strong"] < AT_MOST["volume_error_strong"]
    assert got["volume_error_weak"] < AT_MOST["volume_error_weak"]


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(seed=61, smile=40.0),
        Recipe(seed=62, skew=0.06),
        Recipe(seed=63, lanes=20, bands=4),
        Recipe(seed=64, smear=1500.0),
        Recipe(seed=65, rows=2400, columns=3200, sigma=9.0),
    ],
    ids=["smile", "lean", "twenty lanes", "smear", "large"],
)
def test_bent_leaning_crowded_smeared_and_large_ones_too(recipe: Recipe) -> None:
    got = scored(recipe)
    assert got["lane_recall"] == 1.0
    assert got["lane_centre_error_px"] < 4
    assert got["band_recall"] >= 0.95
    assert got["band_precision"] >= 0.95
    assert got["volume_error_strong"] < 0.01


def test_pairs_that_run_into_each_other_are_flagged_and_single_bands_are_not() -> None:
    counts, truth = make_blot(Recipe(seed=71, saturated=0, specks=0, strongest=9000))
    first = truth.bands[12]
    r = first.rectangle
    doubled = counts.astype(np.int64)
    band = counts[r.row0 : r.row1, r.column0 : r.column1].astype(np.int64)
    down = round(3.2 * truth.recipe.sigma)
    doubled[r.row0 + down : r.row1 + down, r.column0 : r.column1] += (band - band.min()) * 6 // 10
    found = find_blot(np.minimum(doubled, WHITE).astype(np.uint16))
    flagged = [one for one in found.bands if QualityFlag.OVERLAPPING in one.flags]
    assert flagged
    assert all(one.lane == first.lane for one in flagged)
    assert all(first.row - 10 < one.row < first.row + down + 10 for one in flagged)


def test_an_image_without_bands_has_none() -> None:
    level = np.full((300, 400), 1000, dtype=np.uint16)
    noisy = np.random.default_rng(1).normal(1000, 30, (600, 800)).astype(np.uint16)
    assert find_blot(level).bands == ()
    assert find_blot(level).lanes == ()
    assert find_blot(noisy).bands == ()
    assert find_lanes(np.zeros((3, 3), dtype=np.uint8)) == []


def test_dust_is_no_band() -> None:
    recipe = Recipe(seed=81, specks=0, saturated=0, bands=3)
    counts, truth = make_blot(recipe)
    dusty = counts.astype(np.float64)
    y, x = np.mgrid[-12:13, -12:13]
    for number, column in enumerate(truth.lane_columns):
        row, at = 60 + 8 * number, round(column + 5)
        dusty[row - 12 : row + 13, at - 12 : at + 13] += 30000 * np.exp(-(x**2 + y**2) / (2 * 2.5**2))
    found = find_blot(np.clip(dusty, 0, WHITE).astype(np.uint16))
    assert len(found.bands) == len(truth.bands)


def test_numbers_are_the_same_each_time_and_flipped() -> None:
    counts, _ = make_blot(Recipe(seed=91))
    first, again = find_blot(counts), find_blot(counts)
    assert first == again
    flipped = find_blot(np.ascontiguousarray(counts[:, ::-1]))
    assert len(flipped.bands) == len(first.bands)
    signals, mirrored = (sorted(band.measured.signal for band in one.bands) for one in (first, flipped))
    assert np.allclose(signals, mirrored, rtol=0.02)


@settings(max_examples=30, deadline=None)
@given(lean=st.floats(-0.3, 0.3), rise=st.floats(-0.3, 0.3), column=st.floats(10, 50), half=st.integers(0, 8))
def test_no_pixel_is_taken_twice_and_counts_stay_as_they_are(
    lean: float, rise: float, column: float, half: int
) -> None:
    counts = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60)
    lane = Lane(column, float(half), lean, rise, 1.0)
    straight = straightened(counts, lane, half)
    rows, columns = places(lane, 40, half)
    seen = straight.values[straight.on_image]
    assert len(set(seen.tolist())) == seen.size
    assert np.array_equal(seen, counts[rows[straight.on_image], columns[straight.on_image]])


def test_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        FindingParameters(sensitivity=0)
    assert refused.value.code == "finding.parameters"


@pytest.fixture(scope="module")
def made(sample_images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two blots of the blot maker that lies beside the sample images."""
    import tifffile

    path = sample_images.parent / "synthetic" / "make_blot.py"
    spec = spec_from_file_location("made_blots", path)
    assert spec is not None
    assert spec.loader is not None
    maker = module_from_spec(spec)
    sys.modules["made_blots"] = maker
    spec.loader.exec_module(maker)
    folder = tmp_path_factory.mktemp("made")
    for seed in (4001, 4002):
        counts, truth, _ = maker.make(seed)
        tifffile.imwrite(folder / f"{seed}.tif", counts)
        (folder / f"{seed}.json").write_text(json.dumps(truth))
    return folder


def test_the_command_prints_what_the_issue_asks_for_and_the_aims_are_met(made: Path) -> None:
    files = [str(path) for path in sorted(made.iterdir())]
    answered = CliRunner().invoke(app, ["evaluate-synthetic", *files])
    assert answered.exit_code == 0, answered.output
    got = json.loads(answered.output)
    assert got.keys() == AT_LEAST.keys() | AT_MOST.keys()
    for name, least in AT_LEAST.items():
        assert got[name] >= least, name
    for name, most in AT_MOST.items():
        assert got[name] <= most, name


def test_the_command_refuses_files_that_do_not_pair(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        evaluate_synthetic.pairs([tmp_path / "a.tif", tmp_path / "b.tif", tmp_path / "a.json"])
    assert refused.value.code == "evaluate.files"
    paired = evaluate_synthetic.pairs([Path("b.json"), Path("a.tif"), Path("a.json"), Path("b.tif")])
    assert paired == [(Path("a.tif"), Path("a.json")), (Path("b.tif"), Path("b.json"))]
    with pytest.raises(Invalid) as refused:
        evaluate_synthetic.true_blot({"shape": [1, 2]})
    assert refused.value.code == "evaluate.truth"
