"""Cells: values, output, errors, what ends the program, input, magics."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repl.jupyter.history import CellHistory
from tests.support.jupyter import TIMEOUT, Notebook, notebook


@pytest.fixture(scope="module")
def cpp() -> Iterator[Notebook]:
    """One kernel for all tests of this file: whatever they do, it goes on."""
    with tempfile.TemporaryDirectory() as folder, notebook(Path(folder)) as started:
        started.run("#include <cstdio>\n#include <iostream>\n#include <unistd.h>\nint kept = 5;")
        yield started
        assert started.value("kept") == "(int) 5"


def test_values(cpp: Notebook) -> None:
    assert cpp.value("1 + 1") == "(int) 2"
    several = cpp.run("int a = 1;\na + 1;\n%who\na")
    assert "variables:" in several.stream()
    assert several.value == "(int) 1"
    ran = cpp.run("a\na + 1\na + 2")
    assert [shown["text/plain"] for shown in ran.shown] == ["(int) 1", "(int) 2", "(int) 3"]
    assert ran.kinds[-1] == "execute_result"
    number = ran.reply["content"]["execution_count"]
    assert cpp.run("undeclared").error["evalue"].startswith(f"In[{number + 1}]:1:1: ")


def test_what_is_taken_back_is_named(cpp: Notebook) -> None:
    ran = [cpp.run("int rewound = 1;"), cpp.run("rewound = 2;")]
    names = [f"In[{each.reply['content']['execution_count']}]" for each in ran]
    assert cpp.run("%rewind 2").stream("stderr") == f"taken back: {', '.join(names)}\n"
    assert cpp.run("rewound").error["ename"] == "CompileError"


def test_user_expressions(cpp: Notebook) -> None:
    reply = cpp.run("", user_expressions={"good": "kept + 1", "bad": "nonsense"}).reply
    expressions = reply["content"]["user_expressions"]
    assert expressions["good"]["data"] == {"text/plain": "(int) 6"}
    assert expressions["bad"]["status"] == "error"


def test_output_comes_in_order(cpp: Notebook) -> None:
    ran = cpp.run('for (int i = 0; i < 3; ++i) { std::cout << i; printf("%d\\n", i); }')
    assert ran.stream() == "00\n11\n22\n"
    assert cpp.run('fputs("\\xff\\xc3", stdout);').stream() == "\ufffd\ufffd"
    assert cpp.run('std::cerr << "told";').stream("stderr") == "told"


def test_much_output(cpp: Notebook) -> None:
    ran = cpp.run('for (int i = 0; i < 1000000; ++i) puts("0123456789");')
    assert len(ran.stream()) == 11_000_000


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("int *p = nullptr; *p = kept = 6;", "SIGSEGV", "write to address 0x0 (null pointer)"),
        ('kept = 6; std::cout << "printed"; abort();', "SIGABRT", "abort was called"),
        ("kept = 6; exit(3);", "ProgramEnded", "the program called exit(3)"),
        ("kept = 6; _exit(3);", "ProgramEnded", "the program ended without notice, with status 3"),
        ("throw 3;", "int", "3"),
        ("%%nonsense", "Error", "unknown magic %%nonsense"),
        ("%quit", "Error", "%quit: a kernel is ended by the notebook's menu"),
        ("void late(); late();", "LinkError", ""),
    ],
)
def test_errors(cpp: Notebook, code: str, name: str, value: str) -> None:
    ran = cpp.run(code)
    assert ran.error["ename"] == name
    assert ran.error["evalue"].startswith(value)
    assert "".join(ran.error["traceback"])
    assert ran.reply["content"]["status"] == "error"
    assert ran.stream() == ("printed" if "printed" in code else "")
    assert cpp.value("kept") == "(int) 5"


@pytest.mark.parametrize("code", ["for (;;) ;", "pause();", "std::string s; std::cin >> s;"])
def test_interrupt(cpp: Notebook, code: str) -> None:
    ready = threading.Event()
    interrupt = threading.Thread(
        target=lambda: ready.wait() and cpp.manager.interrupt_kernel(), daemon=True
    )
    interrupt.start()
    messages: list[dict[str, Any]] = []

    def note(message: dict[str, Any]) -> None:
        messages.append(message)
        if message["msg_type"] == "stream":
            ready.set()

    text = 'std::cout << "begun" << std::endl; '
    cpp.client.execute_interactive(
        text + code,
        timeout=TIMEOUT,
        output_hook=note,
        stdin_hook=lambda message: None,
        allow_stdin=True,
    )
    interrupt.join()
    assert [m["content"]["ename"] for m in messages if m["msg_type"] == "error"] == [
        "KeyboardInterrupt"
    ]


def test_input(cpp: Notebook) -> None:
    ran = cpp.run('std::string n; std::cout << "name? "; std::cin >> n; n', "Ada")
    assert (ran.stream(), ran.value) == ("name? ", '(std::string) "Ada"')
    assert ran.asked == [False]
    assert cpp.run('int b, c; scanf("%d %d", &b, &c); b + c', "3", "4").value == "(int) 7"
    assert cpp.run("char d[9]; read(0, d, 9)", "\x04").value == "(ssize_t) 0"
    long = "x" * 9000
    assert cpp.run("std::string l; std::cin >> l; l.size()", long).value.endswith(" 9000")
    hide = "#include <termios.h>\ntermios t; tcgetattr(0, &t); t.c_lflag &= ~ECHO;"
    ran = cpp.run(f"{hide} tcsetattr(0, TCSANOW, &t); std::cin >> n; n", "secret")
    assert (ran.asked, ran.value) == ([True], '(std::string) "secret"')
    assert cpp.run("std::cin >> n; n", "seen").asked == [False]
    ran = cpp.run("std::cin >> n; std::cin.eof()", allow_stdin=False)
    assert ran.value == "(bool) true"
    assert "cannot be asked" in ran.stream("stderr")
    assert cpp.run("!read line; echo got $line", "more").stream() == "got more\n"


def test_magics(cpp: Notebook, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    assert cpp.run(f"%%file {file}\nsome\ntext\n").stream() == f"Writing {file}\n"
    assert file.read_text() == "some\ntext\n"
    cpp.run(f"%%writefile -a {file}\nmore")
    assert file.read_text() == "some\ntext\nmore"
    assert cpp.run("%%bash\necho $((6 * 7)); echo told >&2").stream() == "42\n"
    assert cpp.run("%%script sh -c 'cat; exit 3'\ntext").error["evalue"] == "sh: exit status 3"
    timed = cpp.run("%%time\nint timed = 1;\ntimed").stream()
    assert "wall time" in timed
    assert "(int) 1" in timed
    assert "2 runs, 10 loops each" in cpp.run("%%timeit -n 10 -r 2\nkept + 1").stream()
    assert cpp.run("%%html\n<b>x</b>").shown[0]["text/html"] == "<b>x</b>"


def test_cells_in_c(cpp: Notebook) -> None:
    assert cpp.value("%%c\nint class = 7, kept = 8;\nclass + kept") == "(int) 15"
    assert cpp.value("kept") == "(int) 5"
    assert "null pointer" in cpp.run("%%c\nint *none = 0; *none").error["evalue"]
    assert cpp.value("%%c\n++class") == "(int) 8"
    assert "stands alone" in cpp.run("%%c now\n1").error["evalue"]


def test_a_cell_as_a_whole(cpp: Notebook) -> None:
    failed = cpp.run("%%undo-on-error\nkept = 6;\n%who\nint of_cell = 3;\n%who\nundeclared")
    assert failed.error["evalue"].endswith("use of undeclared identifier 'undeclared'")
    assert "is taken back: memory is as before it" in "\n".join(failed.error["traceback"])
    assert cpp.value("kept") == "(int) 5"
    assert "of_cell" in cpp.run("of_cell").error["evalue"]
    assert cpp.value("%%undo-on-error\nint of_cell = 4;\n%who\nof_cell") == "(int) 4"


def test_help(cpp: Notebook) -> None:
    (page,) = cpp.run("?kept").reply["content"]["payload"]
    assert "value: 5" in page["data"]["text/plain"]
    cpp.client.inspect("kept", 2)
    data = cpp.client.get_shell_msg(timeout=TIMEOUT)["content"]["data"]
    assert "kept = 5" in data["text/markdown"]


def test_questions_while_a_cell_runs(cpp: Notebook, tmp_path: Path) -> None:
    """They are answered before the cell, which waits for a file."""
    go = tmp_path / "go"
    cell = cpp.client.execute(f'while (access("{go}", F_OK)) usleep(1000);')
    asked = [cpp.client.complete("kep"), cpp.client.inspect("kept"), cpp.client.kernel_info()]
    replies = [cpp.client.get_shell_msg(timeout=TIMEOUT) for _ in asked]
    contents = {reply["parent_header"]["msg_id"]: reply["content"] for reply in replies}
    assert set(contents) == set(asked)
    assert contents[asked[0]]["matches"] == ["kept"]
    go.touch()
    assert cpp.client.get_shell_msg(timeout=TIMEOUT)["parent_header"]["msg_id"] == cell
    assert cpp.value("kept") == "(int) 5"


def test_names_of_magics(cpp: Notebook) -> None:
    reply = cpp.client.complete("%%undo-", 7, reply=True, timeout=TIMEOUT)
    assert reply["content"]["matches"] == ["undo-on-error"]


def test_a_history_of_nothing() -> None:
    assert CellHistory().range(0, 0, None) == []


def test_a_file_that_cannot_be(cpp: Notebook) -> None:
    assert "cannot write" in cpp.run("%%file a\0b\ntext").error["evalue"]
