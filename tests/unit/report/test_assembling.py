"""The one file of a bundle is the verifier's modules, whole, and needs the standard library alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from blotter_records.verifier import assembling

FRONT = '"""The front."""\n'


def in_folder(folder, **modules):
    (folder / "__init__.py").write_text(FRONT)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(f'"""About {name}."""\n\nfrom __future__ import annotations\n\n{text}')
    return folder


def test_the_file_holds_every_module_and_imports_the_standard_library_alone():
    tree = ast.parse(assembling.assembled())
    imported = {
        (one.module if isinstance(one, ast.ImportFrom) else one.names[0].name)
        for one in ast.walk(tree)
        if isinstance(one, ast.Import | ast.ImportFrom)
    }
    assert {str(name).partition(".")[0] for name in imported} <= sys.stdlib_module_names
    defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    for path in set(Path(assembling.FOLDER).glob("*.py")) - {Path(assembling.__file__)}:
        for one in ast.parse(path.read_text()).body:
            assert not isinstance(one, ast.FunctionDef | ast.ClassDef) or one.name in defined, (path.name, one)


def test_a_release_makes_the_file_without_being_installed(tmp_path):
    made = subprocess.run(
        [sys.executable, "-I", "-S", assembling.__file__], capture_output=True, check=True, cwd=tmp_path
    )
    assert made.stdout == assembling.assembled()
    script = tmp_path / "verify.py"
    script.write_bytes(made.stdout)
    told = subprocess.run(
        [sys.executable, "-I", "-S", script, tmp_path / "no"], capture_output=True, check=False, text=True
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert "cannot check" in told.stderr


def test_modules_stand_below_those_that_they_need(tmp_path):
    needed = in_folder(
        tmp_path, a="from blotter_records.verifier.b import two\n\n\none = two\n", b="import re\n\ntwo = re\n"
    )
    text = assembling.assembled(needed).decode()
    assert text.index("two = re") < text.index("one = two")
    assert "blotter_records" not in text
    exec(compile(text, "verify.py", "exec"), names := {})
    assert names["one"].__name__ == "re"


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ({"a": "import numpy\n\nx = numpy\n"}, "this cannot be imported: import numpy"),
        ({"a": "import re as r\n\nx = r\n"}, "this cannot be imported: import re as r"),
        ({"a": "x = 1\n", "b": "x = 2\n"}, "x means two things"),
        ({"a": "def f():\n    import re\n\n    return re\n"}, "does not begin with a docstring and all of its imports"),
        (
            {
                "a": "from blotter_records.verifier.b import two\n\none = 1\n",
                "b": "from blotter_records.verifier.a import one\n\ntwo = 2\n",
            },
            "cycle",
        ),
    ],
)
def test_what_would_be_another_program_in_one_file_is_refused(tmp_path, modules, said):
    with pytest.raises(ValueError, match=said):
        assembling.assembled(in_folder(tmp_path, **modules))
