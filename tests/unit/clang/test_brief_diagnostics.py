"""What is chosen of many diagnostics."""

from __future__ import annotations

from repl.clang.brief_diagnostics import brief
from repl.errors import Diagnostic

FOLDERS = ["/usr/lib/gcc/12/../../include/c++/12", "/usr/include"]
VECTOR = "/usr/lib/gcc/12/../../include/c++/12/vector"


def made(
    severity: str, message: str, file: str = "In[1]", line: int = 1, role: str = ""
) -> Diagnostic:
    return Diagnostic(
        severity=severity,
        message=message,
        file=file,
        line=line,
        column=1,
        text=f"{file}:{line}:1: {severity}: {message}\n    1 | {file}\n",
        system=file.startswith("/usr"),
        role=role,
    )


def shown(*diagnostics: Diagnostic) -> list[str]:
    return brief(diagnostics, FOLDERS).splitlines()[::2]


def candidates(file: str, count: int) -> list[Diagnostic]:
    return [made("note", f"candidate {n}", file, n + 1, "candidate") for n in range(count)]


def test_the_best_candidate_is_shown_and_the_others_are_counted() -> None:
    assert brief([made("error", "no f"), *candidates(VECTOR, 44)], FOLDERS).splitlines() == [
        "In[1]:1:1: error: no f",
        "    1 | In[1]",
        "<vector>:1:1: note: candidate 0",
        f"    1 | {VECTOR}",
        "... and 43 more candidates",
    ]


def test_two_candidates_are_not_too_many() -> None:
    assert len(shown(made("error", "no f"), *candidates(VECTOR, 2))) == 3


def test_candidates_of_the_user_are_preferred() -> None:
    lines = shown(made("error", "no f"), *candidates(VECTOR, 9), *candidates("In[1]", 4))
    assert [line.rpartition(": ")[2] for line in lines] == [
        "no f", "candidate 0", "candidate 1", "candidate 2", "... and 10 more candidates",
    ]  # fmt: skip
    assert lines[1].startswith("In[1]:")


def test_reasons_go_with_their_candidate() -> None:
    notes = []
    for candidate in candidates(VECTOR, 3):
        notes.append(candidate)
        notes += [made("note", f"because {n}", VECTOR, 90 + n, "reason") for n in range(6)]
    assert [line.rpartition(": ")[2] for line in shown(made("error", "no f"), *notes)] == [
        "no f", "candidate 0", "because 0", "because 5", "... and 2 more candidates, 16 more notes",
    ]  # fmt: skip


def test_steps_within_the_library_are_left_out() -> None:
    steps = [made("note", "within", VECTOR, n, "step") for n in (1, 2, 3)]
    asked = made("note", "requested here", "In[2]", 1, "step")
    lines = shown(made("error", "wrong", VECTOR), *steps, asked)
    assert lines == [
        "<vector>:1:1: error: wrong",
        "In[2]:1:1: note: requested here",
        "... and 3 more notes",
    ]


def test_what_one_line_of_the_user_leads_to_is_one_error() -> None:
    asked = made("note", "requested here", "In[2]", 1, "step")
    lines = shown(made("error", "wrong", VECTOR), asked, made("error", "too", VECTOR, 9), asked)
    assert lines == [
        "<vector>:1:1: error: wrong",
        "In[2]:1:1: note: requested here",
        "... and 1 more error, 1 more note",
    ]


def test_errors_come_before_warnings_that_leave_no_room() -> None:
    warnings = [made("warning", f"w{n}", line=n) for n in range(12)]
    lines = shown(*warnings, made("error", "the real one", line=99))
    assert "In[1]:99:1: error: the real one" in lines
    assert lines[-1] == "... and 3 more warnings"


def test_the_first_error_is_shown_however_long() -> None:
    long = Diagnostic("error", "long", "In[1]", 1, 1, "In[1]:1:1: error: long\n" + "x\n" * 99)
    assert brief([long, made("error", "next", line=2)], FOLDERS).splitlines()[-1] == (
        "... and 1 more error"
    )


def test_the_same_note_is_not_shown_twice() -> None:
    note = made("note", "declared here", VECTOR)
    assert len(shown(made("error", "wrong"), note, note)) == 2


def test_includes_of_the_system_are_left_out() -> None:
    error = Diagnostic(
        "error",
        "wrong",
        VECTOR,
        412,
        1,
        f"In file included from In[1]:1:\nIn file included from {VECTOR}:64:\n"
        "\x1b[1m/usr/include/x86/stdio.h:12:1: \x1b[0m\x1b[0;1;31merror: \x1b[0mwrong\n",
        system=True,
    )
    assert brief([error], FOLDERS).splitlines() == [
        "In file included from In[1]:1:",
        "\x1b[1m<x86/stdio.h>:12:1: \x1b[0m\x1b[0;1;31merror: \x1b[0mwrong",
    ]


def test_a_deep_stack_of_the_users_headers_is_cut() -> None:
    stack = "".join(f"In file included from {n}.h:1:\n" for n in range(10))
    text = brief([Diagnostic("error", "wrong", "9.h", 1, 1, stack + "9.h:1:1: error: wrong\n")], [])
    assert text.count("In file included from") == 3


def test_nothing_is_nothing() -> None:
    assert brief([], []) == ""
