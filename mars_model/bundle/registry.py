"""The model registry: a folder with one bundle per model version, and which one is in use."""

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mars_model.bundle.manifest import (
    MANIFEST_FILE,
    Manifest,
    TrainedWith,
    model_files,
    name_version,
    read_manifest,
    write_manifest,
)
from mars_model.bundle.promotion import Decision, add_decision, read_promotions
from mars_model.bundle.record import NAME_PATTERN
from mars_model.bundle.sealed_file import SealedFile, seal
from mars_model.bundle.verify import verify_bundle
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.errors import InputDataError, MarsBatchError
from mars_model.locks import locked

_LOCK_FILE = ".registry.lock"
_WAIT_S = 30.0  # a record is written in milliseconds


@dataclass(frozen=True)
class Bundle:
    """A verified bundle on disk: `open_bundle` and `Registry.write` make them."""

    folder: Path
    manifest: Manifest

    @property
    def model_version(self) -> str:
        """The bundle's name."""
        return self.manifest.model_version

    def file(self, name: str) -> Path:
        """Where one of its files lies."""
        return self.folder / name

    def sealed(self, name: str) -> SealedFile:
        """One of its files, to be opened: its bytes are those that were verified, or none."""
        return SealedFile(self.file(name), self.manifest.files[name])

    def vocabulary(self) -> Vocabulary:
        """The words that its encoders know."""
        return Vocabulary.parse(self.sealed("vocabulary.txt").read())


def open_bundle(folder: Path) -> Bundle:
    """A bundle in a folder of any name, verified. Raises MarsBatchError that names all damage."""
    manifest = read_manifest(folder)
    verify_bundle(folder, manifest)
    return Bundle(folder, manifest)


@contextmanager
def draft_folder(parent: Path) -> Iterator[tuple[Path, Callable[[str], Path]]]:
    """A folder to fill, and a function that puts it into its place under a name, whole.

    A folder of that name is replaced. What was not put in place is deleted.
    """
    mark = uuid.uuid4().hex
    draft, replaced = parent / f".draft-{mark}", parent / f".replaced-{mark}"
    draft.mkdir(parents=True)

    def place(name: str) -> Path:
        target = parent / name
        if target.exists():
            target.rename(replaced)
        return draft.rename(target)

    try:
        yield draft, place
    finally:
        for leftover in (draft, replaced):
            shutil.rmtree(leftover, ignore_errors=True)


@dataclass(frozen=True)
class Registry:
    """Bundles under one folder, `<folder>/<model_version>/`."""

    folder: Path

    def write(
        self,
        write_files: Callable[[Path], None],
        settings: TrainedWith,
        data_versions: dict[str, int],
        facts: dict[str, float],
        is_synthetic: bool,
    ) -> Bundle:
        """Write a bundle whole or not at all.

        `write_files` puts `model_files` into the folder it is given; where it raises, no bundle
        is left. Of one with the same content only the manifest is replaced.
        """
        with draft_folder(self.folder) as (draft, place):
            write_files(draft)
            files = {name: seal(draft / name).sha256 for name in model_files(settings.model)}
            manifest = Manifest(
                model_version=name_version(settings, files),
                is_synthetic=is_synthetic,
                settings=settings,
                data_versions=data_versions,
                n_words=len(Vocabulary.parse((draft / "vocabulary.txt").read_bytes()).words),
                metrics=facts,
                files=files,
            )
            write_manifest(draft, manifest)
            with self.alone():
                held = self._find(manifest.model_version)
                if held is None:
                    return Bundle(place(manifest.model_version), manifest)
                # Its files are the same, and nights may be reading them.
                (draft / MANIFEST_FILE).replace(held.file(MANIFEST_FILE))
                return Bundle(held.folder, manifest)

    def open(self, model_version: str) -> Bundle:
        """A bundle by name, verified. Raises InputDataError where there is none."""
        folder = self.folder / model_version
        if not re.fullmatch(NAME_PATTERN, model_version) or not folder.is_dir():
            known = ", ".join(self.versions()) or "none"
            raise InputDataError(
                f"model {model_version!r}: not found in {self.folder}, which has {known}. "
                "Train one with: mars-batch train"
            )
        bundle = open_bundle(folder)
        if bundle.model_version != model_version:
            raise MarsBatchError(
                f"bundle {folder}: its manifest says that it is {bundle.model_version}. Give the "
                "folder that name, or restore what was there"
            )
        return bundle

    def _find(self, model_version: str) -> Bundle | None:
        """A bundle that is there and whole."""
        try:
            return self.open(model_version)
        except MarsBatchError:
            return None

    def versions(self) -> list[str]:
        """All model versions here, by name."""
        return sorted(path.parent.name for path in self.folder.glob(f"[!.]*/{MANIFEST_FILE}"))

    def promote(self, model_version: str) -> None:
        """Choose by hand the bundle that is used from the next night on."""
        version = self.open(model_version).model_version
        self.record(Decision(model_version=version, is_promoted=True, reason="by hand"))

    def record(self, decision: Decision) -> None:
        """Record a decision; where it promotes, readers see the old name or the new one."""
        self.open(decision.model_version)
        with self.alone():
            add_decision(self.folder, decision)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from changing the registry meanwhile; readers go on."""
        with locked(self.folder / _LOCK_FILE, f"model registry {self.folder}", _WAIT_S):
            yield

    def decisions(self) -> dict[str, Decision]:
        """The latest decision about each model version."""
        promotions = read_promotions(self.folder)
        return {d.model_version: d for d in promotions.decisions} if promotions else {}

    def promoted_version(self) -> str | None:
        """The model version in use, None before the first promotion."""
        promotions = read_promotions(self.folder)
        return promotions.model_version if promotions else None

    def promoted(self) -> Bundle:
        """The bundle in use. Raises InputDataError where none was promoted."""
        version = self.promoted_version()
        if version is None:
            raise InputDataError(
                f"model registry {self.folder}: no bundle is in use. Train one with: "
                "mars-batch train"
            )
        return self.open(version)
