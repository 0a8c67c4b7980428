"""What somebody might do to a bundle, and what the verifier has to say. The manifests are made to fit afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blotter_records.domain.note import SigningKey

Rows = list[dict[str, Any]]
EVERY = ("result", "image", "study", "users", "filtered")
OF_STUDIES = ("result", "image", "study")
SIGNED = ("result", "study")


@dataclass(frozen=True)
class Forgery:
    """Something done to an unpacked bundle of these scopes; ``said`` is part of a fault that has to be named."""

    forge: Callable[[Path], None]
    said: str
    scopes: tuple[str, ...] = EVERY


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


def change_json(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def edit_entries(folder: Path, change: Callable[[Rows], Rows | None]) -> None:
    path = folder / "data/trail/entries.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows = change(rows) or rows
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def rehashed(rows: Rows, at: int = 0) -> None:
    """Edit an entry's text and make its hash fit, as somebody with the database's superuser would."""
    row = rows[at]
    row["text"] = row["text"].replace('"done"', '"refused"')
    row["leaf"] = hashlib.sha256(b"\x00" + row["text"].encode()).hexdigest()


def with_numbers_swapped(rows: Rows) -> None:
    rows[0]["number"], rows[1]["number"] = rows[1]["number"], rows[0]["number"]


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def first(folder: Path, pattern: str) -> Path:
    return min(folder.glob(pattern))


def copied(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, to)


def without_tail(folder: Path) -> None:
    """Leave the last entry out, with its record, and let everything in the bundle agree about it."""
    gone: Rows = []
    edit_entries(folder, lambda rows: [*rows[:-2], gone.append(rows[-2]) or rows[-1]])
    body = json.loads(gone[0]["text"])

    def agree(about: dict[str, Any]) -> None:
        about["entries"] -= 1
        if body["rev"]:
            about["streams"][body["stream"]] -= 1
            if not about["streams"][body["stream"]]:
                del about["streams"][body["stream"]]

    change_json(folder / "data/bundle.json", agree)
    if body["rev"]:
        (folder / f"data/records/{body['record_kind']}/{body['record_id']}/{body['rev']}.json").unlink(missing_ok=True)


def without_revision(folder: Path) -> None:
    """Take the first change of a record out, its entry and its content."""
    path = first(folder, "data/records/*/*/1.json")
    kind, record = path.parts[-3:-1]
    stream = f"{kind}:{record}"

    def is_it(row: dict[str, Any]) -> bool:
        body = json.loads(row["text"])
        return (body["stream"], body["rev"]) == (stream, 1)

    edit_entries(folder, lambda rows: [row for row in rows if not is_it(row)])
    path.unlink()


def signed_by_another(folder: Path) -> None:
    """Sign the checkpoint with another key of the same name; the key stays the installation's."""
    path = folder / "data/trail/checkpoint.txt"
    text, _, lines = path.read_text().partition("\n\n")
    name = text.split("\n")[0]
    forged = SigningKey.make(name)
    signature = base64.b64encode(b"\x00\x00\x00\x00" + b"x" * 64).decode()
    assert str(forged.verifier()) not in lines
    path.write_text(f"{text}\n\n— {name} {signature}\n")


FORGERIES = {
    # entries
    "entry changed": Forgery(
        lambda f: edit_entries(f, lambda rows: rows[0].update(text=rows[0]["text"].replace("done", "Done"))),
        "its text does not have its hash",
    ),
    "entry changed and rehashed": Forgery(lambda f: edit_entries(f, rehashed), "not covered by the checkpoint"),
    "entry removed": Forgery(lambda f: edit_entries(f, lambda rows: rows[1:]), "statement: the trail says that this"),
    "tail cut off, everything agrees": Forgery(without_tail, "statement: the trail says that this"),
    "entry added": Forgery(
        lambda f: edit_entries(f, lambda rows: [{**rows[0], "number": rows[0]["number"] - 1}, *rows]),
        "not covered by the checkpoint",
        (*OF_STUDIES, "filtered"),
    ),
    "entry twice": Forgery(lambda f: edit_entries(f, lambda rows: [rows[0], *rows]), "occurs twice"),
    "entries reordered": Forgery(lambda f: edit_entries(f, lambda rows: [rows[1], rows[0], *rows[2:]]), "out of order"),
    "numbers swapped": Forgery(lambda f: edit_entries(f, with_numbers_swapped), "not covered by the checkpoint"),
    "proof taken away": Forgery(lambda f: edit_entries(f, lambda rows: rows[0]["proof"].clear()), "not covered by the"),
    "statement removed": Forgery(lambda f: edit_entries(f, lambda rows: rows[:-1]), "statement: the entry is missing"),
    # what it says of itself
    "another filter": Forgery(
        lambda f: change_json(f / "data/bundle.json", lambda about: about.update(filter={"who": "eve"})),
        "its filter is not the one that the statement names",
    ),
    "another title": Forgery(
        lambda f: change_json(f / "data/bundle.json", lambda about: about.update(title="Study STU-000009")),
        "its title is not the one that the statement names",
    ),
    "another scope": Forgery(
        lambda f: change_json(f / "data/bundle.json", lambda about: about.update(scope="image")),
        "its scope is not the one that the statement names",
        ("result", "study", "users"),
    ),
    # checkpoint and key
    "checkpoint changed": Forgery(
        lambda f: replace_text(f / "data/trail/checkpoint.txt", "blotter/0123", "blotter/9123"), "checkpoint: "
    ),
    "checkpoint by another key": Forgery(signed_by_another, "not signed by the installation's key"),
    "checkpoint removed": Forgery(lambda f: (f / "data/trail/checkpoint.txt").unlink(), "checkpoint.txt: missing"),
    "key changed": Forgery(lambda f: replace_text(f / "data/trail/verifier-key.txt", "+", "+0"), "verifier key: "),
    "key of another": Forgery(
        lambda f: (f / "data/trail/verifier-key.txt").write_text(
            str(SigningKey.make("blotter/0123456789abcdef").verifier())
        ),
        "not signed by the installation's key",
    ),
    # records
    "revision changed": Forgery(
        lambda f: change_json(first(f, "data/records/*/*/1.json"), lambda content: content.update(study="STU-000009")),
        "not the content that entry",
        (*OF_STUDIES, "users"),
    ),
    "revision removed": Forgery(without_revision, "revision 1 is missing from the trail", (*OF_STUDIES, "users")),
    "content removed": Forgery(
        lambda f: first(f, "data/records/*/*/1.json").unlink(), "1.json: missing", (*OF_STUDIES, "users")
    ),
    "revision added": Forgery(
        lambda f: copied(first(f, "data/records/*/*/1.json"), first(f, "data/records/*/*") / "99.json"),
        "99.json: no entry of the trail belongs to it",
        (*OF_STUDIES, "users"),
    ),
    "number changed": Forgery(
        lambda f: change_json(
            max((f / "data/records/analysis/ANL-000003").iterdir()), lambda c: c["measurements"][0].update(total=1)
        ),
        "not the content that entry",
        OF_STUDIES[1:],
    ),
    "layer exchanged": Forgery(
        lambda f: change_json(
            f / "data/records/annotation/ANN-000001/1.json", lambda c: c["marks"][0].update(text="x")
        ),
        "ANN-000001 is not, or not as it was, among the records",
        SIGNED,
    ),
    "another version signed": Forgery(
        lambda f: change_json(f / "data/records/result/RES-000001/1.json", lambda c: c.update(title="Other")),
        "RES-000001, revision 1: its digest is not that of what it pins",
        SIGNED,
    ),
    # signatures
    "signature changed": Forgery(
        lambda f: change_json(first(f, "data/records/signature/*/1.json"), lambda c: c.update(printed_name="Eve")),
        "printed name is not that of who made entry",
        (*SIGNED, "users"),
    ),
    "manifestation taken away": Forgery(
        lambda f: change_json(first(f, "data/records/signature/*/1.json"), lambda c: c.update(meaning="")),
        "its manifestation has no meaning",
        (*SIGNED, "users"),
    ),
    "signatures exchanged": Forgery(
        lambda f: swap(*sorted(f.glob("data/records/signature/*/1.json"))[:2]),
        "not the content that entry",
        (*SIGNED, "users"),
    ),
    "signature removed": Forgery(
        lambda f: shutil.rmtree(f / "data/records/signature/SIG-000003"), "SIG-000003/1.json: missing", SIGNED
    ),
    "signature added": Forgery(
        lambda f: copied(first(f, "data/records/signature/*/1.json"), f / "data/records/signature/SIG-000099/1.json"),
        "SIG-000099/1.json: no entry of the trail belongs to it",
        (*SIGNED, "users"),
    ),
    "signature that is named and not there": Forgery(
        lambda f: change_json(
            f / "data/records/result/RES-000001/5.json", lambda c: c["signatures"].append("SIG-000098")
        ),
        "SIG-000098: RES-000001 says it was signed so",
        SIGNED,
    ),
    # files
    "pixel changed": Forgery(
        lambda f: flip(f / "data/images/IMG-000001/counts.tif", -1), "not the pixels that were sealed", OF_STUDIES
    ),
    "pixel of 8 bits changed": Forgery(
        lambda f: flip(f / "data/images/IMG-000002/counts.tif", -2), "not the pixels that were sealed", SIGNED
    ),
    "original changed": Forgery(
        lambda f: flip(first(f, "data/images/IMG-000001/original/*"), -1), "not the file that was sealed", OF_STUDIES
    ),
    "original removed": Forgery(
        lambda f: first(f, "data/images/IMG-000001/original/*").unlink(), "holds 0 files instead of one", OF_STUDIES
    ),
    "derived image exchanged": Forgery(
        lambda f: copied(f / "data/images/IMG-000001/counts.tif", f / "data/images/IMG-000003/counts.tif"),
        "not the pixels that were sealed as IMG-000003",
        ("image", "study"),
    ),
    "image added": Forgery(
        lambda f: copied(f / "data/images/IMG-000001/counts.tif", f / "data/images/IMG-000099/counts.tif"),
        "no image of the records belongs to it",
        OF_STUDIES,
    ),
    "file added": Forgery(lambda f: (f / "data/extra.txt").write_text("x"), "data/extra.txt: no file of a bundle"),
    "program added": Forgery(lambda f: (f / "setup.exe").write_text("x"), "setup.exe: no file of a bundle"),
    "log changed": Forgery(lambda f: flip(first(f, "data/logs/*"), 5000), "not the volume that was printed"),
    "log removed": Forgery(lambda f: first(f, "data/logs/*").unlink(), ".pdf: missing"),
    "log added": Forgery(
        lambda f: copied(first(f, "data/logs/*"), f / "data/logs/log-999-of-999.pdf"), "not among the volumes"
    ),
    "logs exchanged": Forgery(lambda f: swap(*sorted(f.glob("data/logs/*"))[:2]), "not the volume that", ("study",)),
    "log taken out of the list": Forgery(
        lambda f: change_json(f / "data/bundle.json", lambda about: about["logs"].pop()),
        "statement: the printed volumes are not those that it names",
    ),
    "report changed": Forgery(lambda f: flip(first(f, "data/reports/*"), 5000), "not the report that", SIGNED),
    "letter changed": Forgery(lambda f: flip(first(f, "data/letters/*/*"), 5), "not the letter that", ("users",)),
    "letter removed": Forgery(
        lambda f: first(f, "data/letters/*/*").unlink(), "holds 0 files instead of one", ("users",)
    ),
    "letter added": Forgery(
        lambda f: shutil.copy(one := first(f, "data/letters/*/*"), one.with_name("other.pdf")),
        "holds 2 files instead of one",
        ("users",),
    ),
    "report removed": Forgery(lambda f: first(f, "data/reports/*").unlink(), "the PDF report is missing", SIGNED),
    "result changed": Forgery(
        lambda f: change_json(
            f / "data/results/RES-000002.json", lambda c: c["analyses"][0]["shapes"][0]["measurements"].update(total=1)
        ),
        "RES-000002.json: not what the records say",
        ("image", "study"),
    ),
    "signature taken out of a result": Forgery(
        lambda f: change_json(f / "data/results/RES-000001.json", lambda c: c["signatures"].pop()),
        "RES-000001.json: not what the records say",
        SIGNED,
    ),
    "result removed": Forgery(lambda f: first(f, "data/results/*").unlink(), ".json: missing", OF_STUDIES),
    "result added": Forgery(
        lambda f: copied(first(f, "data/results/*"), f / "data/results/RES-000099.json"),
        "no result of the records belongs to it",
        OF_STUDIES,
    ),
    "measurements changed": Forgery(
        lambda f: replace_text(f / "data/tables/measurements.csv", "S1", "S9"),
        "measurements.csv: not what the records say (line 2)",
        OF_STUDIES,
    ),
    "signatures table changed": Forgery(
        lambda f: replace_text(f / "data/tables/signatures.csv", "authorship", "approval"),
        "signatures.csv: not what the records say",
        SIGNED,
    ),
    "log table changed": Forgery(
        lambda f: replace_text(f / "data/tables/log.csv", ",done,", ",Done,"), "log.csv: not what the records say"
    ),
    "log table cut off": Forgery(
        lambda f: (f / "data/tables/log.csv").write_bytes(
            b"".join((f / "data/tables/log.csv").read_bytes().splitlines(keepends=True)[:1])
        ),
        "log.csv: not what the records say (it ends too early)",
    ),
    "notebook changed": Forgery(
        lambda f: replace_text(f / "data/notebooks/NBK-000001.1.ipynb", "ImageViewer", "ImageBrowser"),
        "NBK-000001.1.ipynb: not the cells",
        OF_STUDIES,
    ),
    "notebook removed": Forgery(
        lambda f: (f / "data/notebooks/NBK-000001.1.ipynb").unlink(), "NBK-000001.1.ipynb: missing", OF_STUDIES
    ),
    "notebook added": Forgery(
        lambda f: copied(f / "data/notebooks/NBK-000001.1.ipynb", f / "data/notebooks/NBK-000001.2.ipynb"),
        "nothing in the trail was changed from it",
        OF_STUDIES,
    ),
}
#: Each forgery with each scope in which it can be done.
CASES = [(scope, name) for name, forgery in FORGERIES.items() for scope in forgery.scopes]


def hostile(bundle: Path, path: Path, name: str) -> Path:
    """Write a bundle again, with one thing in its ZIP file that no bundle has."""
    with zipfile.ZipFile(bundle) as archive, zipfile.ZipFile(path, "w") as written:
        for entry in archive.infolist():
            data = archive.read(entry)
            if name == "compressed" and entry.filename.endswith("counts.tif"):
                data, entry.compress_type = bytes(100 << 20), zipfile.ZIP_DEFLATED
            written.writestr(entry, data, compress_type=entry.compress_type)
        top = archive.namelist()[0].partition("/")[0]
        plain = zipfile.ZipInfo(f"{top}/data/extra.txt", date_time=(1980, 1, 1, 0, 0, 0))
        plain.external_attr = 0o100644 << 16
        names = {"upwards": f"{top}/data/../../../etc/passwd", "absolute": "/etc/passwd", "backslash": f"{top}\\..\\x"}
        if name in names:
            plain.filename = plain.orig_filename = names[name]
            written.writestr(plain, b"x")
        if name == "link":
            plain.external_attr = 0o120777 << 16
            written.writestr(plain, b"/etc/passwd")
        if name == "two folders":
            written.writestr("elsewhere/x.txt", b"x")
        if name == "twice":
            written.NameToInfo.clear()  # or the second one of the name would be warned of
            written.writestr(archive.infolist()[-1], b"x")
    return path


HOSTILE = {
    "absolute": "a name that no bundle has",
    "backslash": "a name that no bundle has",
    "compressed": "not a plain file, stored as it is",
    "link": "not a plain file, stored as it is",
    "twice": "it must hold one folder, each file once",
    "two folders": "",
    "upwards": "a name that no bundle has",
}


def zipped(folder: Path, path: Path) -> Path:
    """Write an unpacked bundle as a ZIP file again, as Blotter would have written it."""
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                entry = zipfile.ZipInfo(f"{folder.name}/{one.relative_to(folder).as_posix()}")
                entry.create_system, entry.external_attr = 3, 0o100644 << 16
                archive.writestr(entry, one.read_bytes())
    return path
