"""docs/explanation/numbers.md says what the code does: its code runs, its table is what the code gives.

``python tests/unit/test_numbers_page.py FOLDER_OF_SAMPLE_IMAGES`` writes the table anew.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from blotter_records.adapters.image_files import ImageFiles
from blotter_records.densitometry import EXACTNESS, FORMULA_SET, Background, Rectangle, measure_shapes

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data"
PAGE = ROOT / "docs" / "explanation" / "numbers.md"
BETWEEN = re.compile(r"(?<=numbers_page\.py -->\n).*?(?=<!-- end of table -->)", re.DOTALL)
IMAGES = ("biorad_test1_ref.tif", "htqdotblot_example_700.tif", "gelgenie_ladder_reference_gel.tif")


def table(folder: Path) -> str:
    """Return an even and an odd rectangle of three images, ours beside ImageJ's."""
    files = {"even": "imagej_measurements.json", "odd": "imagej_odd_measurements.json"}
    reference = {kind: json.loads((DATA / name).read_text())["images"] for kind, name in files.items()}
    lines = [
        "| image, rectangle (x, y, w, h) | | Area | Total | Mean | Min | Max | SD | Median |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in IMAGES:
        counts = ImageFiles().read((folder / name).read_bytes(), file_name=name).channels[0].counts
        for theirs in reference["even"][name]["rects"][:1] + reference["odd"][name][:1]:
            x, y, w, h = (theirs[key] for key in "xywh")
            (ours,) = measure_shapes(counts, [("S1", Rectangle(y, x, y + h, x + w))], Background(), 65535)
            lines.append(
                f"| {name} ({x}, {y}, {w}, {h}) | ours | {ours.area} | {ours.total} | {ours.mean:.10g} "
                f"| {ours.minimum} | {ours.maximum} | {ours.standard_deviation:.10g} | {ours.median:g} |"
            )
            lines.append(
                f"| | ImageJ | {theirs['area']:.0f} | {theirs['mean'] * theirs['area']:.0f} | {theirs['mean']:.10g} "
                f"| {theirs['min']:.0f} | {theirs['max']:.0f} | {theirs['std']:.10g} | {theirs['median']:g} |"
            )
    return "\n".join(lines) + "\n"


def test_the_table_is_what_the_code_gives(sample_images: Path) -> None:
    found = BETWEEN.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == table(sample_images)


def test_the_code_on_the_page_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert names["measured"]


def test_the_page_names_the_formula_set_and_every_class_of_exactness() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"`{FORMULA_SET}`" in page
    for exactness in set(EXACTNESS.values()):
        assert exactness.value.replace("rounded in ", "") in page


if __name__ == "__main__":
    PAGE.write_text(BETWEEN.sub(lambda _: table(Path(sys.argv[1])), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
