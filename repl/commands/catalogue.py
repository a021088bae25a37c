"""All commands, as the user is told of them; where each is carried out is a name."""

from __future__ import annotations

from repl.commands.command import Command

_ABOUT_CODE = (
    "Of the last input with code, of input N, or of the function NAME (as you write it, with\n"
    "its namespace; parameters only to choose one of several). As it was compiled: %opt sets\n"
    "the level for the next inputs."
)

_ALL = [
    Command(
        "%help",
        "%help [COMMAND]",
        "this list, or one command's help",
        "registry.run_help",
        "command",
        "",
        "%help time",
        (".?",),
    ),
    Command(
        "%undo",
        "%undo [N]",
        "take back the last input, or the last N",
        "general.run_undo",
        "number",
        "What they declared is gone and what they registered (atexit, destructors) runs; what\n"
        "they did to other variables stays. %rewind takes that back as well.",
        "%undo 2",
        (".undo",),
    ),
    Command(
        "%rewind",
        "%rewind [N]",
        "go back in time to before the last input or N of them, memory too",
        "general.run_rewind",
        "number",
        "The program continues from a checkpoint of that moment. Files and the screen stay as\n"
        "they are.",
        "%rewind 3",
    ),
    Command(
        "%restart",
        "%restart",
        "a fresh program, in which the inputs that declare something run again",
        "general.run_restart",
    ),
    Command(
        "%reset",
        "%reset",
        "end the program as by exit(0) and start with nothing",
        "general.run_reset",
    ),
    Command(
        "%quit",
        "%quit",
        "leave the shell (Ctrl-D does too)",
        "general.run_quit",
        aliases=("%exit", ".q"),
    ),
    Command(
        "%load",
        "%load FILE",
        "run the inputs of a file as if they were typed",
        "loading.run_load",
        "file",
        "It ends at the first that fails; those before it stay. main is not called.",
        "%load examples.cpp",
    ),
    Command(
        "%run",
        "%run FILE [ARGS]",
        "run a file as 'forkrepl FILE ARGS' would, apart from this session",
        "loading.run_run",
        "file",
        "It is a program of its own with these compiler options and includes beside FILE.\n"
        "Nothing of it is declared here. Its exit status is shown unless it is 0.",
        "%run examples/tour.cpp 1 'two words'",
    ),
    Command(
        "%edit",
        "%edit [N|NAME|FILE]",
        "edit an input, or what declares NAME, or a file, in $VISUAL or $EDITOR, and run it",
        "loading.run_edit",
        "name",
        "Without anything, the last input. An input is edited as a temporary file; FILE is\n"
        "edited itself. Nothing is run if the editor fails or leaves nothing.",
        "%edit 3",
    ),
    Command(
        "!",
        "!COMMAND",
        "a command of your shell ($SHELL), on this terminal",
        "loading.run_shell_command",
        "shell",
        "The ! is followed by a letter, '.', '/' or '~': '!(x)' and '! x' are C++. Ctrl-C ends\n"
        "the command only.",
        "!ls -l",
    ),
    Command(
        ".L",
        ".L FILE",
        "as %load, or %lib for a library (cling's)",
        "loading.run_load_like_cling",
        "file",
    ),
    Command(
        ".x",
        ".x FILE[(ARGS)]",
        "as %load, then call the function that is named as the file (cling's)",
        "loading.run_execute_like_cling",
        "file",
    ),
    Command(
        "%save",
        "%save [-f] FILE [RANGE]",
        "write the inputs in force as a source file, for forkrepl and for compilers",
        "saving.run_save",
        "file",
        "Declarations stay as they are; statements between them run in the same order.\n"
        "Commands are left out. What a later input has redefined gets another name, which is\n"
        "shown. A file that exists is replaced with -f only. RANGE is 3-7, 3- or -7.",
        "%save session.cpp",
    ),
    Command(
        "%history",
        "%history [-n] [-t] [-g TERM] [RANGE]",
        "the inputs of this session; a single number puts that input at the prompt again",
        "history.run_history",
        "number",
        "-n numbers them, -t says what each took, -g keeps those with TERM in them. RANGE is\n"
        "3-7, 3- or -7. Not at a prompt, a single number prints that input.",
        "%history -n 3-7",
        ("%hist",),
    ),
    Command("%clear", "%clear", "clear the screen", "history.run_clear", aliases=("%cls",)),
    Command(
        "%lib",
        "%lib NAME",
        "load a shared library: m, libm.so.6 or a path",
        "environment.run_lib",
        "library",
        "Inputs can use its functions from now on. -L DIR on the command line says where to\n"
        "look for it.",
        "%lib z",
    ),
    Command(
        "%include",
        "%include [DIR]",
        "look for #include files in DIR too; without DIR, show where",
        "environment.run_include",
        "folder",
        "Clang parses the inputs in force again with it; they are not run again.",
        "%include ../include",
        (".I",),
    ),
    Command(
        "%opt",
        "%opt [LEVEL]",
        "optimise the next inputs: 0 to 3; without LEVEL, show it",
        "environment.run_optimisation",
        "level",
        "What has been compiled stays as it is. Clang parses the inputs in force again for it.",
        "%opt 2",
        (".O",),
    ),
    Command(
        "%cd",
        "%cd [DIR]",
        "change the current folder, also the program's; - is the previous one",
        "environment.run_cd",
        "folder",
        '#include "..." looks there too, after the folder where forkrepl was started (or the\n'
        "script is): inputs in force are to go on to mean what they meant. Without DIR, home.",
        "%cd ~/src",
    ),
    Command("%pwd", "%pwd", "the current folder", "environment.run_pwd"),
    Command(
        "%env",
        "%env [NAME[=VALUE]]",
        "the program's environment: all, one variable, or set one",
        "environment.run_environment",
        "variable",
        "VALUE is everything up to the end of the line. Programs of ! and %run get it as well.",
        "%env LANG=C",
    ),
    Command(
        "%type",
        "%type EXPRESSION",
        "the type of an expression, its value category and size; nothing is run",
        "inspection.run_type",
        "code",
        "A type may be named instead.",
        "%type v.begin()",
    ),
    Command(
        "?",
        "?NAME",
        "what a name is: declaration, type, size, value, comment, members, overloads",
        "inspection.run_describe",
        "name",
        "Variables, functions, classes, templates, namespaces and macros. The comment is the\n"
        "one for documentation (/// or /** */) before the declaration.",
        "?std::vector",
    ),
    Command(
        "%vars",
        "%vars [NAME...]",
        "the variables of the inputs, with types, sizes, values",
        "inspection.run_vars",
        "name",
        "Values are read from memory, nothing is run; they are cut to the terminal's width.\n"
        "Variables of system headers are not listed.",
        "%vars count total",
    ),
    Command(
        "%who",
        "%who",
        "the names that inputs declare: variables, functions, types",
        "inspection.run_who",
    ),
    Command(
        "%time",
        "%time CODE",
        "run an input once and show the time it took, by the clock and of the processor",
        "timing.run_time",
        "code",
        "What it declares stays, as without %time. Compiling and linking are counted apart. The\n"
        "times are taken in the program.",
        "%time std::sort(v.begin(), v.end());",
    ),
    Command(
        "%timeit",
        "%timeit [-n N] [-r R] CODE",
        "run code in a loop and show the time of one: mean, deviation, best",
        "timing.run_timeit",
        "code",
        "N loops (so many that they take 0.2 s if it is not said) in each of R runs (7). The\n"
        "cost of the loop itself is taken off. An expression's value is kept from being\n"
        "optimised away. What CODE declares is local, what it does to variables stays.\n"
        "%opt sets the level of optimisation.",
        "%timeit -r 3 std::sqrt(x)",
    ),
    Command(
        "%ir",
        "%ir [NAME|N]",
        "LLVM's intermediate representation of an input or a function",
        "machine_code.run_show_ir",
        "name",
        _ABOUT_CODE,
        "%ir twice",
    ),
    Command(
        "%asm",
        "%asm [NAME|N]",
        "the machine code of an input or a function, with the lines of the source",
        "machine_code.run_show_assembly",
        "name",
        _ABOUT_CODE,
        "%asm std::max<int>",
    ),
    Command(
        "%memory",
        "%memory [FILE.svg]",
        "draw the memory of the inputs: who uses what, what is free; or as a picture in a file",
        "memory.run_memory",
        "file",
        "A slab is a range of addresses that is reserved at once; code, constants and variables\n"
        "have a part of it each. Each mark of a bar is one input's memory, '.' is free. What is\n"
        "kept to go back to belongs to inputs that were undone but may come again by %rewind.",
        "%memory slabs.svg",
    ),
]

COMMANDS = {command.name: command for command in _ALL}
"""By name, in the order of ``%help``."""

BY_ALIAS = {alias: command for command in _ALL for alias in command.aliases}
"""Other names."""
