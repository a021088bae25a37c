"""The page of ``forkrepl --help``."""

from __future__ import annotations

from repl.command_line.help_page import add_options, begin_page
from repl.command_line.option_parser import OptionParser

_KEYS = [
    ("Enter", "Runs the input if it is complete, otherwise opens an indented line."),
    ("Alt-Enter", "Always opens a line."),
    (
        "Tab",
        "Completes; in front of a line it indents; in an empty input after a mistake it writes "
        "the line that was meant.",
    ),
    ("Ctrl-C", "Clears the input, or interrupts what runs. It never ends the shell."),
    ("Ctrl-D", "On an empty line: leaves."),
    ("Ctrl-R", "Searches the history."),
    ("Up, Down", "Earlier and later inputs."),
    ("Right", "At the end of a line: takes the suggestion."),
    ("Ctrl-X Ctrl-E", "Opens the input in the external editor (v in vi mode)."),
]

_STATUSES = [
    ("0", "Success, also of an interactive session that recovered from errors."),
    ("1", "A script has a compile error or an uncaught exception; or forkrepl cannot work."),
    ("2", "Wrong usage."),
    ("n", "The program called exit(n) or returned n from main."),
    ("128+N", "Signal N ended the program, in a script."),
]

_ENVIRONMENT = [
    ("NO_COLOR", "No colours."),
    ("CLICOLOR_FORCE", "Colours, even if it is no terminal."),
    ("TERM", "dumb: plain text, no colours. (--color and the configuration win over these.)"),
    ("VISUAL, EDITOR", "The external editor."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME", "Where the files below are."),
    ("FORKREPL_TOKEN", "What the listener of --connect printed."),
    ("FORKREPL_DEBUG", "1: Python tracebacks of internal errors."),
    (
        "FORKREPL_TRACE",
        "What the processes say to each other, on standard error: wire (with the program), clang "
        "(with the Clang frontend), codegen (with the code generator), several with commas between "
        "them, or all.",
    ),
    ("FORKREPL_TRACE_FILE", "A file to append that to instead; only you can read it."),
]

_FILES = [
    (
        "$XDG_CONFIG_HOME/forkrepl/config.toml (~/.config/...)",
        "The configuration, for sessions with a prompt; --print-config shows all of its "
        "settings. What the command line says wins.",
    ),
    (
        "$XDG_CONFIG_HOME/forkrepl/prelude.cpp, prelude.c",
        "Inputs that are run before the first prompt of a C++ or C session. They are not "
        "numbered, %undo leaves them alone, and %reset runs them again.",
    ),
    ("$XDG_STATE_HOME/forkrepl/history (~/.local/state/...)", "What was typed."),
    ("$XDG_CACHE_HOME/forkrepl/ (~/.cache/...)", "Compiled headers; may be deleted any time."),
]

_EXAMPLES = [
    ("forkrepl", "A C++ session."),
    ("forkrepl -x c -lm", "A C session with the mathematical library."),
    ("forkrepl -std=c++20 -O2 sort.cpp data.txt", "Runs a file."),
    ("forkrepl -c 'sizeof(long double)'", "Prints (unsigned long) 16."),
    ("forkrepl -i setup.cpp", "A session that begins with the inputs of a file."),
    ("echo '6 * 7' | forkrepl", "Inputs from elsewhere."),
]


def shell_help(parser: OptionParser) -> str:
    """The page, for standard output."""
    from repl.commands import COMMANDS

    page = begin_page(
        parser,
        "forkrepl - a C and C++ shell",
        "Runs C++ or C as it is typed. FILE is a program or a list of statements: statements "
        "run in order, then main is called, if there is one. '-' is standard input. Without "
        "FILE it is an interactive session on a terminal, and reads inputs otherwise. A file "
        "named .c is C, any other C++. A first line '#!...' is skipped. ARGS are the program's; "
        "options end at FILE or '--'.",
    )
    page.paragraph("An expression without ';' prints its value.")
    page.paragraph(
        "'forkrepl link', 'forkrepl executor' and 'forkrepl doctor' have a --help of their own."
    )
    add_options(page, parser)
    page.heading("Commands")
    page.entries((command.usage, command.summary) for command in COMMANDS.values())
    for title, entries in (
        ("Keys", _KEYS),
        ("Exit status", _STATUSES),
        ("Environment", _ENVIRONMENT),
        ("Files", _FILES),
        ("Examples", _EXAMPLES),
    ):
        page.heading(title)
        page.entries(entries)
    page.heading("See also")
    page.paragraph("clang(1), gdb(1), perf(1)")
    return page.text()
