"""Settings from a YAML file and --set key=value; all mistakes are reported at once."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mars_model.errors import SettingsError
from mars_model.resources import resource_folder
from mars_model.settings.local_path import plain_path
from mars_model.settings.tree import Settings
from mars_model.settings.written import Written, kind_at, read_setting, read_yaml, settled

WAREHOUSE_FILE = "mars-batch.yaml"
_MOST_MISTAKES = 50
_MOST_BYTES = 2**20  # conf/mars-batch.yaml has 6,000


def load_settings(
    conf: Path | None = None,
    overrides: Sequence[str] = (),
    warehouse: str | None = None,
    model: Path | None = None,
) -> Settings:
    """Defaults, a file, a model's file, `overrides` (`key.sub=value`), the warehouse's folder.

    The file is `conf`; without one, `mars-batch.yaml` beside the warehouse's tables if there is
    one. Without `tracking.uri` MLflow's own variable is taken. Raises SettingsError that names
    every unknown, missing or badly typed setting.
    """
    given = _apply_overrides({}, overrides)
    if warehouse is not None:
        given = _merge(given, {"warehouse": {"path": warehouse}})
    if conf is None:
        branch = given.get("warehouse")
        folder = branch.get("path") if isinstance(branch, dict) else None
        folder = Settings().warehouse.path if folder is None else folder
        conf = _beside_tables(str(folder))
    files = [path for path in (conf, model) if path]
    tree: dict[str, Any] = {}
    for path in files:
        tree = _merge(tree, _read_file(path))
    return _with_tracking_address(parse_settings(_merge(tree, given), files))


def parse_settings(tree: Settings | Mapping[str, Any], files: Sequence[Path] = ()) -> Settings:
    """The whole tree from some of its branches; `files` are named in errors.

    Raises SettingsError that names every unknown or badly typed setting.
    """
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError(_sentence(error, files)) from error


def find_model_file(name: str) -> Path:
    """The settings file of a model: a path, or a name in conf/models.

    Raises SettingsError that lists the names there are.
    """
    folder = resource_folder("conf") / "models"
    for path in (Path(name), folder / f"{name}.yaml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
    raise SettingsError(f"model {name}: expected a settings file or one of {known}, found neither")


def _beside_tables(folder: str) -> Path | None:
    try:
        file = Path(plain_path(folder)) / WAREHOUSE_FILE
    except ValueError:  # said where the settings are checked
        return None
    return file if file.is_file() else None


def _with_tracking_address(settings: Settings) -> Settings:
    address = os.environ.get("MLFLOW_TRACKING_URI")
    if not address or settings.tracking.uri is not None:
        return settings
    return settings.model_copy(
        update={"tracking": settings.tracking.model_copy(update={"uri": address})}
    )


def _read_file(conf: Path) -> dict[str, Any]:
    try:
        content = read_yaml(_read_text(conf))
    except OSError as error:
        raise SettingsError(
            f"settings file {conf}: cannot be read ({error.strerror}); name one that exists "
            "with --conf, conf/mars-batch.yaml shows what it holds"
        ) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: bad UTF-8
        where = " ".join(str(error).split())
        raise SettingsError(f"settings file {conf}: not valid YAML: {where}") from error
    content = content.value if isinstance(content, Written) else content
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(
            f"settings file {conf}: expected a mapping of settings, found "
            f"{type(content).__name__}; conf/mars-batch.yaml shows what it holds"
        )
    return dict(settled(content, Settings))


def _read_text(conf: Path) -> str:
    with conf.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"expected {_MOST_BYTES:,} bytes at most")
    return content.decode("utf-8")


def _apply_overrides(tree: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals or not key.strip():
            raise SettingsError(
                f"--set {override}: expected key=value, for example --set scoring.top_n=20"
            )
        *path, leaf = names = key.strip().split(".")
        kind = kind_at(Settings, names)
        try:
            parsed = settled(read_setting(value, kind), kind)
        except (yaml.YAMLError, ValueError) as error:
            raise SettingsError(f"--set {override[:200]}: the value is not valid YAML") from error
        branch = tree
        for name in path:
            branch = branch.setdefault(name, {})
            if not isinstance(branch, dict):
                raise SettingsError(f"--set {override}: '{name}' holds a value, not settings")
        branch[leaf] = parsed
    return tree


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _sentence(error: ValidationError, files: Sequence[Path]) -> str:
    source = ", ".join(map(str, files)) or "--set"
    found = []
    for problem in error.errors()[:_MOST_MISTAKES]:
        name = ".".join(str(part)[:100] for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            found.append(f"'{name}' is not a setting")
        else:
            message = problem["msg"][0].lower() + problem["msg"][1:]
            found.append(f"'{name}' is {_shown(problem['input'])}, but {message}")
    if (n_more := error.error_count() - len(found)) > 0:
        found.append(f"and {n_more:,} more")
    return f"settings ({source}): " + "; ".join(found) + ". conf/mars-batch.yaml lists all settings"


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 300 else shown[:300] + "…"
