"""Folders, variables of the environment, include paths, libraries."""

from __future__ import annotations

from pathlib import Path

from tests.support.program import Run, Shell, piped


def test_folders(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "here.h").write_text("#define HERE 1\n")
    (tmp_path / "sub" / "here.h").write_text("#define HERE 2\n")  # is not what was included
    (tmp_path / "sub" / "there.h").write_text("#define THERE 3\n")
    output, errors = piped(
        forkrepl,
        "#include <unistd.h>",
        "char buffer[4096];",
        '#include "here.h"',
        *("HERE", "%cd sub", "getcwd(buffer, sizeof buffer);", "buffer", "%pwd", "!pwd"),
        *('#include "there.h"', "THERE", "%undo 5", "HERE"),
        *("%cd -", "%pwd", "%cd nowhere", "%restart", "getcwd(buffer, sizeof buffer)", "%cd"),
        *("%cd here.h", "%pwd again"),
    )
    sub = str(tmp_path / "sub")
    assert output.splitlines() == [
        *("(int) 1", sub, f'(char[4096]) "{sub}"', sub, sub, "(int) 3", "(int) 1"),
        *(str(tmp_path), str(tmp_path), f'(char *) "{tmp_path}"', str(tmp_path / "home")),
    ]
    assert "%cd: nowhere: No such file or directory" in errors
    assert "%cd: here.h: No such file or directory" in errors
    assert "%pwd takes no argument, not 'again'; usage: %pwd" in errors


def test_include_folders(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "first.h").write_text("inline int first() { return 1; }\n")
    (tmp_path / "two" / "second.h").write_text("inline int second() { return 2; }\n")
    output, errors = piped(
        forkrepl,
        *(
            "%include",
            "int n = 40;",
            "n = 41;",
            "%include one",
            "#include <first.h>",
            "n + first()",
        ),
        *(".I two", '#include "second.h"', "n + second()", "%include", "%include three"),
        *("n", "struct S {};", "%include one"),
    )
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    assert output.splitlines() == [
        "no folders (but those of the compiler)",
        *("(int) 42", "(int) 43", one, two, "(int) 41"),
    ]
    assert errors == "%include: three is no folder\n"


def test_inputs_that_clang_rejects_then(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#ifdef __OPTIMIZE__\n#error slow only\n#endif",
        "int n = 3;",
        "%opt 2",
        "%opt",
        "n",
        "int after = n;",
        "after",
    )
    assert "slow only" in errors
    assert output == "-O0\n(int) 3\n(int) 3\n"


def test_environment(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <cstdlib>",
        *('%env FORKREPL_TEST=a "b" \\c', 'getenv("FORKREPL_TEST")', "%env FORKREPL_TEST"),
        *('!echo "$FORKREPL_TEST"', "%env", "%env NOT_SET", "%env =x", "%env EMPTY=", "%env EMPTY"),
        *("%restart", "%env FORKREPL_TEST"),
    )
    lines = output.splitlines()
    assert lines[0] == r'(char *) "a \"b\" \\c"'
    assert lines[1] == r'a "b" \c'
    assert r'FORKREPL_TEST=a "b" \c' in lines
    assert any(line.startswith("HOME=") for line in lines)
    assert lines[-1] == r'a "b" \c'
    assert "%env: NOT_SET is not set" in errors
    assert "%env needs the name of a variable; usage: %env [NAME[=VALUE]]" in errors


def test_libraries(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        *("%lib z", 'extern "C" const char *zlibVersion();', "zlibVersion() != nullptr"),
        *("%lib", "%lib no-such-library"),
    )
    assert output == "(bool) true\n"
    assert "%lib needs a library" in errors
    assert "no-such-library" in errors


def test_the_program_ends_in_a_folder(shell: Shell, tmp_path: Path) -> None:
    """What commands have changed in the program survives a crash."""
    (tmp_path / "sub").mkdir()
    shell.run("%cd sub")
    shell.run("%env FORKREPL_TEST=1")
    assert "SIGSEGV" in shell.run("*(volatile int *)8 = 1;")
    assert shell.run("%env FORKREPL_TEST") == "1\n"
    assert shell.run("#include <unistd.h>") == ""
    assert f'"{tmp_path}/sub"' in shell.run("getcwd(nullptr, 0)")
    assert shell.leave() == 0
