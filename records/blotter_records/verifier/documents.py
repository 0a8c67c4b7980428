"""What people read: PDF reports, printed volumes of the log, notebooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from blotter_records.verifier.bundle import Bundle
from blotter_records.verifier.faults import Fault, Json

#: Entries of a printed volume, at most.
LARGEST_VOLUME = 5000


def check_reports(bundle: Bundle) -> Iterator[str]:
    """Check that the PDF reports are those, and all of those, that the trail says were made."""
    files = bundle.files
    known = {f"data/reports/{name}.pdf": one for name, _, one in bundle.records.every("export") if _is_report(one)}
    for name in files.below("data/reports/"):
        if name not in known or files.digest(name) != known[name]["sha256"]:
            yield f"{name}: not the report that the trail has under this name"
    for name in known:
        if name not in files:
            yield f"{name}: the PDF report is missing"


def _is_report(export: Json) -> bool:
    return bool(export["export_kind"] == "report_pdf")


def check_letters(bundle: Bundle) -> Iterator[str]:
    """Check that the files of letters are those, and all of those, that were kept."""
    kept = {name: content["file_sha256"] for name, _, content in bundle.records.every("letter")}
    there = Counter(name.split("/")[2] for name in bundle.files.below("data/letters/"))
    for name in bundle.files.below("data/letters/"):
        if kept.get(name.split("/")[2]) != bundle.files.digest(name):
            yield f"{name}: not the letter that the trail has under this name"
    for letter in sorted(kept):
        if there[letter] != 1:
            yield f"data/letters/{letter}: holds {there[letter]} files instead of one"


def check_logs(bundle: Bundle) -> Iterator[str]:
    """Check that the printed volumes are those that were made, and that together they hold every entry."""
    files, every = bundle.files, bundle.trail.numbers
    at = 0
    volumes = bundle.about["logs"]
    for volume, printed in enumerate(volumes, 1):
        name = printed["file"]
        try:
            if files.digest(name) != printed["sha256"]:
                yield f"{name}: not the volume that was printed"
        except Fault as fault:
            yield str(fault)
        numbers = every[at : at + printed["entries"]]
        ends = (numbers[0], numbers[-1]) if numbers else (0, 0)
        is_next = (printed["volume"], printed["first"], printed["last"]) == (volume, *ends)
        if not is_next or printed["entries"] > LARGEST_VOLUME:
            yield f"{name}: does not go on where the volume before it ends"
        at += printed["entries"]
    if at != len(every):
        yield f"data/logs: the volumes hold {at} entries of {len(every)}"
    for name in sorted(set(files.below("data/logs/")) - {printed["file"] for printed in volumes}):
        yield f"{name}: not among the volumes in data/bundle.json"


def check_notebooks(bundle: Bundle) -> Iterator[str]:
    """Check that each notebook from which something was changed is there, with the cells of its record."""
    used = {
        (one["notebook"], one["notebook_version"])
        for one in bundle.trail.changes.values()
        if one["notebook"] and one["notebook_version"] and bundle.holds("notebook")
    }
    wanted = {f"data/notebooks/{notebook}.{version}.ipynb": (notebook, version) for notebook, version in used}
    for name, (notebook, version) in sorted(wanted.items()):
        try:
            record = bundle.records.get(f"notebook:{notebook}", version)
            cells = [
                {"cell_type": one["cell_type"], "id": one["id"], "source": "".join(one["source"])}
                for one in bundle.files.json(name)["cells"]
            ]
        except Fault as fault:
            yield str(fault)
            continue
        if cells != record["cells"]:
            yield f"{name}: not the cells of the notebook's record"
    for name in bundle.files.below("data/notebooks/"):
        if name not in wanted:
            yield f"{name}: nothing in the trail was changed from it"
