"""All commands, as the user is told of them; where each is carried out is a name."""

from __future__ import annotations

from repl.commands.command import Command
from repl.commands.foreign_commands import ADVICE
from repl.input.command_lines import CommandLines
from repl.input.command_syntax import Operand, Option

_ABOUT_CODE = (
    "Of the last input with code, of input N, or of the function NAME (as you write it, with\n"
    "its namespace; parameters only to choose one of several). As it was compiled: %opt sets\n"
    "the level for the next inputs."
)

_RANGE = Operand("RANGE", is_line=False)

_ALL = [
    Command(
        name="%help",
        operands=(Operand("COMMAND", "command"),),
        summary="this list, or one command's help",
        run="registry.run_help",
        example="%help time",
        aliases=(".?", ".help"),
    ),
    Command(
        name="%undo",
        operands=(Operand("N"),),
        summary="take back the last input, or the last N",
        run="general.run_undo",
        details=(
            "What they declared is gone and what they registered (atexit, destructors) runs; what\n"
            "they did to other variables stays. %rewind takes that back as well."
        ),
        example="%undo 2",
        aliases=(".undo",),
    ),
    Command(
        name="%rewind",
        operands=(Operand("N"),),
        summary="go back in time to before the last input or N of them, memory too",
        run="general.run_rewind",
        details=(
            "The program continues from a checkpoint of that moment. Files and the screen stay as\n"
            "they are."
        ),
        example="%rewind 3",
    ),
    Command(
        name="%restart",
        summary="a fresh program, in which the inputs that declare something run again",
        run="general.run_restart",
    ),
    Command(
        name="%reset",
        summary="end the program as by exit(0) and start with nothing",
        run="general.run_reset",
    ),
    Command(
        name="%quit",
        summary="leave the shell (Ctrl-D does too)",
        run="general.run_quit",
        aliases=("%exit", ".q", ".quit", ".exit"),
    ),
    Command(
        name="%load",
        operands=(Operand("FILE", "file", needs="the name of a file with inputs"),),
        summary="run the inputs of a file as if they were typed",
        run="loading.run_load",
        details="It ends at the first that fails; those before it stay. main is not called.",
        example="%load examples.cpp",
    ),
    Command(
        name="%reload",
        operands=(Operand("FILE", "file"),),
        summary="put the new text of edited files in force, and go on with the same objects",
        run="reloading.run_reload",
        details=(
            "Of FILE, or of all files that were included or taken by %load. Functions are\n"
            "replaced where they are: what was compiled before calls the new ones. Variables keep\n"
            "their values, unless their type or initializer has changed. Statements do not run\n"
            "again. If anything does not compile all stays as it is. %undo takes it back."
        ),
        example="%reload geometry.h",
    ),
    Command(
        name="%run",
        operands=(Operand("FILE [ARGS]", "file", needs="the name of a file"),),
        summary="run a file as 'forkrepl FILE ARGS' would, apart from this session",
        run="loading.run_run",
        details=(
            "It is a program of its own with these compiler options and includes beside FILE.\n"
            "Nothing of it is declared here. Its exit status is shown unless it is 0."
        ),
        example="%run examples/tour.cpp 1 'two words'",
    ),
    Command(
        name="%edit",
        operands=(Operand("N|NAME|FILE", "name"),),
        summary=(
            "edit an input, or what declares NAME, or a file, in $VISUAL or $EDITOR, and run it"
        ),
        run="loading.run_edit",
        details=(
            "Without anything, the last input. An input is edited as a temporary file; FILE is\n"
            "edited itself. Nothing is run if the editor fails or leaves nothing."
        ),
        example="%edit 3",
    ),
    Command(
        name="!",
        operands=(Operand("COMMAND", "file", needs="a command"),),
        summary="a command of your shell ($SHELL), on this terminal",
        run="loading.run_shell_command",
        details=(
            "The ! is followed by a letter, '.', '/' or '~': '!(x)' and '! x' are C++, and so is\n"
            "'!x' if x is something that has been declared and '!x' an expression.\n"
            "Ctrl-C ends the command only."
        ),
        example="!ls -l",
    ),
    Command(
        name=".L",
        operands=(Operand("FILE", "file", needs="a library or a file with inputs"),),
        summary="as %load, or %lib for a library (cling's)",
        run="loading.run_load_like_cling",
    ),
    Command(
        name=".x",
        operands=(Operand("FILE[(ARGS)]", "file", needs="a file"),),
        summary="as %load, then call the function that is named as the file (cling's)",
        run="loading.run_execute_like_cling",
    ),
    Command(
        name="%save",
        options=(Option("-f", "replaces a file that exists"),),
        operands=(
            Operand("FILE", "file", needs="the name of a file", is_line=False),
            _RANGE,
        ),
        summary="write the inputs in force as a source file, for forkrepl and for compilers",
        run="saving.run_save",
        details=(
            "Declarations stay as they are; statements between them run in the same order.\n"
            "Commands are left out. What a later input has redefined gets another name, which is\n"
            "shown. RANGE is 3-7, 3- or -7."
        ),
        example="%save session.cpp",
    ),
    Command(
        name="%history",
        options=(
            Option("-n", "numbers them"),
            Option("-t", "says what each took"),
            Option("-g", "keeps those with TERM in them", value="TERM"),
        ),
        operands=(_RANGE,),
        summary="the inputs of this session; a single number puts that input at the prompt again",
        run="history.run_history",
        details=("RANGE is 3-7, 3- or -7. Not at a prompt, a single number prints that input."),
        example="%history -n 3-7",
        aliases=("%hist",),
    ),
    Command(
        name="%clear",
        summary="clear the screen",
        run="history.run_clear",
        aliases=("%cls",),
    ),
    Command(
        name="%lib",
        operands=(
            Operand(
                "NAME", "library", needs="a library: a name (m), a file name (libm.so.6) or a path"
            ),
        ),
        summary="load a library, shared or static, or an object: m, libm.so.6 or a path",
        run="environment.run_lib",
        details=(
            "Inputs can use its functions from now on. It is looked for in the folders of -L,\n"
            "LIBRARY_PATH and LD_LIBRARY_PATH, and where compilers look; a file name also in the\n"
            "current folder. Of a static library (libx.a) members are linked when an input needs\n"
            "them, and go with it. An object (x.o) is linked at once, and %undo takes it back.\n"
            "What was built again is taken by %restart, an object also by loading it again."
        ),
        example="%lib z",
    ),
    Command(
        name="%include",
        operands=(Operand("DIR", "file"),),
        summary="look for #include files in DIR too; without DIR, show where",
        run="environment.run_include",
        details="Clang parses the inputs in force again with it; they are not run again.",
        example="%include ../include",
        aliases=(".I",),
    ),
    Command(
        name="%std",
        operands=(Operand("STANDARD"),),
        summary="compile by another standard from now on, or say which one it is",
        run="environment.run_standard",
        details=(
            "As -std= has it: c++23, gnu++20, c17. The inputs in force are parsed again by it; if\n"
            "one is rejected, or objects would be laid out differently, it stays as it was."
        ),
        example="%std c++23",
    ),
    Command(
        name="%opt",
        operands=(Operand("LEVEL"),),
        summary="optimise the next inputs: 0 to 3; without LEVEL, show it",
        run="environment.run_optimisation",
        details=(
            "What has been compiled stays as it is. Clang parses the inputs in force again for\nit."
        ),
        example="%opt 2",
        aliases=(".O",),
    ),
    Command(
        name="%cd",
        operands=(Operand("DIR", "file"),),
        summary="change the current folder, also the program's; - is the previous one",
        run="environment.run_cd",
        details=(
            '#include "..." looks there too, after the folder where forkrepl was started (or the\n'
            "script is): inputs in force are to go on to mean what they meant. Without DIR, home."
        ),
        example="%cd ~/src",
    ),
    Command(
        name="%pwd",
        summary="the current folder",
        run="environment.run_pwd",
    ),
    Command(
        name="%env",
        operands=(Operand("NAME[=VALUE]", "variable"),),
        summary="the program's environment: all, one variable, or set one",
        run="environment.run_environment",
        details=(
            "VALUE is everything up to the end of the line. Programs of ! and %run get it as\nwell."
        ),
        example="%env LANG=C",
    ),
    Command(
        name="%type",
        operands=(Operand("EXPRESSION", "code", needs="an expression or a type"),),
        summary="the type of an expression, its value category and size; nothing is run",
        run="inspection.run_type",
        details="A type may be named instead.",
        example="%type v.begin()",
    ),
    Command(
        name="?",
        operands=(Operand("NAME", "name", needs="a name"),),
        summary="what a name is: declaration, type, size, value, comment, members, overloads",
        run="inspection.run_describe",
        details=(
            "Variables, functions, classes, templates, namespaces and macros. The comment is the\n"
            "one for documentation (/// or /** */) before the declaration. NAME? is the same.\n"
            "Many members come in groups and pages: ?NAME 2 is the second."
        ),
        example="?std::vector",
    ),
    Command(
        name="%vars",
        operands=(Operand("NAME", "name", is_line=False, is_repeated=True),),
        summary="the variables of the inputs, with types, sizes, values",
        run="inspection.run_vars",
        details=(
            "Values are read from memory, nothing is run; they are cut to the terminal's width.\n"
            "Variables of system headers are not listed."
        ),
        example="%vars count total",
    ),
    Command(
        name="%who",
        summary="the names that inputs declare: variables, functions, types",
        run="inspection.run_who",
    ),
    Command(
        name="%errors",
        summary="the last errors or warnings in full: all notes, whole paths",
        run="inspection.run_errors",
        details=(
            "At the prompt an error comes with the best of what Clang says about it. This shows\n"
            "the rest: all candidates, each step of an instantiation, where headers are."
        ),
    ),
    Command(
        name="%time",
        operands=(Operand("CODE", "code", needs="code"),),
        summary="run an input once and show the time it took, by the clock and of the processor",
        run="timing.run_time",
        details=(
            "What it declares stays, as without %time. Compiling and linking are counted apart.\n"
            "The times are taken in the program."
        ),
        example="%time std::sort(v.begin(), v.end());",
    ),
    Command(
        name="%timeit",
        options=(
            Option("-n", "sets the number of loops in a run", value="N", takes_number=True),
            Option("-r", "the number of runs (7)", value="R", takes_number=True),
        ),
        operands=(Operand("CODE", "code", needs="code"),),
        summary="run code in a loop and show the time of one: mean, deviation, best",
        run="timing.run_timeit",
        details=(
            "Without -n, so many loops that they take 0.2 s. The cost of the loop itself is\n"
            "taken off. An expression's value is kept from being optimised away. What CODE\n"
            "declares is local, what it does to variables stays. %opt sets the level of\n"
            "optimisation."
        ),
        example="%timeit -r 3 std::sqrt(x)",
    ),
    Command(
        name="%debug",
        operands=(Operand("CODE|N", "code"),),
        summary="enter the last crash with gdb; or run code, or input N again, under gdb",
        run="debugging.run_debug",
        details=(
            "After a crash, until the next input runs: gdb shows the process as it was when it\n"
            "crashed. CODE stops at its beginning; it is compiled with -g and without\n"
            "optimisation. Leave gdb by quit or Ctrl-D: CODE then runs to its end, unless gdb\n"
            "has killed it. lldb is used where there is no gdb."
        ),
        example="%debug norm({3, 4})",
    ),
    Command(
        name="%ir",
        operands=(Operand("NAME|N", "name"),),
        summary="LLVM's intermediate representation of an input or a function",
        run="machine_code.run_show_ir",
        details=_ABOUT_CODE,
        example="%ir twice",
    ),
    Command(
        name="%asm",
        operands=(Operand("NAME|N", "name"),),
        summary="the machine code of an input or a function, with the lines of the source",
        run="machine_code.run_show_assembly",
        details=_ABOUT_CODE,
        example="%asm std::max<int>",
    ),
    Command(
        name="%memory",
        operands=(Operand("FILE.svg", "file"),),
        summary=(
            "draw the memory of the inputs: who uses what, what is free; or as a picture in a file"
        ),
        run="memory.run_memory",
        details=(
            "A slab is a range of addresses that is reserved at once; code, constants and\n"
            "variables have a part of it each. Each mark of a bar is one input's memory, '.' is\n"
            "free. What is kept to go back to belongs to inputs that were undone but may come\n"
            "again by %rewind."
        ),
        example="%memory slabs.svg",
    ),
    Command(
        name="%leaks",
        summary="the allocated memory that nothing points to (--sanitize=leak or address)",
        run="leaks.run_leaks",
        details=(
            "For each block the line that has allocated it. What a variable of an input points to\n"
            "is none, directly or by way of other blocks."
        ),
    ),
]

COMMANDS = {command.name: command for command in _ALL}
"""By name, in the order of ``%help``."""

BY_ALIAS = {alias: command for command in _ALL for alias in command.aliases}
"""Other names."""

COMMAND_LINES = CommandLines(_ALL, foreign=ADVICE)
"""Tells commands from code."""
