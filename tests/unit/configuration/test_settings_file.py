"""The configuration file: what it may say, what is told of a wrong one, and who reads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from repl.command_line.arguments import parse
from repl.command_line.mode import Mode
from repl.command_line.session_setup import prompt_options, session_options
from repl.configuration.session_options import SessionOptions
from repl.configuration.settings import Settings, all_settings
from repl.configuration.settings_file import LoadedSettings, load_settings
from repl.configuration.settings_text import print_config
from tests.support.configuration import configure
from tests.support.program import OpenShell, Run

FULL = """\
std = "c++20"
c_std = 'c99'
include = ["headers", "/opt/include", "~/include"]
define = ["N=41", "SQUARE(x)=x*x", 'TEXT="a\\b"']
flags = ["-Wall", "-isystem", "/opt/größe"]
libraries = ["m", "./libmine.so"]
optimisation = 2
redefine = false
library_assertions = false
parse_timeout = 2.5
memory_limit = "2G"
sanitize = "address,undefined"
color = "no"
theme = "dark"
editing_mode = "vi"
complete_while_typing = true
signature_help = false
suggestions = false
mouse = true
indent = 2
external_editor = "vim -u NONE"
history_file = "my history"
history = "project"
banner = false
keep_crashes = false
cache = false
most_elements = 7
most_characters = 70
"""


def load(folder: Path, text: str | bytes) -> LoadedSettings:
    path = folder / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings(str(path))


def test_every_setting_can_be_set(tmp_path: Path) -> None:
    loaded = load(tmp_path, FULL)
    assert loaded.problems == ()
    settings = all_settings()
    unchanged = [s.name for s in settings if getattr(loaded.settings, s.name) == s.default]
    assert unchanged == []
    assert loaded.settings.include == (
        f"{tmp_path}/headers",
        "/opt/include",
        os.path.expanduser("~/include"),
    )
    assert loaded.settings.libraries == ("m", f"{tmp_path}/libmine.so")
    assert loaded.settings.history_file == f"{tmp_path}/my history"


@pytest.mark.parametrize("text", ["", FULL])
def test_printed_configuration_gives_the_same_settings(tmp_path: Path, text: str) -> None:
    loaded = load(tmp_path, text)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    again = load(elsewhere, print_config(loaded))
    assert (again.settings, again.problems) == (loaded.settings, ())


def test_every_default_is_allowed(tmp_path: Path) -> None:
    for setting in all_settings():
        value = list(setting.default) if isinstance(setting.default, tuple) else setting.default
        assert setting.kind.read(value, tmp_path) == setting.default


def test_windows_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    loaded = load(tmp_path, b'\xef\xbb\xbftheme = "dark"\r\nindent = 2\r\n')
    assert (loaded.settings.theme, loaded.settings.indent, loaded.problems) == ("dark", 2, ())


WRONG = [
    ('color = "purple"', '1: error: color is "purple", but must be "auto", "yes" or "no"'),
    ("color = true", '1: error: color is true, but must be "auto", "yes" or "no"'),
    ("indent = 3 4", "1:12: error: expected newline or end of document after a statement"),
    ("\n\nthem = 1", "3: error: unknown setting 'them'; did you mean theme?"),
    ("colour = 1", "1: error: unknown setting 'colour'; did you mean color?"),
    ("[x]\ny = 1", "1: error: unknown setting 'x' (forkrepl --print-config shows all)"),
    ("[[indent]]\ny = 1", "1: error: indent is a list, but must be a number from 1 to 16"),
    ("indent.x = 1", "1: error: indent is a table, but must be a number from 1 to 16"),
    ("indent = 1.0", "1: error: indent is 1.0, but must be a number from 1 to 16"),
    ("indent = true", "1: error: indent is true, but must be a number from 1 to 16"),
    ("indent = 0", "1: error: indent is 0, but must be a number from 1 to 16"),
    ("indent = 2024-01-01", "1: error: indent is a date or time, but must be a number"),
    ("optimisation = 4", "1: error: optimisation is 4, but must be a number from 0 to 3"),
    ('banner = "yes"', '1: error: banner is "yes", but must be true or false'),
    ("parse_timeout = -1", "1: error: parse_timeout is -1, but must be a number of seconds"),
    ("parse_timeout = nan", "1: error: parse_timeout is nan, but must be a number of seconds"),
    ("parse_timeout = inf", "1: error: parse_timeout is inf, but must be a number of seconds"),
    ('memory_limit = "5%%"', "1: error: memory_limit cannot be used: '5%%' is no size"),
    ("memory_limit = 512", "1: error: memory_limit is 512, but must be a size such as"),
    ('include = "/opt"', '1: error: include is "/opt", but must be a list of paths'),
    ("include = [1]", "1: error: include has 1 in it, but must be a list of paths"),
    ('include = [""]', '1: error: include has "" in it, but must be a list of paths'),
    ('define = ["-DN"]', '1: error: define has "-DN" in it, but must be a list of macros'),
    ('flags = ["-D\\u0000"]', '1: error: flags has "-D\\x00" in it'),
    ('flags = ["wall"]', '1: error: flags begins with "wall", which is no option'),
    ('std = "\\u001b[31m"', '1: error: std is "\\x1b[31m", but must be'),
    ('indent = 3\ntheme = "dark', "2: error: unterminated string; the defaults are in force"),
    ('theme = "dark"\nindent =', "2: error: invalid value; the defaults are in force"),
    ("indent = 3\nindent = 4", "2: error: cannot overwrite a value; the defaults are in"),
    ('theme = "a\0b"', "1:11: error: illegal character '\\x00'; the defaults are in force"),
    (b"# caf\xe9\n", "1:6: error: not UTF-8; the defaults are in force"),
    ("indent = " + "9" * 10_000, "error: "),
    ("include = " + "[" * 100_000, "error: "),
    ("#" * (1 << 20) + "\n", "error: more than 1 MiB; the defaults are in force"),
]


@pytest.mark.parametrize(("text", "problem"), WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_what_is_wrong_is_told(tmp_path: Path, text: str | bytes, problem: str) -> None:
    loaded = load(tmp_path, text)
    assert len(loaded.problems) == 1
    message = loaded.problems[0]
    assert message.startswith(f"{tmp_path}/config.toml:")
    assert problem in message
    assert message.isprintable()
    assert len(message) < 300
    assert loaded.settings == Settings()


def test_what_is_right_beside_it_is_in_force(tmp_path: Path) -> None:
    text = 'external_editor = """vim\nindent = 7"""\ntheme = "dark"\nindent = 99\nnope = 1\n'
    loaded = load(tmp_path, text)
    assert loaded.settings == Settings(theme="dark")
    places = [problem.split(": error: ")[0] for problem in loaded.problems]
    assert places == [f"{tmp_path}/config.toml:{line}" for line in (1, 4, 5)]


def test_a_long_error_is_cut(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, f'flags = ["-fno-{"9" * 5000}"]').problems
    assert "flags cannot be used: unrecognized arguments: -fno-9999" in problem
    assert problem.endswith(" more characters)")
    assert len(problem) < 1100


def test_many_errors_are_cut(tmp_path: Path) -> None:
    loaded = load(tmp_path, "".join(f"no{number} = 1\n" for number in range(1000)))
    assert len(loaded.problems) == 11
    assert loaded.problems[-1].endswith(": 990 more errors")


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _writable(path: Path) -> None:
    path.write_text("indent = 2\n")
    path.chmod(0o666)


def _foreign(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    path.write_text("indent = 2\n")
    os.chown(path, 65533, 65533)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_folder, "Is a directory"),
        (_pipe, "it is a pipe, not a file"),
        (_dangling, "No such file or directory"),
        (_writable, "everybody can write to it: chmod o-w "),
        (_foreign, "it belongs to another user"),
    ],
)
@pytest.mark.parametrize("name", ["config.toml", "prelude.cpp"])
def test_file_that_is_not_read(
    forkrepl: Run,
    open_shell: OpenShell,
    tmp_path: Path,
    make: Callable[[Path], None],
    reason: str,
    name: str,
) -> None:
    (tmp_path / "forkrepl").mkdir()
    path = tmp_path / "forkrepl" / name
    make(path)
    if name == "config.toml":
        result = forkrepl("--print-config", XDG_CONFIG_HOME=str(tmp_path))
        assert (result.returncode, result.stdout.count("indent = 4")) == (1, 1)
        assert result.stderr.startswith(f"forkrepl: cannot read {path}: {reason}")
        assert result.stderr.count("\n") == 1
    else:
        shell = open_shell("-q", XDG_CONFIG_HOME=str(tmp_path))
        assert f"cannot read {path}: {reason}" in shell.greeting
        assert shell.leave() == 0


def test_no_file_and_no_folder(forkrepl: Run, tmp_path: Path) -> None:
    for folder in ("nowhere", "home"):
        result = forkrepl("--print-config", XDG_CONFIG_HOME=str(tmp_path / folder))
        assert (result.returncode, result.stderr) == (0, "")
        assert f"{tmp_path}/{folder}/forkrepl/config.toml (does not exist" in result.stdout
    assert "no file was asked for" in forkrepl("--print-config", "--config=no").stdout
    # A relative folder would be one of the current directory's.
    configure(tmp_path, "indent = 2\n")
    result = forkrepl("--print-config", XDG_CONFIG_HOME=".")
    assert "indent = 4\n" in result.stdout
    assert f"{tmp_path}/home/.config/forkrepl/config.toml" in result.stdout


def test_sessions_with_a_prompt_read_it(open_shell: OpenShell, tmp_path: Path) -> None:
    configure(
        tmp_path,
        'std = "c++14"\ndefine = ["N=41", "M=1"]\nredefine = false\n'
        'nope = 1\nlibraries = ["m", "nowhere"]\n',
    )
    shell = open_shell("-q", "-DM=2", XDG_CONFIG_HOME=str(tmp_path))
    assert "config.toml:4: error: unknown setting 'nope'" in shell.greeting
    assert "config.toml: error: libraries: no library nowhere" in shell.greeting
    assert shell.run("N + M").endswith("(int) 43\n")  # the command line wins
    assert shell.run("__cplusplus") == "(long) 201402\n"
    shell.run("int n;")
    assert "redefinition of 'n'" in shell.run("double n;")
    assert shell.leave() == 0
    shell = open_shell("--redefine=yes", "-std=c++20", XDG_CONFIG_HOME=str(tmp_path))
    assert "%help for help" in shell.greeting
    assert shell.run("__cplusplus") == "(long) 202002\n"
    shell.run("int n;")
    assert shell.run("double n;") == ""
    shell = open_shell("-xc", "--config=no", XDG_CONFIG_HOME=str(tmp_path))
    assert "error" not in shell.greeting
    assert "undeclared identifier 'N'" in shell.run("N")


def test_scripts_do_not_read_it(forkrepl: Run, tmp_path: Path) -> None:
    path = configure(tmp_path, 'define = ["N=41"]\n')
    code = "#ifdef N\nN\n#else\n1\n#endif\n"
    home = str(tmp_path)
    assert forkrepl("-c", code, XDG_CONFIG_HOME=home).stdout == "(int) 1\n"
    assert forkrepl(input=code, XDG_CONFIG_HOME=home).stdout == "(int) 1\n"
    assert forkrepl(f"--config={path}", "-c", code).stdout == "(int) 41\n"
    path.write_text('define = ["N=41"]\ntheme = "no"\n')
    assert forkrepl("-c", code, XDG_CONFIG_HOME=home).stderr == ""
    # It was named because it is needed: half of it will not do.
    result = forkrepl("--config", path, "-c", code)
    assert (result.returncode, result.stdout) == (1, "")
    assert f'{path}:2: error: theme is "no", but must be ' in result.stderr
    result = forkrepl("--config=nowhere.toml", "-c", code)
    assert result.returncode == 1
    assert "cannot read nowhere.toml: No such file" in result.stderr


def test_flags_that_clang_refuses_do_not_keep_the_shell_from_starting(
    open_shell: OpenShell, tmp_path: Path
) -> None:
    path = configure(tmp_path, 'flags = ["-fsanitize=nonsense"]\n')
    shell = open_shell("-q", XDG_CONFIG_HOME=str(tmp_path))
    shell.type("6 * 7")
    shell.number = 0  # the session begins again
    said = shell.wait_for_next_prompt()
    assert "-fsanitize=" in said
    assert f"without the flags of {path}" in said
    assert shell.run("6 * 7") == "(int) 42\n"
    assert shell.leave() == 0


def test_what_the_prompt_is_told(tmp_path: Path) -> None:
    settings = load(tmp_path, FULL).settings
    options = prompt_options(parse([]), settings)
    assert options.vi_mode
    assert (options.theme, options.indent, options.editor) == ("dark", 2, "vim -u NONE")
    assert options.history_file == tmp_path / "my history"
    assert options.per_project_history
    assert (options.complete_while_typing, options.mouse) == (True, True)
    assert (options.signature_help, options.suggestions) == (False, False)
    assert prompt_options(parse(["--history-file", "h"]), settings).history_file == Path("h")
    assert prompt_options(parse([]), Settings(history="none")).history_file is None
    assert prompt_options(parse([]), Settings()).editor is None


def chosen_options(settings: Settings, *arguments: str) -> SessionOptions:
    line = parse(list(arguments))
    return session_options(line, settings, Mode.of(line), colour=False)


def test_what_the_session_is_told(tmp_path: Path) -> None:
    settings = load(tmp_path, FULL).settings
    options = chosen_options(settings, "-i", "-O1", "-lz", "-DN=2", "-c", "")
    flags = list(options.compiler_flags)
    assert flags.index("-DN=41") < flags.index("-DN=2")
    assert "-std=c++20" in flags
    assert (options.optimisation, options.libraries) == (1, ["m", f"{tmp_path}/libmine.so", "z"])
    assert (options.parse_timeout, options.memory_limit) == (2.5, 2 << 30)
    assert not options.redefinition
    options = chosen_options(settings, "-xc", "--parse-timeout=0", "-i", "-c", "")
    assert "-std=c99" in options.compiler_flags
    assert (options.optimisation, options.parse_timeout) == (2, 0)
