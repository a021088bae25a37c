"""``%ir``, ``%asm`` and ``%opt``."""

from __future__ import annotations

from tests.support.program import OpenShell, Run, piped


def test_functions_and_inputs(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "int thrice(int n) {\n  int s = 0;\n  for (int i = 0; i < 3; ++i) s += n;\n  return s;\n}",
        "namespace n { int deep(int a) { return thrice(a); } double deep(double); }",
        *("%ir thrice", "!echo ---", "%asm thrice(int)", "!echo ---", "%asm n::deep", "!echo ---"),
        *("%opt", "%opt 2", ".O", "%asm thrice", "!echo ---"),
        "int again(int n) { int s = 0; for (int i = 0; i < 3; ++i) s += n; return s; }",
        *("%asm again", "!echo ---", "%ir", "!echo ---", "%ir 1", "!echo ---"),
        "%opt 0",
        "template <class T> T twice(T x) { return 2 * x; }",
        *("%asm twice", "twice(2);", "%asm twice<int>", "!echo ---"),
        *("%asm deep", "%ir 99", "%asm 3", "%opt 4", "%opt -O1", "%opt"),
    )
    ir, asm, deep, levels, optimised, last, first, template, end = output.split("---\n")
    assert ir.startswith("; thrice(int)\ndefine ")
    assert ir.endswith("}\n")
    assert "!dbg" not in ir
    assert "# -:3: for (int i = 0; i < 3; ++i) s += n;\n" in asm
    assert asm.startswith("thrice(int):\n")
    assert "call" in deep
    assert "thrice(int)" in deep.partition("\n")[2]  # by its name, not _Z6thricei
    assert levels.startswith("-O0\n-O2\n")
    assert "jmp" in levels  # as it was compiled
    assert "jmp" not in optimised
    assert "define" in last
    assert "again(int)" in last
    assert "thrice" in first
    assert "int twice<int>(int):" in template
    assert end == "-O1\n"
    for message in (
        "%asm: no input has code for a function twice",
        "%asm: no input has code for a function deep",
        "%ir: input 99 has no code",
        "%asm: input 3 has no code",
        "%opt takes a level of 0, 1, 2 or 3, not '4'; usage: %opt [LEVEL]",
    ):
        assert message in errors


def test_nothing_has_code(forkrepl: Run) -> None:
    _, errors = piped(forkrepl, "%ir", "struct S;", "%asm")
    assert errors == ("%ir: no input in force has any code\n%asm: no input in force has any code\n")


def test_c_and_colours(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", "--color=yes", "-x", "c")
    shell.run("int add(int a, int b) { return a + b; }")
    text = shell.run("%asm add")
    assert "\x1b[" in text
    assert "retq" in text
    assert "\x1b[" in shell.run("%ir add")
    assert shell.leave() == 0
