"""Puts the modules of the verifier together to the one file that every bundle carries as ``verify.py``.

``python3 records/blotter_records/verifier/assembling.py > verify.py`` makes that file from a release of Blotter.
"""

from __future__ import annotations

import ast
import symtable
import sys
from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from itertools import takewhile
from pathlib import Path

FOLDER = Path(__file__).parent
NEIGHBOUR = "from blotter_records.verifier."


@cache
def assembled(folder: Path = FOLDER) -> bytes:
    """Return the verifier as one file: its front, every import once, the modules in order of dependence.

    Raises
    ------
    ValueError
        A module imports something that is neither of the standard library nor a name of a neighbour, or elsewhere
        than at its head; a name means two things; modules need each other.
    """
    origins: dict[str, str] = {}  # of each name, the words that import it
    needs: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for path in sorted(set(folder.glob("*.py")) - {folder / "__init__.py", folder / "assembling.py"}):
        imported, defined, texts[path.stem] = _taken_apart(path)
        for name, origin in {**imported, **dict.fromkeys(defined, f"{NEIGHBOUR}{path.stem} import")}.items():
            if origins.setdefault(name, origin) != origin:
                raise ValueError(f"{path.name}: {name} means two things ({origins[name]} and {origin} it)")
        neighbours = {origin for origin in imported.values() if origin.startswith(NEIGHBOUR)}
        needs[path.stem] = sorted(origin.removeprefix(NEIGHBOUR).split()[0] for origin in neighbours)
    order = TopologicalSorter(needs).static_order()
    front = (folder / "__init__.py").read_text(encoding="utf-8")
    return "\n\n".join([f"{front}\n{_import_lines(origins)}", *(texts[name] for name in order)]).encode()


def _taken_apart(path: Path) -> tuple[dict[str, str], set[str], str]:
    """Return what a module imports (of each name, the words that import it), what it defines, and its own text."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    title = ast.get_docstring(tree)
    head = [*takewhile(lambda one: isinstance(one, ast.Import | ast.ImportFrom), tree.body[1:])]
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.Import | ast.ImportFrom)]
    if title is None or not head or head != imports:
        raise ValueError(f"{path.name}: it does not begin with a docstring and all of its imports")
    imported = {name.name: _origin(path, statement, name) for statement in imports for name in statement.names}
    known = symtable.symtable(text, path.name, "exec").get_symbols()
    defined = {one.get_name() for one in known if one.is_assigned() and not one.is_imported()}
    body = "\n".join(text.split("\n")[imports[-1].end_lineno :]).strip("\n")
    heading = f"# --- {path.stem}: {title} ".ljust(119, "-")
    return imported, defined, f"{heading}\n\n\n{body}\n"


def _origin(path: Path, statement: ast.Import | ast.ImportFrom, name: ast.alias) -> str:
    """Return the words that import a name. Raises ``ValueError`` if the one file could not import it so."""
    words = ast.unparse(statement).partition("import ")[0] + "import"
    module = words.split()[1] if isinstance(statement, ast.ImportFrom) else name.name
    is_known = words.startswith(NEIGHBOUR) or module.partition(".")[0] in sys.stdlib_module_names
    if not is_known or name.asname is not None or not name.name.isidentifier():
        raise ValueError(f"{path.name}: this cannot be imported: {ast.unparse(statement)}")
    return words


def _import_lines(origins: Mapping[str, str]) -> str:
    """Return the imports of the standard library, each once, sorted."""
    names: dict[str, list[str]] = {}
    for name, origin in sorted(origins.items()):
        if not origin.startswith(NEIGHBOUR):
            names.setdefault(origin, []).append(name)
    future, plain = names.pop("from __future__ import"), names.pop("import", [])
    lines = [f"import {name}" for name in plain] + [f"{origin} {', '.join(names[origin])}" for origin in sorted(names)]
    return "\n".join([f"from __future__ import {', '.join(future)}", "", *lines, ""])


if __name__ == "__main__":
    sys.stdout.buffer.write(assembled())
