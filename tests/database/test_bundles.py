"""Report and bundle of a signed result: what is in them, and that the verifier names whatever was changed."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.domain.note import SigningKey
from blotter_records.errors import Unavailable
from blotter_records.ports.ledger import TrailFilter
from blotter_records.services import lineage
from blotter_records.verifier.blotter_verify import verify_bundle
from blotter_records.vocabulary import Action
from laboratory import open_laboratory

LABELS = ["β-actin 42 kDa", '=HYPERLINK("x")', '#import "x" </script>', "样品 三", "عينة", "W" * 80]
COMMENT = "Checked \u202eesrever\u202c " + "W" * 220


@pytest.fixture(scope="module")
def laboratory(postgres, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    lab = open_laboratory(postgres.new_database(), folder)
    yield lab
    lab.ledger.close()


@pytest.fixture(scope="module")
def made(laboratory):
    """Return the signed result's bundle and report, and the id of the result."""
    lab = laboratory
    counts, truth = make_blot(Recipe())
    boxes = [band.rectangle for band in truth.bands[: len(LABELS)]]
    lab.in_notebook("ana", "Quantify a gel.ipynb", ['ImageViewer(image="IMG-000001")', 'Result(image="IMG-000001")'])
    image = lab.import_image("ana", "blot 1 (β).tif", counts)
    eight = lab.import_image("ana", "=eight bits.tif", np.clip(counts >> 8, 0, 255).astype(np.uint8))
    shapes = [(label, (b.row0, b.column0, b.row1, b.column1)) for label, b in zip(LABELS, boxes, strict=True)]
    versions = [lab.analyse("ana", image, shapes), lab.analyse("ana", eight, shapes[:2])]
    result = lab.result("ana", "Loading control <b>β</b>", *versions)
    lab.sign("ana", result, Action.RESULT_SUBMIT, comment=COMMENT)
    lab.services.results.start_review(lab.people["rui"], result)
    lab.sign("rui", result, Action.RESULT_REVIEW_SIGN)
    lab.sign("omar", result, Action.RESULT_APPROVE, comment="موافق")
    with lab.sequencing():
        bundle = lab.bundles().make(lab.people["ana"], result)
    return lab, bundle, result, counts


@pytest.fixture
def folder(made, tmp_path):
    """Return the bundle, unpacked, to change something in it."""
    lab, bundle, _, _ = made
    with zipfile.ZipFile(io.BytesIO(lab.store.get(bundle.sha256))) as archive:
        archive.extractall(tmp_path)
    (inside,) = tmp_path.iterdir()
    return inside


def test_the_bundle_verifies_with_nothing_but_python(made, tmp_path):
    lab, bundle, _, _ = made
    path = tmp_path / bundle.file_name
    path.write_bytes(lab.store.get(bundle.sha256))
    (tmp_path / "key").write_text(str(lab.key.verifier()))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
    (script,) = (tmp_path / "out").glob("*/verify.py")
    for arguments in ([], [str(path), "--key", str(tmp_path / "key"), "--sha256", bundle.sha256]):
        # -I -S: no site-packages, so nothing of ours and no cryptography.
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(script), *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "Everything verifies" in done.stdout


def test_everything_is_there_as_it_was(made, folder):
    lab, _, result, counts = made
    about = json.loads((folder / "data/bundle.json").read_text())
    assert np.array_equal(tifffile.imread(folder / "data/images/IMG-000001/counts.tif"), counts)
    (original,) = (folder / "data/images/IMG-000001/original").iterdir()
    assert np.array_equal(tifffile.imread(original), counts)
    with lab.ledger.begin() as work:
        streams = [one for image in ("IMG-000001", "IMG-000002") for one in lineage.descendants(work, f"image:{image}")]
        report = work.latest("export:EXP-000001")
        expected = [
            one
            for one in work.entries(TrailFilter(streams=[*streams, "notebook:NBK-000001"], limit=10**6))
            if one.written.id <= report.entry.id
        ]
    lines = [json.loads(line) for line in (folder / "data/trail/entries.jsonl").read_text().splitlines()]
    assert len(lines) == about["entries"] == len(expected)
    assert {line["text"] for line in lines} == {one.text for one in expected}
    assert about["result"] == result
    assert (
        subprocess.run(["sha256sum", "--quiet", "-c", "manifest-sha256.txt"], cwd=folder, check=False).returncode == 0
    )
    with (folder / "data/tables/measurements.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["shape"] == "S1"
    assert float(rows[0]["total"]) == counts[_box(folder)].sum()
    log = (folder / "data/tables/log.csv").read_text()
    assert not any(cell[:1] in {"=", "+", "-", "@"} for row in csv.reader(io.StringIO(log)) for cell in row)


def _box(folder):
    content = json.loads(max((folder / "data/records/analysis/ANL-000001").glob("*.json")).read_text())
    box = content["shapes"][0]["rectangle"]
    return slice(box["row0"], box["row1"]), slice(box["column0"], box["column1"])


def test_the_trail_has_the_bundles_own_digest(made):
    lab, bundle, _, _ = made
    with lab.ledger.begin() as work:
        (entry,) = work.entries(TrailFilter(actions=[Action.BUNDLE_EXPORT]))
    assert entry.body["new"]["sha256"] == bundle.sha256 == hashlib.sha256(lab.store.get(bundle.sha256)).hexdigest()


def remake_manifests(folder: Path) -> None:
    """Make the manifests fit whatever is in the folder, as somebody would who wants to hide a change."""
    for name, files in (
        ("manifest-sha256.txt", sorted(folder.glob("data/**/*"))),
        ("tagmanifest-sha256.txt", [one for one in sorted(folder.iterdir()) if one.name != "tagmanifest-sha256.txt"]),
    ):
        lines = [
            f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.relative_to(folder).as_posix()}\n"
            for one in files
            if one.is_file()
        ]
        (folder / name).write_text("".join(lines))


def change_json(path: Path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def edit_entries(folder: Path, change) -> None:
    path = folder / "data/trail/entries.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows = change(rows) or rows
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def swap_numbers(rows):
    """Let two entries change places."""
    rows[2]["number"], rows[3]["number"] = rows[3]["number"], rows[2]["number"]


def rehash(row, old, new):
    """Edit an entry's text and make its hash fit, as somebody with the database's superuser would."""
    row["text"] = row["text"].replace(old, new)
    row["leaf"] = hashlib.sha256(b"\x00" + row["text"].encode()).hexdigest()


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


#: What is done to the bundle (all manifests are made to fit afterwards), and what the verifier has to say.
FORGERIES = {
    "pixel": (lambda f: flip(f / "data/images/IMG-000001/counts.tif", -1), "not the pixels that were sealed"),
    "original": (lambda f: flip(next((f / "data/images/IMG-000001/original").iterdir()), -1), "not the file that was"),
    "eight bits": (lambda f: flip(f / "data/images/IMG-000002/counts.tif", -2), "not the pixels that were sealed"),
    "report": (lambda f: flip(f / "data/reports/EXP-000001.pdf", 5000), "EXP-000001.pdf: not the report"),
    "no report": (lambda f: (f / "data/reports/EXP-000001.pdf").unlink(), "the PDF report is missing"),
    "number": (
        lambda f: change_json(
            max((f / "data/records/analysis/ANL-000001").iterdir()),
            lambda c: c["measurements"][0].update(total=1),
        ),
        "not the content that entry",
    ),
    "printed name": (
        lambda f: change_json(f / "data/records/signature/SIG-000001/1.json", lambda c: c.update(printed_name="Eve")),
        "SIG-000001/1.json: not the content",
    ),
    "manifestation": (
        lambda f: change_json(f / "data/records/signature/SIG-000002/1.json", lambda c: c.update(meaning="")),
        "SIG-000002: its manifestation has no meaning",
    ),
    "swapped signatures": (
        lambda f: swap(f / "data/records/signature/SIG-000001/1.json", f / "data/records/signature/SIG-000002/1.json"),
        "SIG-000001/1.json: not the content",
    ),
    "signature taken out": (
        lambda f: shutil.rmtree(f / "data/records/signature/SIG-000003"),
        "SIG-000003/1.json: missing",
    ),
    "another version signed": (
        lambda f: change_json(min((f / "data/records/result/RES-000001").iterdir()), lambda c: c.update(title="Other")),
        "SIG-000001: does not belong to RES-000001.1",
    ),
    "entry edited": (
        lambda f: edit_entries(f, lambda rows: rows[3].update(text=rows[3]["text"].replace("done", "Done"))),
        "its text does not have its hash",
    ),
    "entry edited, rehashed": (
        lambda f: edit_entries(f, lambda rows: rehash(rows[3], '"done"', '"refused"')),
        "not covered by the checkpoint",
    ),
    "entry deleted": (lambda f: edit_entries(f, lambda rows: rows[:5] + rows[6:]), "is missing from the trail"),
    "tail cut off": (lambda f: edit_entries(f, lambda rows: rows[:-3]), "data/bundle.json says"),
    "entries swapped": (lambda f: edit_entries(f, swap_numbers), "not covered by the checkpoint"),
    "entry twice": (lambda f: edit_entries(f, lambda rows: [*rows, rows[0]]), "occurs twice"),
    "proof": (lambda f: edit_entries(f, lambda rows: rows[0]["proof"].clear()), "not covered by the checkpoint"),
    "checkpoint": (
        lambda f: replace_text(f / "data/trail/checkpoint.txt", "blotter/0123", "blotter/9123"),
        "checkpoint: ",
    ),
    "key": (
        lambda f: replace_text(f / "data/trail/verifier-key.txt", "+", "+0"),
        "verifier key: ",
    ),
    "measurements table": (
        lambda f: replace_text(f / "data/tables/measurements.csv", "S1", "S9"),
        "measurements.csv: not what the records say (line 2)",
    ),
    "signatures table": (
        lambda f: replace_text(f / "data/tables/signatures.csv", "authorship", "approval"),
        "signatures.csv: not what the records say",
    ),
    "log table": (lambda f: replace_text(f / "data/tables/log.csv", "Ana", "Eva"), "log.csv: not what the records say"),
    "notebook": (
        lambda f: replace_text(f / "data/notebooks/NBK-000001.1.ipynb", "ImageViewer", "ImageBrowser"),
        "NBK-000001.1.ipynb: not the cells",
    ),
    "record added": (
        lambda f: (f / "data/records/result/RES-000001/99.json").write_text("{}"),
        "99.json: no entry of the trail belongs to it",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_named_even_when_the_manifests_fit(folder, name):
    forge, said = FORGERIES[name]
    forge(folder)
    remake_manifests(folder)
    faults = verify_bundle(folder)
    assert any(said in fault for fault in faults), faults


def test_the_wrong_key_is_named(folder, made):
    other = str(SigningKey.make(made[0].key.name).verifier())
    assert verify_bundle(folder, other) == ["verifier key: not the one that was given with --key"]


@pytest.mark.parametrize("name", ["README.txt", "verify.py", "bag-info.txt", "bagit.txt", "data/bundle.json"])
def test_a_flipped_byte_in_any_file_is_named(folder, name):
    flip(folder / name, 10)
    assert any(fault.startswith(f"{name}: changed") for fault in verify_bundle(folder))


def test_an_unknown_or_missing_file_is_named(folder):
    (folder / "data/extra.txt").write_text("x")
    (folder / "README.txt").unlink()
    assert verify_bundle(folder) == ["README.txt: missing", "data/extra.txt: not in manifest-sha256.txt"]


def test_any_flipped_byte_of_the_zip_file_is_a_fault(made, tmp_path):
    lab, bundle, _, _ = made
    data = lab.store.get(bundle.sha256)
    path = tmp_path / "b.zip"
    random = np.random.default_rng(7)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        starts = [entry.header_offset for entry in archive.infolist()]
        end = archive.start_dir
    headers = [start + at for start in starts[::9] for at in range(30)]
    places = [
        *headers[::3],
        *range(end, len(data), 37),
        *range(len(data) - 22, len(data)),
        *random.integers(0, end, 15),
    ]
    for at in places:
        changed = bytearray(data)
        changed[at] ^= 1 << int(random.integers(8))
        path.write_bytes(changed)
        assert verify_bundle(path), f"byte {at} was changed and nothing was said"


def test_a_cut_off_zip_file_is_a_fault(made, tmp_path):
    lab, bundle, _, _ = made
    path = tmp_path / "b.zip"
    path.write_bytes(lab.store.get(bundle.sha256)[:-1000])
    assert len(verify_bundle(path)) == 1
    assert subprocess.run([sys.executable, verify_bundle.__code__.co_filename, str(path)], check=False).returncode == 1
    assert subprocess.run([sys.executable, verify_bundle.__code__.co_filename, "/nowhere"], check=False).returncode == 2


def test_without_the_sequencer_there_is_no_bundle_but_a_report(made):
    lab, _, result, _ = made
    before = lab.services.seals.newest()
    with pytest.raises(Unavailable, match="not sealed yet"):
        lab.bundles(wait_s=0.3).make(lab.people["ana"], result)
    assert lab.services.seals.newest() == before
