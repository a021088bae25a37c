"""Ten classic mistakes, and what each sanitizer says of them; the session goes on after each.

The table of examples/guide/sanitizers.md shows them for users.
"""

from __future__ import annotations

import pytest

from tests.support.program import EXAMPLES, Run
from tests.support.sanitizers import CLASSIC, Mistake, run_mistakes

ROLLED_BACK = "rolled back: memory and declarations are as before this input"
OVERFLOWN = "signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'"
NULL = "SIGSEGV: read from address 0x0 (null pointer)\nat -:1 in S::get()\nat -:3\n" + ROLLED_BACK


def classic(name: str, *report: str) -> Mistake:
    """One of the ten, and what is told of it."""
    return Mistake(CLASSIC[name], "\n".join(report))


FREED = ("at -:3", "freed here:", "at -:2", "allocated here:", "at -:1", ROLLED_BACK)
ADDRESS = {
    "overflow of the heap": classic(
        "overflow of the heap",
        "AddressSanitizer: heap-buffer-overflow: write of 4 bytes, right after a block of 12 bytes",
        "at -:2",
        "allocated here:",
        "at -:1",
        ROLLED_BACK,
    ),
    "overflow of the stack": classic(
        "overflow of the stack",
        "AddressSanitizer: stack-buffer-overflow: read of 4 bytes, it overflows the variable local "
        "(line 1)",
        "at -:1 in third(int)",
        "at -:3",
        ROLLED_BACK,
    ),
    "overflow of a global": classic(
        "overflow of a global",
        "AddressSanitizer: global-buffer-overflow: write of 4 bytes, right after a variable of "
        "-:1 (global), which has 12 bytes",
        "at -:3",
        ROLLED_BACK,
    ),
    "use after free": classic(
        "use after free",
        "AddressSanitizer: heap-use-after-free: write of 4 bytes, byte 0 of a block of 4 bytes",
        *FREED,
    ),
    "use after return": classic(
        "use after return",
        "AddressSanitizer: stack-use-after-return: write of 4 bytes, it is inside the variable "
        "local (line 2)",
        "at -:4",
        ROLLED_BACK,
    ),
    "use after undo": classic(
        "use after undo",
        "AddressSanitizer: use-after-undo: write of 4 bytes, the freed memory of -:2",
        "at -:4",
        ROLLED_BACK,
    ),
    "double free": classic(
        "double free",
        "AddressSanitizer: double-free: byte 0 of a block of 4 bytes",
        *FREED,
    ),
    "signed overflow": classic("signed overflow", "(int) -2147483648"),
    "bad shift": classic("bad shift", "(int) 2"),
    "null member call": classic("null member call", NULL),
    "data race": classic("data race", ""),
    # The program itself does not read it: the shell does, to show it.
    "a value that is gone": Mistake(
        "int *here = new int(5);\ndelete here;\n*here",
        "AddressSanitizer: heap-use-after-free: read of 4 bytes, byte 0 of a block of 4 bytes\n"
        + "\n".join(FREED),
    ),
    "use after scope": Mistake(
        "{ int *out; { int in = 3; out = &in; } *out = 1; }",
        "AddressSanitizer: stack-use-after-scope: write of 4 bytes, it is inside the variable in "
        f"(line 1)\nat -:1\n{ROLLED_BACK}",
    ),
    "wrong deallocation": Mistake(
        "#include <cstdlib>\nint *block = (int *)std::malloc(4);\ndelete block;",
        "AddressSanitizer: alloc-dealloc-mismatch: allocated by malloc, freed by operator delete: "
        f"byte 0 of a block of 4 bytes\nat -:3\nallocated here:\nat -:2\n{ROLLED_BACK}",
    ),
    "a thread's": Mistake(
        "{ std::thread t([] { int *p = new int; delete p; *p = 1; }); t.join(); }",
        "AddressSanitizer: heap-use-after-free: write of 4 bytes by thread",
        is_part=True,
    ),
}
THREAD = {
    "signed overflow": classic("signed overflow", "(int) -2147483648"),
    "null member call": classic("null member call", NULL),
    "use after undo": Mistake(
        CLASSIC["use after undo"], ": the freed memory of -:2\n", is_part=True
    ),
    "data race": Mistake(
        CLASSIC["data race"],
        "ThreadSanitizer: data race: a variable of -:2 (shared)\nwrite of 4 bytes by",
        is_part=True,
    ),
    "no race": Mistake(
        "#include <mutex>\nstd::mutex guard; int guarded;\n"
        "void both() { std::lock_guard<std::mutex> held(guard); ++guarded; }\n"
        "{ std::thread a(both), b(both); a.join(); b.join(); }\nguarded",
        "(int) 2",
    ),
}
UNDEFINED = {
    "signed overflow": classic(
        "signed overflow",
        "UndefinedBehaviorSanitizer: " + OVERFLOWN,
        "at -:2",
        "(int) -2147483648",
    ),
    "bad shift": classic(
        "bad shift",
        "UndefinedBehaviorSanitizer: shift exponent 33 is too large for 32-bit type 'int'",
        "at -:2",
        "(int) 2",
    ),
    "null member call": classic(
        "null member call",
        "UndefinedBehaviorSanitizer: member call on null pointer of type 'S'",
        "at -:3",
        "UndefinedBehaviorSanitizer: member call on null pointer of type 'S *'",
        "at -:1 in S::get()",
        "at -:3",
        NULL,
    ),
    "index": Mistake(
        "int row[3]; int fifth = 5;\nrow[fifth] = 1;",
        "UndefinedBehaviorSanitizer: index 5 out of bounds for type 'int[3]'\nat -:2",
    ),
    "a number that does not fit": Mistake(
        "float large = 1e30f;\n(int)large",
        "UndefinedBehaviorSanitizer: 1e+30 is outside the range of representable values of type "
        "'int'\nat -:2\n",
        is_part=True,
    ),
    "the end of a function": Mistake(
        "int nothing(int n) { if (n) return 1; }\nnothing(0)",
        "UndefinedBehaviorSanitizer: execution reached the end of a value-returning function "
        f"without returning a value\nat -:1 in nothing(int)\nat -:2\n{ROLLED_BACK}",
    ),
    "what is not reached": Mistake(
        "void never() { __builtin_unreachable(); }\nnever();",
        "UndefinedBehaviorSanitizer: execution reached an unreachable program point\n"
        f"at -:1 in never()\nat -:2\n{ROLLED_BACK}",
    ),
}
VPTR = {
    "an object of another class": Mistake(
        "struct Base { virtual ~Base() {} };\n"
        "struct One : Base {}; struct Two : Base { int g() { return 2; } };\n"
        "int call(Two *two) { return two->g(); }\nBase *one = new One;\ncall((Two *)one)",
        "UndefinedBehaviorSanitizer: downcast of an address which does not point to an object of "
        "type 'Two'\nat -:5\nnote: object is of type 'One'\n"
        "UndefinedBehaviorSanitizer: member call on an address which does not point to an object "
        "of type 'Two'\nat -:3\nnote: object is of type 'One'\n(int) 2",
    ),
}
LEAK = {
    "null member call": classic("null member call", NULL),
    "double free": ADDRESS["double free"],
    "none": Mistake(
        "int *numbers = new int[25];\n%leaks",
        "no leaks: something points to all memory that was allocated",
    ),
    "lost": Mistake(
        "int *lost = new int[25];\nlost = nullptr;\n%leaks",
        "LeakSanitizer: memory leaks\n100 bytes that nothing points to, allocated here:\nat -:1",
    ),
}
TABLES = {
    "vptr": VPTR,
    "address": ADDRESS,
    "undefined": UNDEFINED,
    "address,undefined": {
        "double free": ADDRESS["double free"],
        "signed overflow": UNDEFINED["signed overflow"],
    },
    "thread": THREAD,
    "leak": LEAK,
}


@pytest.mark.parametrize("kinds", TABLES)
def test_what_is_told_of_each_mistake(kinds: str, forkrepl: Run) -> None:
    mistakes = TABLES[kinds]
    told = run_mistakes(forkrepl, mistakes, "--no-cache", f"-fsanitize={kinds}")
    for name, mistake in mistakes.items():
        if mistake.is_part:
            assert mistake.report in told[name], name
        else:
            assert _without_warnings(told[name]) == mistake.report, name


COLUMNS = ("address", "undefined", "thread", "leak")
CELLS = {
    "the crash": "SIGSEGV",
    "the crash, as ever": "SIGSEGV",
    "index out of bounds, of an array": "out of bounds for type 'int[3]'",
    "shift exponent is too large": "is too large for 32-bit type",
}
"""What is told, where the guide says it in other words."""


def cells(column: int) -> dict[str, str]:
    """A column of the guide's table: what it says of each mistake."""
    page = (EXAMPLES / "guide" / "sanitizers.md").read_text()
    plain = page.replace("`", "").replace("%", "")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in plain.splitlines()]
    told = {row[0]: row[column + 1] for row in rows if len(row) == 5}
    return {name: told[name] for name in CLASSIC}


@pytest.mark.parametrize("column", range(len(COLUMNS)), ids=COLUMNS)
def test_the_table_of_the_guide(column: int, forkrepl: Run) -> None:
    # What nothing finds would have its consequences in the next one.
    mistakes = {name: Mistake(f"%reset\n{inputs}", "") for name, inputs in CLASSIC.items()}
    told = run_mistakes(forkrepl, mistakes, "--no-cache", f"-fsanitize={COLUMNS[column]}")
    for name, cell in cells(column).items():
        expected = CELLS.get(cell, cell)
        if expected == "-":
            assert "Sanitizer" not in told[name], name
        else:
            assert expected in told[name], name


def _without_warnings(text: str) -> str:
    """Clang's, of a mistake that it sees as well."""
    lines = [line for line in text.splitlines() if "|" not in line and ": warning: " not in line]
    return "\n".join(lines)
