"""``import forkrepl``: the public face, and its default session."""

from __future__ import annotations

import os
import pickle
import pydoc
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forkrepl
import pytest

import repl
from tests.support.leaks import MARK, living, wait_for
from tests.support.runtime import ROOT

PLAIN = pydoc.plaintext  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _no_default_session() -> Iterator[None]:
    forkrepl.set_default_session(None)
    yield
    forkrepl.set_default_session(None)


def python(script: str, folder: Path, *options: str, **environment: str) -> str:
    """What a script prints, which is not run from the checkout."""
    done = subprocess.run(
        [sys.executable, *options, "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_name_is_there_and_documented() -> None:
    assert set(repl.__all__) <= set(forkrepl.__all__)
    assert set(forkrepl.__all__) <= set(dir(forkrepl))
    for name in forkrepl.__all__:
        value = getattr(forkrepl, name)
        if name != "__version__":
            assert value.__doc__, name
    assert forkrepl.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        forkrepl.Nothing  # type: ignore[attr-defined]  # noqa: B018


def test_importing_it_is_quick(tmp_path: Path) -> None:
    """Wherever Python runs; and nothing is started for help or Tab."""
    script = (
        "import sys, forkrepl; print([m for m in sys.modules if m.startswith(('repl.', 'runtime',"
        " 'numpy', 'llvmlite', 'msgspec', 'importlib.metadata'))])"
    )
    assert python(script, tmp_path, "-I") == "[]\n"
    script = (
        "import pydoc, forkrepl; dir(forkrepl); print(len(pydoc.render_doc(forkrepl)) > 1000,"
        " forkrepl._default, hasattr(forkrepl.gbl, '__array__'))"
    )
    assert python(script, tmp_path) == "True None False\n"


def test_help_of_everything() -> None:
    for name in {*forkrepl.__all__} - {"__version__"}:
        text = pydoc.render_doc(getattr(forkrepl, name), renderer=PLAIN)
        assert "Traceback" not in text
    text = pydoc.render_doc(forkrepl.Session, renderer=PLAIN)
    public = [name for name in vars(forkrepl.Session) if not name.startswith("_")]
    for name in public:
        assert getattr(forkrepl.Session, name).__doc__, name
        assert name in text


def test_functions_use_the_default_session(tmp_path: Path) -> None:
    (tmp_path / "ours.h").write_text("#define OURS 3\n")
    (tmp_path / "libs").mkdir()
    library = tmp_path / "libs" / "libours.so"
    command = ["g++", "-shared", "-fPIC", "-xc++", "-", "-o", str(library)]
    subprocess.run(command, input="int ours() { return 4; }", text=True, check=True)
    assert repr(forkrepl.cppdef("int twice(int n) { return 2 * n; }")) == ""
    assert repr(forkrepl.cppexec("twice(21)")) == "(int) 42"
    forkrepl.include("vector")
    forkrepl.include("<string>")
    forkrepl.add_include_path(tmp_path)
    forkrepl.include('"ours.h"')
    forkrepl.add_library_path(str(tmp_path / "libs"))
    forkrepl.load_library("ours")
    forkrepl.cppdef("int ours();")
    session = forkrepl.default_session()
    assert session.value("std::vector<int>{OURS, ours()}").tolist() == [3, 4]
    with pytest.raises(forkrepl.CompileError, match="file not found"):
        forkrepl.include("nowhere.h")
    for name in ("", '"', "a\nb", "<a", 'x" y'):
        with pytest.raises(ValueError, match="is no name of a header"):
            forkrepl.include(name)
    for add in (forkrepl.add_include_path, forkrepl.add_library_path):
        with pytest.raises(forkrepl.ShellError, match="nowhere is no folder"):
            add("nowhere")
    session.close()


SHOWN = re.compile(r"^( +)(\S.*?)  # (.+)$", re.MULTILINE)


def test_what_the_guide_shows(capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever is followed by its value has it."""
    page = (ROOT / "examples" / "guide" / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    compared: list[str] = []

    def compare(value: object, shown: str) -> None:
        assert shown.startswith(repr(value).removeprefix("np.float64(").rstrip(")")), shown
        compared.append(shown)

    def with_check(match: re.Match[str]) -> str:
        indent, statement, shown = match.groups()
        is_value = re.match(r"array\(|[\d'.-]", shown) and not re.search(r"^\w+ | = ", statement)
        return f"{indent}compare({statement}, {shown!r})" if is_value else match[0]

    for block in blocks:
        exec(SHOWN.sub(with_check, block), {"compare": compare})
    assert len(compared) >= 9
    assert "std::out_of_range" in capfd.readouterr().out


def test_which_session_is_the_default() -> None:
    first = forkrepl.default_session()
    assert forkrepl.default_session() is first
    first.close()
    assert first.closed
    second = forkrepl.default_session()
    assert second is not first
    assert not second.closed
    with forkrepl.Session(language="c", define={"N": 5}) as own:
        forkrepl.set_default_session(own)
        assert repr(forkrepl.cppexec("N")) == "(int) 5"
        assert second.value("1") == 1
    second.close()


def test_the_global_namespace_is_that_of_the_default_session() -> None:
    class Namespace:
        number = 5

    class Fake:
        closed = False
        gbl = Namespace()

    fake: Any = Fake()
    forkrepl.set_default_session(fake)
    assert forkrepl.gbl.number == 5
    forkrepl.gbl.number = 6
    assert fake.gbl.number == 6
    del forkrepl.gbl.number
    assert "number" in dir(forkrepl.gbl)
    with pytest.raises(AttributeError, match="nothing"):
        forkrepl.gbl.nothing  # noqa: B018
    assert "default session" in repr(forkrepl.gbl)
    assert pickle.loads(pickle.dumps(forkrepl.gbl)) is forkrepl.gbl


FORK = """
import os, forkrepl
forkrepl.cppdef("int x = 1;")
for expected in ("refused", "own"):
    if os.fork() == 0:
        if expected == "own":
            forkrepl.set_default_session(forkrepl.Session())
        try:
            print(repr(forkrepl.cppexec("int y = 2; y")), flush=True)
        except forkrepl.ShellError as error:
            print(error, flush=True)
        raise SystemExit
    assert os.wait()[1] == 0
print(repr(forkrepl.cppexec("x")))
"""


def test_a_fork_says_so_and_the_end_leaves_nothing(tmp_path: Path) -> None:
    mark = f"public-{os.getpid()}"
    refused, own, after = python(FORK, tmp_path, **{MARK: mark}).splitlines()
    assert "of which this one is a fork: forkrepl.set_default_session(" in refused
    assert (own, after) == ("(int) 2", "(int) 1")
    assert wait_for(lambda: not living(mark))


def test_it_can_be_run_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "forkrepl", "-c", "6 * 7"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("(int) 42\n", "")


CLIENT = """
from typing import assert_type
import forkrepl
from forkrepl import Captured, Result, Session, UncaughtIndexError, default_session

assert_type(forkrepl.cppdef("int x;"), Result[str])
assert_type(default_session(), Session)
assert_type(forkrepl.__version__, str)
with default_session().captured() as out:
    assert_type(out, Captured)
    assert_type(out.stdout, str)
try:
    forkrepl.cppexec("throw 1;")
except UncaughtIndexError as error:
    assert_type(error.what, str)
forkrepl.gbl.anything(1)
"""
WRONG = """
import forkrepl

forkrepl.cppdef(5)
forkrepl.Session(standard="c++20")
forkrepl.nothing
"""


def test_type_checkers_know_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}/cache"]
    (tmp_path / "good.py").write_text(CLIENT)
    (tmp_path / "wrong.py").write_text(WRONG)
    done = subprocess.run(
        [*command, "good.py", "wrong.py"], capture_output=True, text=True, cwd=tmp_path
    )
    told = [line.split(":")[:2] for line in done.stdout.splitlines() if ": error: " in line]
    assert told == [["wrong.py", "4"], ["wrong.py", "5"], ["wrong.py", "6"]], done.stdout


def test_a_wheel_has_it(tmp_path: Path) -> None:
    """With its types; without the native parts, which take minutes to build."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    # Not in the checkout, where others may build at the same time.
    options = ["--config-settings=wheel.cmake=false", f"--config-settings=build-dir={tmp_path}/b"]
    subprocess.run([*command, *options, "-w", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = zipfile.ZipFile(wheel).namelist()
    for name in ("__init__.py", "__main__.py", "py.typed"):
        assert f"forkrepl/{name}" in files
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    # What is installed here is found before all paths.
    finders = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if isinstance(f, type)]; "
    script = f"{finders}import forkrepl; print(forkrepl.__file__, forkrepl.Session.__name__)"
    told = python(script, tmp_path, "-P", PYTHONPATH=str(tmp_path / "site"))
    assert told == f"{tmp_path}/site/forkrepl/__init__.py Session\n"
