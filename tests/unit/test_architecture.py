"""The structure of the package: imports, folders, bundles, and the effects of importing it."""

from __future__ import annotations

import gzip
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import grimp
import pytest
from google.protobuf import descriptor_pb2

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "nanover_jupyter"
BUILD = ROOT / "js" / "build.mjs"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")

# Source folders, their test folders, and source folders without tests of their own, each with
# the tests that cover it.
MIRRORED: list[tuple[Path, Path, dict[str, str]]] = [
    (
        PACKAGE,
        ROOT / "tests" / "unit",
        {"wire/grpc/protocol": "one module and its data: wire/grpc/test_protocol.py"},
    ),
    (
        ROOT / "js" / "src",
        ROOT / "js" / "tests",
        {
            "inspector/detail": "inspector/view.test.ts, which opens the pane",
            "widgets": "panel/mount.test.ts, as entry points only put the tools together",
        },
    ),
]

CREATE_SHELL = """
            from traitlets.config import Config
            from IPython.core.interactiveshell import InteractiveShell
            # The history would open a database and start a thread.
            shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
"""

# Compressed bytes. The page receives a bundle with every widget that is created.
LARGEST_BUNDLE = 60_000

# The limit of modules in a folder, so that its listing can be read at a glance.
MODULES_LIMIT = 16

# Private classes that only widgets use.
FOR_WIDGETS = {"LeaseTable", "LeaseManager", "LeaseStatus"}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_no_modules_import_each_other_in_a_cycle() -> None:
    """Includes imports for types and imports within functions."""
    graph = grimp.build_graph("nanover_jupyter", cache_dir=None)
    imports = {
        module: {
            imported
            for imported in graph.find_modules_directly_imported_by(module)
            # A package may import its modules, and they may import the package.
            if not module.startswith(f"{imported}.")
        }
        for module in graph.modules
    }

    assert find_cycle(imports) == []


def find_cycle(imports: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


@pytest.mark.parametrize("root", [PACKAGE, ROOT / "js" / "src"], ids=lambda root: root.name)
def test_no_folder_has_too_many_modules(root: Path) -> None:
    modules = [
        path for kind in ("*.py", "*.ts") for path in root.rglob(kind) if path.stem != "__init__"
    ]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in modules)

    assert {folder: count for folder, count in counts.items() if count > MODULES_LIMIT} == {}


def test_import_contracts_hold() -> None:
    result = run(Path(sys.executable).with_name("lint-imports"))

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("sources", "tests", "without"), MIRRORED, ids=lambda part: getattr(part, "name", "")
)
def test_tests_mirror_the_folders(sources: Path, tests: Path, without: dict[str, str]) -> None:
    folders = folders_below(sources)

    assert folders_below(tests) == folders - without.keys()
    assert without.keys() <= folders


def folders_below(root: Path) -> set[str]:
    """Return the folders with Python or TypeScript files, relative to `root`."""
    parents = {path.parent for kind in ("*.py", "*.ts") for path in root.rglob(kind)}
    return {str(folder.relative_to(root)) for folder in parents - {root}}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if not path.stem.startswith("_")], ids=dotted
)
def test_all_lists_the_public_names_of_a_module(path: Path) -> None:
    module = importlib.import_module(dotted(path))
    offered = {
        name
        for name, member in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(member) or inspect.isfunction(member))
        and member.__module__ == module.__name__
    }

    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert offered <= set(module.__all__)


def test_public_names_can_be_imported() -> None:
    package = importlib.import_module("nanover_jupyter")

    assert [name for name in package.__all__ if getattr(package, name, None) is None] == []
    assert set(package.__all__) <= set(dir(package))


def test_return_types_of_public_calls_are_public() -> None:
    package = importlib.import_module("nanover_jupyter")
    public = {name: getattr(package, name) for name in package.__all__}
    hidden = {
        f"{caller}: {kind}"
        for name, thing in public.items()
        for caller, function in _functions(name, thing)
        for kind in _own_classes(function)
        if kind not in public
    }

    assert {entry for entry in hidden if entry.rpartition(" ")[2] not in FOR_WIDGETS} == set()


def _functions(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield a function, or the public methods and properties of a class."""
    members = {name: thing} if inspect.isfunction(thing) else {}
    if inspect.isclass(thing):
        statics = {each: inspect.getattr_static(thing, each) for each in dir(thing)}
        members = {
            f"{name}.{each}": static.fget if isinstance(static, property) else static
            for each, static in statics.items()
            if not each.startswith("_")
        }
    for label, member in members.items():
        function = getattr(member, "__func__", member)
        if inspect.isfunction(function) and function.__module__.startswith("nanover_jupyter"):
            yield label, function


def _own_classes(function: Any) -> set[str]:
    """Return the names of this package's classes in a return annotation."""
    returned = str(function.__annotations__.get("return", ""))
    known = vars(sys.modules[function.__module__])
    return {
        name
        for name in re.findall(r"\w+", returned)
        if inspect.isclass(known.get(name)) and known[name].__module__.startswith("nanover_jupyter")
    }


def test_compiled_protocol_equals_its_sources(tmp_path: Path) -> None:
    compiled = tmp_path / "nanover.binpb"

    result = run(sys.executable, ROOT / "scripts" / "compile_protocol", compiled)

    assert result.returncode == 0, result.stderr
    committed = PACKAGE / "wire" / "grpc" / "protocol" / "nanover.binpb"
    assert _our_files(compiled) == _our_files(committed), "run scripts/compile_protocol"


def _our_files(path: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """Return the files without Google's own, which depend on the compiler's version."""
    files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file
    return {file.name: file for file in files if not file.name.startswith("google/")}


def test_bundles_match_the_frontend_entries_and_the_widgets() -> None:
    entries = set(re.findall(r'^  (\w+): "src/.*\.ts"', BUILD.read_text(), re.MULTILINE))
    built = {path.stem for path in (PACKAGE / "static").glob("*.js")}
    for path in (PACKAGE / "widgets").rglob("[!_]*.py"):
        importlib.import_module(dotted(path))
    panels = importlib.import_module("nanover_jupyter.widgets.panel")
    used = {widget._esm.path.stem for widget in panels.Panel.__subclasses__()}

    assert entries == built == used | panels.LAZY_MODULES, "run scripts/build"


def test_bundles_loaded_by_every_widget_are_small() -> None:
    panels = importlib.import_module("nanover_jupyter.widgets.panel")
    sizes = {
        path.stem: len(gzip.compress(path.read_bytes()))
        for path in (PACKAGE / "static").glob("*.js")
        if path.stem not in panels.LAZY_MODULES
    }

    assert {name: size for name, size in sizes.items() if size > LARGEST_BUNDLE} == {}


def test_import_opens_nothing_and_imports_nothing_heavy() -> None:
    seen = _observe("import nanover_jupyter")

    assert seen["events"] == []
    assert seen["imported"] == []


def test_load_ext_opens_nothing_and_imports_neither_widgets_nor_grpc() -> None:
    seen = _observe(
        "shell.run_line_magic('load_ext', 'nanover_jupyter')",
        before=CREATE_SHELL,
    )

    assert seen["events"] == []
    assert set(seen["imported"]) <= {"IPython", "traitlets"}


def test_magics_that_show_no_widget_do_not_import_ipywidgets() -> None:
    lines = ["serve", "connect", "state", "commands", "locks", "watch demo --for 0.01"]
    seen = _observe(
        f"""
with capture_output():
    for line in {lines}:
        shell.run_line_magic("nanover", line)
    shell.run_line_magic("unload_ext", "nanover_jupyter")
""",
        before=f"""
            {CREATE_SHELL}
            from IPython.utils.capture import capture_output
            shell.run_line_magic("load_ext", "nanover_jupyter")
        """,
    )

    assert "grpc" in seen["imported"]
    assert not {"ipywidgets", "anywidget"} & set(seen["imported"])


def test_a_plain_script_needs_no_jupyter() -> None:
    """Runs everything but widgets and magics where Jupyter cannot be imported."""
    program = """
import asyncio, sys
for name in ("IPython", "ipykernel", "ipywidgets", "anywidget", "jupyter_client", "comm", "tqdm"):
    sys.modules[name] = None
import traitlets
import nanover_jupyter as nv

class Avatar(nv.SharedRecord):
    name = traitlets.Unicode()

async def first(stream):
    async for change in stream:
        return change.key

with nv.NanoverServer() as server, nv.connect(f"127.0.0.1:{server.port}") as connection:
    client = connection.client
    stream = client.changes("scale")
    with nv.shared(connection, "scale", 1.0) as scale, Avatar(connection, "avatar.me") as me:
        scale.value = 2.0
        me.name = "Ada"
        client.wait_for(lambda state: state["scale"] == 2.0 and state["avatar.me"])
    with nv.shared_prefix(connection, "avatar.") as avatars, client.locked("scale"):
        print(asyncio.run(first(stream)), dict(avatars), len(client.update_available_commands()))
"""
    result = run(sys.executable, "-c", program)

    assert result.stderr == ""
    assert result.stdout == "scale {'avatar.me': {'name': 'Ada'}} 0\n"


def _observe(statement: str, *, before: str = "") -> dict[str, list[str]]:
    """Return what a new interpreter opens, starts and imports during `statement`."""
    program = f"""
import json, sys
{inspect.cleandoc(before)}
events = []
def note(event, arguments):
    if event.startswith("socket.") or event == "_thread.start_new_thread":
        events.append(event)
sys.addaudithook(note)
{statement}
heavy = ["IPython", "traitlets", "ipywidgets", "anywidget", "grpc", "google.protobuf", "orjson"]
heavy.append("nanover_jupyter.server")
print(json.dumps({{"events": events, "imported": [name for name in heavy if name in sys.modules]}}))
"""
    result = run(sys.executable, "-c", program)
    assert result.returncode == 0, result.stderr
    seen: dict[str, list[str]] = json.loads(result.stdout)
    return seen
