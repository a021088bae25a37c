"""``%%cpp`` in notebooks with a kernel of Python."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.jupyter import TIMEOUT, Notebook, python_notebook


@pytest.fixture(scope="module")
def python() -> Iterator[Notebook]:
    """One kernel for all tests of this file."""
    with tempfile.TemporaryDirectory() as folder, python_notebook(Path(folder)) as started:
        assert started.run("import numpy as np\n%load_ext forkrepl").kinds == []
        started.run(
            "%%cpp\n#include <cstdio>\n#include <iostream>\n#include <vector>\nint kept = 5;"
        )
        yield started
        assert started.value("%cpp kept") == "(int) 5"


def test_values_and_output(python: Notebook) -> None:
    ran = python.run('%%cpp\nputs("one");\nstd::vector<std::vector<int>>{{1, 2}, {3, 4}}')
    assert ran.kinds == ["stream", "execute_result"]
    assert "<td>3</td><td>4</td>" in ran.shown[0]["text/html"]
    ran = python.run('print("a")\n%cpp puts("b");\nprint("c")')
    assert ran.stream() == "a\nb\nc\n"
    ran = python.run('%%cpp\nkept\nstd::cerr << "e";\n%who\nkept + 1')
    assert ran.value == "(int) 6"
    assert ran.stream("stderr") == "e"
    assert "variables: kept" in ran.stream()
    captured = python.run('%%capture out\n%cpp puts("x"); kept').kinds
    assert captured == []
    assert python.value("out.stdout") == "'x\\n'"
    assert python.run("import os\n_ = os.system('echo python')").stream() == "python\n"


def test_rich_display(python: Notebook) -> None:
    code = '#include <forkrepl/display.hpp>\nputs("1"); display_html("<b>"); puts("2");'
    ran = python.run(f'%%cpp\n{code} display(1, "x"); update_display(2, "x");')
    kinds = ["stream", "display_data", "stream", "display_data", "update_display_data"]
    assert ran.kinds == kinds
    assert ran.shown[0] == {"text/html": "<b>", "text/plain": "<b>"}


def test_errors(python: Notebook) -> None:
    crash = python.run("%%cpp\n\n*(int *)nullptr = 1;").error
    assert crash["ename"] == "ProgramCrashed"
    (text,) = crash["traceback"]
    assert "write to address 0x0" in text
    assert ":3:17" in text, "the line of the cell"
    assert "forkrepl" not in text
    wrong = python.run("%%cpp\nint x = undeclared;").error
    assert wrong["ename"] == "CompileError"
    assert "undeclared identifier" in "".join(wrong["traceback"])
    assert ".py" not in "".join(wrong["traceback"])
    code = "import forkrepl\ndef f():\n    forkrepl.default_session().run('throw 5;')\nf()"
    ours = "".join(python.run(code).error["traceback"])
    assert "uncaught exception of type int: 5" in ours
    assert "default_session().run" in ours
    assert "live_session" not in ours
    assert "called exit(3)" in "".join(python.run("%cpp exit(3);").error["traceback"])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%cpp -i nothing\n1", "-i nothing: Python has no such name"),
        ("%%cpp -i\n1", "-i needs a value"),
        ("%%cpp -i a.b\n1", "'a.b' is no name of a variable"),
        ("%%cpp word\n1", "'word' is no option"),
        ("%%cpp -std=c++17\n1", "begun without options; --new -std=c++17 begins another"),
        ("%%cpp 'unclosed\n1", "cannot make words"),
        ("f = print\n%cpp -i f 1", "-i f: a builtin_function_or_method cannot be copied"),
        ("f = 2 ** 70\n%cpp -i f 1", "fits no type"),
        ("f = []\n%cpp -i f 1", "declare it in C++"),
        ("f = np.zeros((0, 3))\n%cpp -i f 1", "an array without elements"),
        ("f = np.array([print])\n%cpp -i f 1", "no type of C's for elements of dtype object"),
        ("f = 1\n%cpp -i f -o nothing 1", "undeclared identifier 'nothing'"),
        ("%%cpp\n%quit", "the session ends with Python"),
    ],
)
def test_mistakes(python: Notebook, cell: str, message: str) -> None:
    error = python.run(cell).error
    text = "".join(error["traceback"])
    assert message in text
    assert "repl/ipython" not in text


def test_variables(python: Notebook) -> None:
    python.run(
        "yes, n, big, least, x, inf, z = True, -3, 2**40, -(2**63), 0.1, -float('inf'), 1 + 2j\n"
        "text, data, many = 'h\\u00e9\"?\\\\\\n0', b'\\0\\xff9', list(range(1000))\n"
        "reals, pair, of, nested = [1, 2.5], (1, 'x', 2.0), {'k': [1]}, [[1, 2], [3]]\n"
        "scalar, whole = np.float32(0.5), np.array(7)"
    )
    outputs = "yes,n,big,least,x,inf,z,text,data,many,reals,pair,of,nested,scalar,whole"
    python.run(f"before = [{outputs}]")
    assert python.run(f"%cpp -i {outputs} -o {outputs} ;").kinds == []
    python.run("many, reals = list(many), list(reals)\nnested = [list(row) for row in nested]\n")
    python.run("of = {k: list(v) for k, v in of.items()}; data = bytes(data)")
    assert python.value(f"[a for a, b in zip(before, [{outputs}]) if a != b]") == "[]"
    python.run("a = np.arange(6.).reshape(2, 3)")
    ran = python.run(
        "%%cpp -i a -o sum,a\ndouble sum = 0;\n"
        "for (auto &row : a) for (double &e : row) sum += e++;"
    )
    assert ran.kinds == []
    assert python.value("float(sum), float(a.sum())") == "(15.0, 21.0)"
    # Again, into the same memory; and of another shape.
    python.run("a[0, 0] = 100")
    assert python.value("%cpp -i a a[0][0]") == "(double) 100.0"
    python.run("a = np.arange(3)")
    assert python.value("%cpp -i a sizeof a / sizeof *a") == "(unsigned long) 3"


def test_c(python: Notebook) -> None:
    python.run("n, text, z = 3, 'abc', 2j")
    ran = python.run("%%c -i n,text,z -o m\n#include <stdio.h>\nputs(text);\nint m = n * 2;\nn")
    assert ran.stream() == "abc\n"
    assert ran.value == "(int) 3"
    assert python.value("m") == "6"
    assert "cannot be copied into C" in "".join(python.run("l = [1]\n%c -i l 1").error["traceback"])


def test_input(python: Notebook) -> None:
    ran = python.run("%%cpp -o word\n#include <string>\nstd::string word; std::cin >> word;", "ada")
    assert ran.asked == [False]
    assert python.value("word") == "'ada'"
    ran = python.run("import subprocess, sys\nsubprocess.run(['cat']).returncode")
    assert ran.value == "0", "Python's processes have no input of ours"


def test_interrupt(python: Notebook) -> None:
    seen: list[str] = []

    def interrupt(message: dict[str, object]) -> None:
        content = message["content"]
        assert isinstance(content, dict)
        seen.append(str(content.get("text", "")))
        if "begun" in seen[-1]:
            threading.Thread(target=python.manager.interrupt_kernel).start()
        if "traceback" in content:
            seen.append("".join(content["traceback"]))

    code = '%%cpp\nkept = 6;\nputs("begun");\nfor (;;) ;'
    reply = python.client.execute_interactive(code, timeout=TIMEOUT, output_hook=interrupt)
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert "interrupted" in "".join(seen)
    assert "File" not in "".join(seen)


def test_completion(python: Notebook) -> None:
    for code in ("%%cpp\nstd::vector<int> w; w.push_b", "x = 1\n%cpp std::vector<int>{}.push_b"):
        reply = python.client.complete(code, len(code), reply=True, timeout=TIMEOUT)["content"]
        assert reply["matches"] == ["push_back"]
        assert code[reply["cursor_start"] :] == "push_b"


def test_a_session_with_other_options(python: Notebook) -> None:
    session = "import forkrepl\nold = forkrepl.default_session()"
    python.run(session)
    assert python.value("%%cpp --new -s c++17 -DN=3\n__cplusplus + N") == "(long) 201706"
    assert python.run("%cpp kept").error["ename"] == "CompileError"
    python.run("forkrepl.set_default_session(old)")
    assert python.value("%cpp kept") == "(int) 5"


def test_unloading(python: Notebook) -> None:
    assert python.run("%unload_ext forkrepl").kinds == []
    assert "not found" in python.run("%cpp 1").stream("stderr")
    python.run("%load_ext forkrepl")
