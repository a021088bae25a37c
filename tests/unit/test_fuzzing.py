"""A short run of each target of ``make fuzz``, always the same, and what it rests on."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import __main__ as command
from tests.fuzz import campaign
from tests.fuzz.campaign import Budget, run_campaign, try_again
from tests.fuzz.cases import Case, Find, Target, load
from tests.fuzz.targets import TARGETS, target_named

SHORT = {
    "linker": 500,
    "configuration": 500,
    "handshake": 200,
    "replies": 40,
    "requests": 80,
    "cache": 1,
    "commands": 10,
    "prompt": 3,
    "prompt-vi": 2,
    "frontend": 15,
}
"""Cases of each, for a few seconds."""


def test_every_target_has_a_short_run() -> None:
    assert set(SHORT) == {target.name for target in TARGETS}


@pytest.mark.parametrize("name", SHORT)
def test_short_run(name: str) -> None:
    report = run_campaign(name, Budget(SHORT[name]), seed=1, processes=1)
    assert not report.finds, report.finds[0].told
    assert report.outcomes.total() == SHORT[name]
    if name == "linker":
        assert {"linked", "ObjectFormatError", "UndefinedSymbolsError"} <= report.outcomes.keys()


class FragileWorld:
    """Fails once it has been given an ``x``, and then a ``y`` or ``z``."""

    def __init__(self, _folder: Path) -> None:
        self._tried: list[bytes] = []

    def make(self, random: Random) -> Case:
        return random.choices([b"a", b"b", b"x", b"y"], k=5)

    def try_case(self, case: Case) -> str:
        self._tried += case
        assert b"y" not in case or b"x" not in self._tried, "0x12: it is broken"
        while b"z" in case:
            pass
        return "fine"

    def close(self) -> None:
        pass


FRAGILE = Target("fragile", "breaks", FragileWorld, 1, remembers=True)


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where finds are kept."""
    monkeypatch.setattr(campaign, "target_named", lambda name: FRAGILE)
    monkeypatch.setattr(campaign, "FINDS", tmp_path)
    return tmp_path


def test_a_find_is_made_smaller_kept_and_tried_again(
    fragile: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = run_campaign("fragile", Budget(20), seed=3, processes=1)
    assert len(report.finds) == 1, "all are of one kind"
    (path,) = fragile.iterdir()
    find = load(path)
    assert sorted(find.cases[-1]) in ([b"x", b"y"], [b"y"])
    assert "it is broken" in find.told
    assert "it is broken" in (try_again(find) or "")
    told = capfd.readouterr().err
    assert told.startswith("fragile ")
    assert str(path) in told
    assert told.count("\n") == 1
    assert command._replay(path) == 1


def test_what_never_ends_is_a_find(fragile: Path) -> None:
    find = Find("fragile", 1, 1, [[b"z"]], "")
    assert "no end after 1 seconds" in (try_again(find) or "")
    assert try_again(Find("fragile", 1, 1, [[b"a"]], "")) is None


def test_a_case_has_a_number_and_is_always_the_same(tmp_path: Path) -> None:
    world = target_named("configuration").open(tmp_path)
    assert world.make(Random("1 7")) == world.make(Random("1 7"))
    assert world.make(Random("1 7")) != world.make(Random("1 8"))
