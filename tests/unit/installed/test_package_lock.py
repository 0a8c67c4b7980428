"""An environment is sealed for a lock file; whatever is added, changed or removed afterwards is named."""

import json
import os
import shutil

import pytest
from blotter_records.errors import Invalid
from blotter_records.installed import files, sealing
from blotter_records.installed.checking import PackagesDiffer, Seal, checked, differences

PLACE = "lib/python3.11/site-packages"


@pytest.fixture
def locks(tmp_path):
    folder = tmp_path / "locks"
    folder.mkdir()
    (folder / "some.lock").write_text(
        "numpy==2.2.1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n"
        'only-elsewhere==1.0 ; sys_platform == "nowhere" \\\n    --hash=sha256:02\n'
    )
    return folder


@pytest.fixture
def prefix(tmp_path, locks):
    """An environment with a package of the lock and Blotter, sealed."""
    made = tmp_path / "venv"
    for name, version in (("numpy", "2.2.1"), ("blotter_part11", "0.1.0")):
        told = made / PLACE / f"{name}-{version}.dist-info"
        told.mkdir(parents=True)
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n")
    (made / PLACE / "numpy.py").write_text("one = 1\n")
    (made / "bin").mkdir()
    (made / "bin" / "python").symlink_to("/usr/bin/python3")
    sealing.seal(made, locks / "some.lock")
    return made


def test_what_was_not_touched_is_as_it_was_sealed(prefix, locks):
    seal = checked(prefix, locks)
    assert (seal.lock, seal.packages, seal.files) == ("some.lock", 1, 4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda at: (at / "six.py").write_text(""), f"{PLACE}/six.py was added"),
        (lambda at: (at / "evil.pth").write_text("import os"), f"{PLACE}/evil.pth was added"),
        (lambda at: (at / "numpy.py").write_text("one = 2\n"), f"{PLACE}/numpy.py was changed"),
        (lambda at: (at / "numpy.py").unlink(), f"{PLACE}/numpy.py was removed"),
        (lambda at: (at.parents[2] / "pyvenv.cfg").write_text("home = /evil"), "pyvenv.cfg was added"),
        (
            lambda at: ((at.parents[2] / "bin/python").unlink(), (at.parents[2] / "bin/python").symlink_to("/evil")),
            "bin/python was changed",
        ),
    ],
)
def test_every_change_is_named(prefix, locks, change, said):
    change(prefix / PLACE)
    with pytest.raises(PackagesDiffer, match=said):
        checked(prefix, locks)


def test_a_changed_file_is_found_though_size_and_time_of_writing_are_set_back(prefix, locks):
    path = prefix / PLACE / "numpy.py"
    before = path.stat()
    path.write_text("one = 7\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    with pytest.raises(PackagesDiffer, match=r"numpy.py was changed"):
        checked(prefix, locks)


def test_a_copy_of_an_environment_is_compared_by_content(prefix, locks, tmp_path):
    copy = shutil.copytree(prefix, tmp_path / "copy", symlinks=True)
    assert files.state_digest(files.scan(copy)) != checked(copy, locks).state
    (copy / PLACE / "numpy.py").write_text("one = 3\n")
    with pytest.raises(PackagesDiffer, match=r"numpy.py was changed"):
        checked(copy, locks)


def test_a_list_that_was_changed_along_is_no_excuse(prefix, locks):
    path = prefix / PLACE / "numpy.py"
    path.write_text("one = 4\n")
    listed = json.loads((prefix / files.LIST).read_text())
    listed[f"{PLACE}/numpy.py"] = [files.digest_of(path), *files.scan(prefix)[f"{PLACE}/numpy.py"]]
    (prefix / files.LIST).write_text(json.dumps(listed))
    with pytest.raises(PackagesDiffer, match="their list is not the sealed one"):
        checked(prefix, locks)


@pytest.mark.parametrize("name", [files.LIST, files.SEAL])
@pytest.mark.parametrize("content", [None, "", "[1]", "{}"])
def test_without_a_whole_list_and_seal_nothing_is_as_sealed(prefix, locks, name, content):
    (prefix / PLACE / "numpy.py").touch()
    (prefix / PLACE / "numpy.py").chmod(0o600)  # so that the list is read
    (prefix / name).unlink() if content is None else (prefix / name).write_text(content)
    with pytest.raises(PackagesDiffer):
        checked(prefix, locks)


def test_another_lock_than_the_release_has_is_refused(prefix, locks):
    (locks / "some.lock").write_text("numpy==2.2.2\n")
    with pytest.raises(PackagesDiffer, match="another lock file"):
        checked(prefix, locks)
    (locks / "some.lock").unlink()
    with pytest.raises(PackagesDiffer, match="another lock file"):
        checked(prefix, locks)


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("numpy==2.2.2\n", r"numpy 2.2.1 \(lock: 2.2.2\)"),
        ("six==1.0\nnumpy==2.2.1\n", r"six missing \(lock: 1.0\)"),
        ("", r"numpy 2.2.1 \(lock: none\)"),
    ],
)
def test_what_the_lock_does_not_name_is_not_sealed(prefix, locks, lock, said):
    before = Seal.read(prefix)
    (locks / "other.lock").write_text(lock)
    with pytest.raises(Invalid, match=said):
        sealing.seal(prefix, locks / "other.lock")
    assert Seal.read(prefix) == before


def test_sealing_again_reads_what_was_touched(prefix, locks):
    (prefix / PLACE / "numpy.py").write_text("one = 5\n")
    sealing.seal(prefix, locks / "some.lock")
    seal = checked(prefix, locks)
    assert list(differences(prefix, seal, files.scan(prefix))) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda at: (at / "six.py").write_text(""),
        lambda at: (at / "numpy.py").write_text("one = 2\n"),
        lambda at: (at / "numpy-2.2.1.dist-info" / "added").write_text(""),
        lambda at: (at.parents[2] / "bin" / "python").unlink(),
        lambda at: (at.parents[2] / files.SEAL).write_text("{}"),
    ],
)
def test_the_surface_shows_that_packages_came_went_or_changed(prefix, change):
    before = files.surface(prefix)
    assert files.surface(prefix) == before
    change(prefix / PLACE)
    assert files.surface(prefix) != before
