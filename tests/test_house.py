"""The house's rules, read from the source: who imports whom, and who alone imports what."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "mars_model"
# A room may import those that stand before it; rooms of one line do not import each other.
FLOORS = (
    ("errors", "resources", "prerequisites", "causes", "redact"),
    ("settings", "locks"),
    ("tables",),
    ("sources", "features"),
    ("bundle",),
    ("training", "scoring"),
    ("evaluation",),
    ("model",),
    ("importing",),
    ("night",),
    ("fitting",),
    ("comparing",),
    ("reports",),
    ("cli",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def imports_of(path: Path) -> set[str]:
    """Dotted names that a module imports, at any depth."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def importers(library: str) -> set[str]:
    """Modules of the package that import a library."""
    return {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imports_of(path))
    }


def room_of(dotted: str) -> str:
    """The room of a name such as mars_model.scoring.top_n; the package's face has none."""
    return dotted.split(".")[1] if dotted.count(".") else ""


def test_imports_only_point_one_way() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for name in imports_of(path):
            other = room_of(name) if name.startswith("mars_model.") else ""
            if other in FLOOR_OF and other != room and FLOOR_OF[other] >= FLOOR_OF[room]:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert wrong == []


def test_every_room_stands_on_a_floor() -> None:
    rooms = {p.name.removesuffix(".py") for p in PACKAGE.iterdir() if p.suffix in ("", ".py")}
    assert rooms - {"__init__", "__pycache__", "py"} == set(FLOOR_OF)


def test_torch_and_onnx_stay_in_the_training_room_but_for_baselines_of_their_own() -> None:
    assert {Path(p).parts[0] for p in importers("onnx")} == {"training"}
    folders = {Path(p).parent.as_posix() for p in importers("torch")}
    assert folders == {"training", "evaluation/baselines"}


def test_libraries_of_baselines_stay_with_them() -> None:
    libraries = ("cornac", "implicit", "cmfrec", "scipy", "threadpoolctl")
    found = set().union(*(importers(library) for library in libraries))
    assert found - {"evaluation/significance.py"} == {
        p for p in found if p.startswith("evaluation/baselines/")
    }


def test_one_module_opens_onnxruntime() -> None:
    assert importers("onnxruntime") == {"scoring/sessions.py"}


def test_only_the_registry_makes_a_bundle_and_only_verified_bytes_make_a_session() -> None:
    makers: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).split(".")[-1]
                makers.setdefault(name, set()).add(str(path.relative_to(PACKAGE)))
    assert makers["Bundle"] == {"bundle/registry.py"}
    assert makers["verify_bundle"] == {"bundle/registry.py"}
    assert makers["InferenceSession"] == {"scoring/sessions.py"}
    # What this process wrote a moment ago, and its own graph, need no manifest.
    written_here = {"bundle/registry.py", "evaluation/export_bundle.py", "model.py"}
    assert makers["seal"] == written_here
    assert makers["attention_in_memory"] == {"evaluation/fit.py"}


def test_one_module_reads_and_writes_delta_with_spark_and_one_without() -> None:
    assert importers("delta") == {"tables/delta_spark.py"}
    assert importers("deltalake") == {"tables/delta_files.py"}


def test_arrays_and_the_python_door_know_nothing_of_spark_but_for_its_baseline() -> None:
    arrays_only = {"bundle", "training", "scoring", "evaluation", "model.py"}
    spark = importers("pyspark") | importers("delta")
    found = {p for p in spark if Path(p).parts[0] in arrays_only}
    # Spark's own ALS, and whether there is a Spark for it.
    assert found == {"evaluation/baselines/als.py", "evaluation/baselines/choose_baseline.py"}


def test_no_two_modules_share_a_name_but_a_command_and_its_workflow() -> None:
    paths = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
    names = Counter(p.name for p in paths if p.parts[0] != "cli" and p.name != "__init__.py")
    assert [name for name, n in names.items() if n > 1] == []


def test_compiled_loops_stay_in_the_scoring_room() -> None:
    assert importers("numba") == {"scoring/compiled.py"}


def test_metrics_and_splits_are_arrays_only() -> None:
    pure = ("evaluation/metrics", "evaluation/splits")
    libraries = {
        name.split(".")[0]
        for folder in pure
        for path in (PACKAGE / folder).glob("*.py")
        for name in imports_of(path)
    }
    assert libraries - set(sys.stdlib_module_names) == {"mars_model", "numpy"}


def test_one_module_imports_mlflow() -> None:
    assert importers("mlflow") == {"fitting/tracking.py"}


def test_one_module_imports_optuna_and_two_draw() -> None:
    assert importers("optuna") == {"comparing/study.py"}
    assert importers("matplotlib") == {"comparing/tuning_report.py", "reports/plots.py"}
    assert importers("jinja2") == {"reports/page.py"}


def test_one_module_builds_spark_sessions() -> None:
    builders = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "SparkSession.builder" in path.read_text(encoding="utf-8")
    }
    assert builders == {"tables/session.py"}


def test_scoring_a_night_needs_no_extra() -> None:
    code = (
        "import sys; import mars_model.cli.main, mars_model.cli.night; "
        "extras = ('torch', 'onnx', 'mlflow', 'optuna', 'matplotlib', 'cornac', 'implicit', "
        "'cmfrec'); "
        "print([m for m in extras if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "[]\n", answer.stderr


# Reading these runs what stands in them.
UNPICKLING = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def unsafe_calls(tree: ast.AST) -> list[str]:
    """Calls that run or unpickle what they are given, by name."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        said = {word.arg: ast.unparse(word.value) for word in node.keywords}
        leaf = name.split(".")[-1]
        is_unsafe = (
            name in ("eval", "exec", "__import__")
            or leaf in ("unsafe_load", "full_load", "read_pickle", "to_pickle", "run_path")
            or (name in ("np.load", "np.save") and said.get("allow_pickle") != "False")
            or (name == "torch.load" and said.get("weights_only") != "True")
            or (name == "yaml.load" and [ast.unparse(a) for a in node.args[1:]] != ["_Loader"])
            or said.get("shell") == "True"
        )
        if is_unsafe:
            found.append(name)
    return found


def test_nothing_is_unpickled_and_no_text_is_run() -> None:
    folders = (PACKAGE, PACKAGE.parent / "jobs", PACKAGE.parent / "benchmarks")
    wrong = []
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        used = {name.split(".")[0] for name in imports_of(path)} & UNPICKLING
        calls = unsafe_calls(ast.parse(path.read_text(encoding="utf-8")))
        wrong += [f"{path.name}: {name}" for name in (*sorted(used), *calls)]
    assert wrong == []


def test_what_is_unsafe_is_seen() -> None:
    lines = (
        *("eval(x)", "yaml.load(x)", "yaml.load(x, yaml.Loader)", "torch.load(x)"),
        *("np.load(x, allow_pickle=True)", "pd.read_pickle(x)", "subprocess.run(x, shell=True)"),
        "torch.load(x, weights_only=True)",
        "np.load(x, allow_pickle=False)",
    )
    assert [len(unsafe_calls(ast.parse(line))) for line in lines] == [1] * 7 + [0] * 2


def test_every_test_that_the_guarantees_name_is_there() -> None:
    text = (PACKAGE.parent / "docs" / "guarantees.md").read_text(encoding="utf-8")
    named = set(re.findall(r"tests/[\w/]*\w", text))
    assert len(named) > 20
    there = {str(p.relative_to(PACKAGE.parent)) for p in (PACKAGE.parent / "tests").rglob("*")}
    assert {name for name in named if f"{name}.py" not in there and name not in there} == set()
