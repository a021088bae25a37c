"""How a session compiles and runs."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from repl.clang.flags import (
    OWN_HEADERS,
    library_assertion_flags,
    line_table_flags,
    optimisation_flags,
)
from repl.clang.gcc_installation import gcc_flags
from repl.clang.sanitizers import Sanitizers, wanted_sanitizers
from repl.configuration.joined_inputs import ONE_BY_ONE, JoinedInputs
from repl.display.limits import TO_BE_READ, Limits
from repl.errors import SetupError
from runtime.protocol.listener_address import Listener


class CarriedFile(Struct, frozen=True):
    """An object or archive for the program that is no file here, and had this name elsewhere."""

    name: str
    contents: bytes
    is_archive: bool


class SessionOptions(Struct, frozen=True):
    """How to compile and run. ``compiler_flags`` are Clang's, as they are.
    ``include_folders`` and ``current_folder`` (for quoted includes) come before those: they
    were added later, as by ``%include`` and ``%cd``.

    ``arguments``: the program's argv. ``private_input``: the program's standard
    input is empty, because ours holds the inputs. ``listener``: where the program
    runs, if not in a child of ours. ``perf``: the profiler is told of all code.
    ``memory_limit``: bytes that the program in a child of ours may allocate.
    ``recover``: an input that ends the program is taken back, and the session goes on;
    otherwise it starts anew, with nothing declared. ``interactive``: Ctrl-C is for the
    input that runs, not for the session. ``most_frames``: of the calls that led to a crash,
    how many are shown.
    ``redefinition``: an input may declare again what an earlier one did.
    ``parse_timeout``: seconds that Clang may take for an input, 0 for any time.
    ``raises_interrupts``: Ctrl-C while the program runs becomes KeyboardInterrupt, once the
    session has gone back, instead of ProgramCrashed.
    ``cache``: what was compiled before may be used: precompiled standard headers, which an
    interactive session makes, and programs, which are kept.
    ``limits``: how much of a value is shown. ``return_ends_script``: a ``return`` outside of
    functions ends the program, with that status, and not only its input. ``joined_inputs``:
    how many may become one object, where none is gone back to. ``library_assertions``: the C++
    library checks how it is used. ``keeps_crashes``: of a child of ours that crashes a copy stays
    for a debugger, until the next input runs. ``survives_exit``: ``exit`` in an input is undone
    as a crash is, and no end of the session. ``shows_lines``: what the program prints into a pipe
    comes line by line. ``sanitizers``: what the flags ask for, see
    ``with_sanitizers``. ``carried``: more libraries.
    """

    compiler_flags: Sequence[str] = ()
    include_folders: Sequence[str] = ()
    current_folder: str | None = None
    optimisation: int = 0
    libraries: Sequence[str] = ()
    library_folders: Sequence[str] = ()
    colour: bool = False
    arguments: Sequence[str] = ("forkrepl",)
    private_input: bool = False
    listener: Listener | None = None
    perf: bool = False
    memory_limit: int | None = None
    recover: bool = False
    interactive: bool = False
    most_frames: int = 8
    redefinition: bool = True
    parse_timeout: float = 60
    raises_interrupts: bool = False
    cache: bool = True
    limits: Limits = TO_BE_READ
    return_ends_script: bool = False
    joined_inputs: JoinedInputs = ONE_BY_ONE
    library_assertions: bool = False
    keeps_crashes: bool = False
    survives_exit: bool = False
    shows_lines: bool = False
    sanitizers: Sanitizers | None = None
    carried: Sequence[CarriedFile] = ()

    @property
    def all_flags(self) -> list[str]:
        """Clang's flags, with what was added later."""
        return [
            *(["-iquote", self.current_folder] if self.current_folder else []),
            *(f"-I{folder}" for folder in self.include_folders),
            *self.compiler_flags,
        ]

    @property
    def clang_flags(self) -> list[str]:
        """The same, after what sanitizers need, and before our own headers."""
        sanitizers = self.sanitizers.flags if self.sanitizers is not None else []
        return [*sanitizers, *gcc_flags(self.all_flags), *self.all_flags, OWN_HEADERS]


def with_sanitizers(options: SessionOptions) -> SessionOptions:
    """The options, with what their flags ask for by ``-fsanitize=``.

    Raises SetupError for what cannot be, or if the runtime is not installed.
    """
    wanted = wanted_sanitizers(options.compiler_flags)
    if wanted is not None and options.listener is not None:
        raise SetupError(
            "-fsanitize needs the program as a child of this shell, so not with --connect: "
            "run forkrepl itself on that machine"
        )
    return replace(options, sanitizers=wanted)


def frontend_flags(options: SessionOptions) -> list[str]:
    """What the frontend program is started with."""
    checks = library_assertion_flags(options.all_flags) if options.library_assertions else []
    flags = [
        *checks,
        *options.clang_flags,
        *optimisation_flags(options.optimisation),
        *line_table_flags(options.compiler_flags),
    ]
    if options.colour:
        flags.append("--colour-diagnostics")
    if options.return_ends_script:
        flags.append("--return-ends-script")
    return flags
