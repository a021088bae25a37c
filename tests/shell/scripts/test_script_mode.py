"""Programs from a file, from ``-c`` and from standard input, and the options for them."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.program import PROGRAM, OpenShell, Run

STATEMENTS = '#include <cstdio>\nint n = 20;\nn += 22;\nprintf("n is %d\\n", n);\nn\n'
PRINTED = "n is 42\n(int) 42\n"

MAIN = """\
#include <cstdio>
int main(int argc, char **argv) {
    for (int i = 0; i < argc; ++i) std::printf("[%s]", argv[i]);
    std::puts(argv[argc] ? "" : " and a null pointer");
    return 0;
}
"""


def test_file(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text(STATEMENTS)
    result = forkrepl("script.cpp")
    assert (result.stdout, result.stderr, result.returncode) == (PRINTED, "", 0)


@pytest.mark.parametrize("option", ["-c", "-e"])
def test_code_option(forkrepl: Run, option: str) -> None:
    result = forkrepl(option, STATEMENTS)
    assert (result.stdout, result.stderr, result.returncode) == (PRINTED, "", 0)


@pytest.mark.parametrize("arguments", [[], ["-"], ["-", "one", "two"]])
def test_standard_input(forkrepl: Run, arguments: list[str]) -> None:
    result = forkrepl(*arguments, input=STATEMENTS)
    assert (result.stdout, result.stderr, result.returncode) == (PRINTED, "", 0)


def test_standard_input_without_newline_at_the_end(forkrepl: Run) -> None:
    assert forkrepl(input="int n = 6;\nn * 7").stdout == "(int) 42\n"


def test_standard_input_that_is_empty(forkrepl: Run) -> None:
    result = forkrepl(input="")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


def test_standard_input_goes_on_after_an_error(forkrepl: Run) -> None:
    result = forkrepl(input="int n = 1;\nint m = missing;\nn + 1\n")
    assert result.stdout == "(int) 2\n"
    assert "missing" in result.stderr
    assert result.returncode == 1


def test_file_stops_at_the_first_error(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text("1\nint m = missing;\n2\n")
    result = forkrepl("script.cpp")
    assert result.stdout == "(int) 1\n"
    assert result.returncode == 1


def test_script_reads_standard_input(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text(
        "#include <iostream>\nint a, b;\nstd::cin >> a >> b;\na * b\n"
    )
    assert forkrepl("script.cpp", input="6 7\n").stdout == "(int) 42\n"


def test_inputs_on_standard_input_are_not_the_programs(forkrepl: Run) -> None:
    result = forkrepl(input="#include <cstdio>\ngetchar() == EOF\n1 + 1\n")
    assert result.stdout == "(bool) true\n(int) 2\n"


def test_hash_bang_line(forkrepl: Run, tmp_path: Path) -> None:
    script = tmp_path / "script.cpp"
    script.write_text(f"#!{PROGRAM}\n{MAIN}")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run([script, "a b"], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"[{script}][a b] and a null pointer\n"
    # The line counts all the same.
    script.write_text(f"#!{PROGRAM}\nint x = missing;\n")
    assert "script.cpp:2:9: error:" in forkrepl("script.cpp").stderr


@pytest.mark.parametrize(
    ("arguments", "argv"),
    [
        (["main.cpp"], "[main.cpp]"),
        (["main.cpp", "one", "two words", ""], "[main.cpp][one][two words][]"),
        (["main.cpp", "-c", "-O2", "--version"], "[main.cpp][-c][-O2][--version]"),
        (["-O1", "--", "main.cpp", "--", "-x"], "[main.cpp][--][-x]"),
    ],
)
def test_arguments_of_main(forkrepl: Run, tmp_path: Path, arguments: list[str], argv: str) -> None:
    (tmp_path / "main.cpp").write_text(MAIN)
    result = forkrepl(*arguments)
    assert (result.stdout, result.stderr) == (argv + " and a null pointer\n", "")


def test_arguments_after_code(forkrepl: Run) -> None:
    assert forkrepl("-c", MAIN, "one", "two").stdout.endswith("[one][two] and a null pointer\n")


def test_statements_run_before_main(forkrepl: Run) -> None:
    code = '#include <cstdio>\nint main() { puts("main"); return 0; }\nputs("statement");\n'
    assert forkrepl("-c", code).stdout == "statement\nmain\n"


def test_file_named_c_is_c(forkrepl: Run, tmp_path: Path) -> None:
    # Valid C only: `class` is a name and void * converts by itself.
    (tmp_path / "script.c").write_text(
        "#include <stdlib.h>\nint class = 42;\nint *p = NULL;\np = malloc(4);\nfree(p);\nclass\n"
    )
    assert forkrepl("script.c").stdout == "(int) 42\n"


@pytest.mark.parametrize("arguments", [["-x", "c", "-"], ["-xc"]])
def test_language_option(forkrepl: Run, arguments: list[str]) -> None:
    assert forkrepl(*arguments, input="int class = 42;\nclass\n").stdout == "(int) 42\n"


def test_language_option_wins_over_the_name(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.c").write_text("template <class T> T same(T x) { return x; }\nsame(42)\n")
    assert forkrepl("-x", "c++", "script.c").stdout == "(int) 42\n"


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("int a = 1;\n\n// text\nint b = missing;\n", "4:9"),
        ("int f() {\n    return 1;\n}\nint g() {\n    return missing;\n}\n", "5:12"),
        ("int a = 1; int b = 2;\nint c = a +\n    missing;\n", "3:5"),
        ("#define N 1\n#if N\nint a = missing;\n#endif\n", "3:9"),
        ("/* a\n   b */ int a = missing;\n", "2:17"),
    ],
)
def test_position_in_diagnostics(forkrepl: Run, tmp_path: Path, text: str, position: str) -> None:
    (tmp_path / "script.cpp").write_text(text)
    result = forkrepl("script.cpp")
    assert result.stderr.startswith(f"script.cpp:{position}: error: ")
    assert "undeclared identifier 'missing'" in result.stderr
    assert "missing" in result.stderr.splitlines()[1]  # the line itself is shown
    assert forkrepl("-", input=text).stderr.startswith(f"-:{position}: error: ")


def test_line_macro(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text("int a;\n\n__LINE__\n(const char *)__FILE__\n")
    assert forkrepl("script.cpp").stdout == '(int) 3\n(const char *) "script.cpp"\n'


def test_values_are_printed(forkrepl: Run) -> None:
    code = """\
1 + 1
1 + 1;
2.5
'x'
true
"text"
(const char *)"pointer"
nullptr
enum Mood { calm, wild };
wild
int numbers[] = {1, 2, 3};
numbers
(void)0
18446744073709551615u
0.1f
"""
    result = forkrepl("-c", code)
    assert result.stdout.splitlines() == [
        "(int) 2",
        "(double) 2.5",
        "(char) 'x'",
        "(bool) true",
        '(const char[5]) "text"',
        '(const char *) "pointer"',
        "(std::nullptr_t) nullptr",
        "(Mood) wild (1)",
        "(int[3]) { 1, 2, 3 }",
        "(unsigned long) 18446744073709551615",
        "(float) 0.1",
    ]


@pytest.mark.parametrize(
    ("language", "expression"),
    [
        ("c++", "n == 1"),
        ("c++", "n < 2"),
        ("c++", "n"),
        ("c++", "text.size()"),
        ("c", "n == 1"),
        ("c", "labs(-5)"),
        ("c", "strlen(text)"),
    ],
)
def test_printed_value_is_not_called_unused(forkrepl: Run, language: str, expression: str) -> None:
    code = (
        "#include <string>\nint n = 1;\nstd::string text;\n"
        if language == "c++"
        else '#include <stdlib.h>\n#include <string.h>\nint n = 1;\nconst char *text = "a";\n'
    )
    assert forkrepl("-x", language, "-c", f"{code}{expression}\n").stderr == ""


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("int a[] = {1, 2};\na\n", "(int[2]) { 1, 2 }"),
        ('char s[] = "text";\ns\n', '(char[5]) "text"'),
        ("enum mood { calm, wild };\nenum mood m = wild;\nm\n", "(enum mood) wild (1)"),
    ],
)
def test_values_in_c(forkrepl: Run, code: str, value: str) -> None:
    result = forkrepl("-x", "c", "-c", code)
    assert (result.stdout, result.stderr) == (value + "\n", "")


@pytest.mark.parametrize("language", ["c", "c++"])
def test_type_of_sizeof(forkrepl: Run, language: str) -> None:
    result = forkrepl("-x", language, "-c", "sizeof(char)\n")
    # Clang's own name for it, __size_t, is none that a user may write.
    assert result.stdout in ("(unsigned long) 1\n", "(size_t) 1\n")


def test_optimised_code_gives_the_same(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text("""\
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>
unsigned long hash = 14695981039346656037u;
for (int i = 0; i < 100000; ++i) hash = (hash ^ (i & 255)) * 1099511628211u;
hash
template <class T> T power(T x, int n) { return n ? x * power(x, n - 1) : T(1); }
power(1.5, 20)
std::vector<std::string> words{"c", "a", "b"};
std::sort(words.begin(), words.end());
for (auto &word : words) std::cout << word;
try { throw words.size(); } catch (size_t n) { std::cout << n << "\\n"; }
int calls() { static int n = 0; return ++n; }
calls();
calls()
struct Last { ~Last() { std::cout << "last\\n"; } } last;
""")
    plain = forkrepl("script.cpp")
    assert (plain.returncode, plain.stderr) == (0, "")
    assert plain.stdout.endswith("abc3\n(int) 2\nlast\n")
    for level in ("-O", "-O1", "-O2", "-O3"):
        optimised = forkrepl(level, "script.cpp")
        assert (optimised.stdout, optimised.returncode) == (plain.stdout, 0)


@pytest.mark.parametrize("option", [["-I", "headers"], ["-Iheaders"]])
def test_include_folder(forkrepl: Run, tmp_path: Path, option: list[str]) -> None:
    (tmp_path / "headers").mkdir()
    (tmp_path / "headers" / "mine.h").write_text("inline int mine() { return 42; }\n")
    result = forkrepl(*option, "-c", "#include <mine.h>\nmine()\n")
    assert (result.stdout, result.stderr) == ("(int) 42\n", "")


def test_include_beside_the_script(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.h").write_text("inline int mine() { return 42; }\n")
    (tmp_path / "folder" / "script.cpp").write_text('#include "mine.h"\nmine()\n')
    assert forkrepl("folder/script.cpp").stdout == "(int) 42\n"


@pytest.mark.parametrize(
    ("options", "code", "value"),
    [
        (["-DN=42"], "N\n", "(int) 42"),
        (["-D", "N=42", "-D", "M"], "N + M\n", "(int) 43"),
        (["-DN=1", "-UN"], "#ifdef N\n1\n#else\n2\n#endif\n", "(int) 2"),
        (["-include", "cmath"], "std::sqrt(16.0)\n", "(double) 4.0"),
        (["-std=c++14"], "__cplusplus\n", "(long) 201402"),
        (["-std=c++20"], "__cplusplus\n", "(long) 202002"),
        (["-x", "c", "-std=c99"], "__STDC_VERSION__\n", "(long) 199901"),
        (["-funsigned-char"], "(char)-1 > 0\n", "(bool) true"),
        (["--Xcc=-DN=42"], "N\n", "(int) 42"),
        (["-l", "m", "-x", "c"], "double cbrt(double);\ncbrt(8)\n", "(double) 2.0"),
        (["-lm", "-x", "c"], "double cbrt(double);\ncbrt(8)\n", "(double) 2.0"),
    ],
)
def test_compiler_options(forkrepl: Run, options: list[str], code: str, value: str) -> None:
    result = forkrepl(*options, "-c", code)
    assert (result.stdout, result.stderr, result.returncode) == (value + "\n", "", 0)


def test_library_folder(forkrepl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "libraries"
    folder.mkdir()
    source = tmp_path / "mine.c"
    source.write_text("int mine(void) { return 42; }\n")
    library = folder / "libmine.so"
    subprocess.run(["g++", "-xc", source, "-shared", "-fPIC", "-o", library], check=True)
    code = 'extern "C" int mine();\nmine()\n'
    for options in (["-L", "libraries", "-l", "mine"], ["-Llibraries", "-lmine"]):
        result = forkrepl(*options, "-c", code)
        assert (result.stdout, result.stderr) == ("(int) 42\n", "")
    assert forkrepl("-c", f"%lib {library}\n{code}").stdout == "(int) 42\n"


def test_no_banner_and_no_colour_unless_on_a_terminal(forkrepl: Run) -> None:
    result = forkrepl(input="int x = missing;\n1\n")
    assert result.stdout == "(int) 1\n"
    assert "\x1b" not in result.stderr
    assert "\x1b[" in forkrepl("--color=yes", input="int x = missing;\n").stderr
    assert "\x1b[" in forkrepl(input="int x = missing;\n", CLICOLOR_FORCE="1").stderr
    assert (
        "\x1b" not in forkrepl("--color=no", input="int x = missing;\n", CLICOLOR_FORCE="1").stderr
    )


def test_interactive_after_code(open_shell: OpenShell) -> None:
    shell = open_shell("-q", "-i", "-c", "int n = 41;")
    assert shell.run("n + 1") == "(int) 42\n"
    assert shell.leave() == 0


def test_interactive_after_a_file_that_fails(open_shell: OpenShell, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text("int n = 41;\nint m = missing;\n")
    shell = open_shell("-q", "-i", "script.cpp")
    assert "script.cpp:2:9: error:" in shell.greeting
    assert shell.run("n + 1") == "(int) 42\n"
    assert shell.leave() == 0


@pytest.mark.parametrize(
    ("arguments", "text", "stdout", "status"),
    [
        (["-c", "int n = 41;"], "n + 1\nint main() { return 3; }\n", "(int) 42\n", 0),
        (["-c", "int n = missing;"], "2\n", "(int) 2\n", 1),
        ([], "missing\n1\n", "(int) 1\n", 1),
        (["-c", "5"], "", "(int) 5\n", 0),
        (["-c", "5"], "#include <cstdlib>\nexit(6);\n7\n", "(int) 5\n", 6),
    ],
)
def test_staying_interactive_where_nobody_can_be_prompted(
    forkrepl: Run, arguments: list[str], text: str, stdout: str, status: int
) -> None:
    result = forkrepl("-i", *arguments, input=text)
    assert (result.stdout, result.returncode) == (stdout, status)
