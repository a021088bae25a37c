"""A short run of ``make fuzz``, always the same, and what it rests on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.mutations import SetField, structure
from tests.fuzz.pipeline import Case, outcome_of
from tests.fuzz.samples import Sample, all_samples, write_files

ROOT = Path(__file__).resolve().parents[3]
CASES = 500


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return all_samples()


def test_samples_link_as_they_are(samples: list[Sample], tmp_path: Path) -> None:
    """So what fails is the damage."""
    for sample in samples:
        folder = tmp_path / sample.name
        write_files(sample, folder)
        outcomes = [
            outcome_of(Case(folder, sample.inputs, sample.whole_archive, has_symbols))
            for has_symbols in (True, False)
        ]
        assert outcomes[0] == "linked", sample.name
        assert outcomes[1] in ("linked", "UndefinedSymbolsError"), sample.name


def test_fields_are_changed_where_they_are(samples: list[Sample]) -> None:
    """To set a field to what it is changes nothing."""
    for sample in samples:
        data = sample.files[sample.target]
        for kind, fields in structure(data).fields.items():
            for field in fields[:3]:
                if field.form != "text":
                    assert SetField(field, kind, 0, True).apply(data) == data, kind
                    assert SetField(field, kind, 1, True).apply(data) != data, kind


def test_damaged_inputs_link_or_are_refused_properly() -> None:
    command = [sys.executable, "-m", "tests.fuzz", str(CASES), "--processes", "1", "--seed", "1"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = {name: int(count) for count, name in
                (line.split(maxsplit=1) for line in done.stdout.splitlines()[1:])}  # fmt: skip
    assert outcomes["cases in all"] >= CASES
    assert {"linked", "ObjectFormatError", "UndefinedSymbolsError"} <= outcomes.keys()
