"""The Clang frontend, seen from the controller: text in, bitcode out, and back.

An error leaves Clang's state damaged, and ``clang::Interpreter::Undo`` does not
undo macros or includes. So nothing is mended in a process that went wrong. The
frontend forks copies of itself: one parses, others sleep as checkpoints. To go
back, the parsing copy is ended, a checkpoint forks a new one, and the good inputs
since are parsed again. The first process (the root) never parses; it is the
checkpoint "nothing typed yet" and the ancestor that reaps all others.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from repl.clang.attempts import at_source, completion, redefined, with_errors
from repl.clang.crash_message import describe_crash
from repl.clang.diagnostics import compile_error, joined, messages
from repl.clang.frontend_copies import FrontendCopies, FrontendCopy
from repl.clang.inputs import AcceptedInput, FrontendState, ParsedInput, take_files
from repl.clang.precompiled_headers import PrecompiledHeaders
from repl.clang.protocol import FindEnds, Parsed
from repl.clang.start_folder import StartFolder
from repl.errors import CompileError, CompilerDied, CompilerTimeout, SetupError
from repl.input.input_ends import InputEnds
from repl.input.seen_file import SeenFile
from repl.input.source import Source

_OUT_OF_MEMORY = re.compile("out of memory|pthread_create failed")  # LLVM's words
_MOST_ROUNDS = 100  # of finding out what an input redefines: Clang tells 20 first, then more
_LEXING_LIMIT = 30.0  # s: of a text of any size
_LEAST_PATIENCE = 0.001  # s


class Frontend:
    """Parses inputs one after another; ``rollback`` and ``restore`` go back.

    ``redefinition``: an input may declare again what an earlier one did.
    ``parse_timeout``: seconds that Clang may take for an input, 0 for any time.
    ``memory_limit``: bytes that each process may use, None for half of the machine's.
    ``precompiled``: where precompiled headers may be found. ``folder``: see ``FrontendCopies``.
    A context manager: leaving it ends all of its processes.
    """

    def __init__(
        self,
        program: Path,
        flags: Sequence[str],
        *,
        redefinition: bool = False,
        parse_timeout: float = 0,
        memory_limit: int | None = None,
        precompiled: PrecompiledHeaders | None = None,
        folder: StartFolder | None = None,
    ) -> None:
        self._redefinition = redefinition
        self._precompiled = precompiled or PrecompiledHeaders(None)
        self._parse_timeout = parse_timeout
        self._good: list[AcceptedInput] = []
        self._current: FrontendCopy | None = None
        self._begun: bytes | None = None  # the input that _current is parsing
        self._beside: int | None = None  # how many are in force, of which the others are beside
        self._program = program
        self._memory_limit = memory_limit
        self._copies = FrontendCopies(program, flags, memory_limit, folder)

    def __enter__(self) -> Frontend:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def length(self) -> int:
        """How many inputs have been accepted: what ``rollback`` takes."""
        return len(self._good)

    def begin(self, source: Source) -> None:
        """Start to parse an input ahead of ``parse``, which gets the result."""
        self._begun = source.with_line_directive()
        try:
            self._ready_copy().begin_parse(AcceptedInput(self._begun), self._good)
        except CompilerDied:  # parse will notice, and try again
            self._drop_current()

    def has_begun(self, source: Source) -> bool:
        """Whether this input is being parsed."""
        return self._begun is not None and self._begun == source.with_line_directive()

    def answers_by(self, deadline: float) -> bool:
        """Wait until ``parse`` can tell what it knows of the input that was begun, or for
        ``deadline``, of ``time.monotonic``: whether that came later."""
        return self._current is None or self._current.answers_by(deadline)

    def parse(self, source: Source, known: Sequence[SeenFile] = ()) -> ParsedInput:
        """Parse one input. Raises CompileError. ``known``: files that it is to read as they
        were.

        After any exception the frontend is as it was before.
        """
        length = len(self._good)
        try:
            reply, bitcode = self._parse(source, known)
        except BaseException:  # Ctrl-C at any moment, too
            del self._good[length:]
            self._drop_current()
            self._copies.forget(length)
            raise
        return ParsedInput(
            bitcode=bitcode,
            value=reply.value,
            warnings=messages(reply),
            declares=reply.declares,
            joins=reply.joins,
            pragmas=reply.pragmas,
        )

    def rollback(self, length: int) -> None:
        """Forget all inputs but the first ``length``: declarations, macros, includes."""
        self._cancel_begun()
        if length == len(self._good):
            return
        del self._good[length:]
        self._copies.forget(length)
        self._drop_current()

    def begin_beside(self) -> None:
        """What is parsed from now on, until ``end_beside`` forgets it, is beside the inputs."""
        self._beside = len(self._good)
        self._copies.keep_after(self._beside, self._ready_copy())

    def end_beside(self) -> None:
        """See ``begin_beside``; nothing happens without it."""
        before, self._beside = self._beside, None
        if before is not None:
            self.rollback(before)

    def snapshot(self) -> FrontendState:
        """The state as of now, without what has only been begun."""
        return FrontendState(tuple(self._good))

    def restore(self, state: FrontendState) -> None:
        """Go to exactly that state, from whatever has been parsed since.

        What the two have in common is not parsed again; the rest is when it is needed.
        """
        common = 0
        for mine, theirs in zip(self._good, state.inputs, strict=False):
            if mine != theirs:
                break
            common += 1
        self.rollback(common)
        self._good += state.inputs[common:]

    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None:
        """The object of an input has these inline functions and instances of templates, which
        the next inputs need not bring again. If it was said to have others, they are forgotten.
        """
        before = self._good[index]
        self._good[index] = replace(before, defined=symbols)
        if before.defined is not None and not set(before.defined) <= set(symbols):
            self._cancel_begun()
            self._drop_current()
            self._copies.forget_told(index)

    def prepare(self) -> None:
        """Begin to make a copy ready for the next input, if there is none.

        It goes on while the user types.
        """
        try:
            self._begin_copy()
        except (CompilerDied, SetupError, OSError):  # parse will notice, and try again
            self._drop_current()
        except BaseException:  # Ctrl-C, perhaps in the middle of a request
            self._drop_current()
            raise

    def input_ends(self, text: bytes, *, whole: bool = False, limit: float = 2) -> InputEnds:
        """Where the inputs of a text end, by what is in force; nothing changes.

        ``whole``: the text is one input. ``limit``: seconds for what only the parser can tell;
        after that it is guessed. Raises ShellError.
        """
        self._cancel_begun()
        request = FindEnds(whole=whole, limit=int(limit * 1000))
        try:
            reply, _ = self._ready_copy().ask(request, text, limit + _LEXING_LIMIT)
        except BaseException:  # Ctrl-C: it may still answer, as if to the next request
            self._drop_current()
            raise
        return InputEnds(reply.rest, reply.ends, reply.missing, reply.file, reply.line)

    @contextmanager
    def scratch(self) -> Iterator[FrontendCopy]:
        """A copy that has parsed all inputs in force, to be asked; it may come to any harm.

        It ends with the context. Raises CompilerDied or SetupError.
        """
        self._cancel_begun()
        copy = self._fork_ready_copy()
        try:
            yield copy
        finally:
            copy.kill()
            self._copies.take_output()  # of a crash that is nobody's business

    def restart(self, flags: Sequence[str], check: Callable[[], None]) -> None:
        """Start again with other flags, and parse all inputs in force again, from the text of
        files that was read then. ``check`` may ask what has come of them.

        Raises ShellError if one is rejected now, or Clang does not start, and what ``check``
        raises; then all is as it was.
        """
        self._drop_current()
        before = self._copies
        self._copies = FrontendCopies(
            self._program, flags, self._memory_limit, folder=before.folder
        )
        try:
            self._copies.wait_until_ready()
            self._ready_copy()
            check()
        except BaseException:  # Ctrl-C too
            self._drop_current()
            failed, self._copies = self._copies, before
            failed.close()
            raise
        before.close()

    def with_flags(self, flags: Sequence[str], length: int) -> Frontend:
        """Another one, with other flags, that has accepted the first ``length`` inputs."""
        other = Frontend(
            self._program,
            flags,
            redefinition=self._redefinition,
            parse_timeout=self._parse_timeout,
            memory_limit=self._memory_limit,
            folder=self._copies.folder,
        )
        other._good += self._good[:length]
        return other

    def close(self) -> None:
        """End the frontend and its checkpoints."""
        self._drop_current()
        self._copies.close()

    def is_ready(self) -> bool:
        """Whether ``wait_until_ready`` will not wait."""
        return self._copies.is_ready()

    def wait_until_ready(self) -> None:
        """Wait for Clang to have started. Raises SetupError if it cannot."""
        self._copies.wait_until_ready()

    def _parse(self, source: Source, known: Sequence[SeenFile]) -> tuple[Parsed, bytes]:
        """As ``parse``, but after an exception the copy and the checkpoints are not fit
        for use."""
        text = source.with_line_directive()
        if self._begun != text:
            self._cancel_begun()
        accepted = AcceptedInput(text, read=tuple(known))
        started = time.monotonic()
        deadline = started + self._parse_timeout
        self._begin_precompiled(text)
        reply, blob = self._attempt(source, accepted, deadline)
        for _ in range(_MOST_ROUNDS):
            more = redefined(reply.redefines, accepted) if self._redefinition else ()
            more_text = b"" if accepted.text != text else completion(reply)
            if not (more or more_text):
                break
            self._drop_current()
            accepted = replace(
                accepted, text=accepted.text + more_text, hides=accepted.hides + more
            )
            started = time.monotonic()
            reply, blob = self._attempt(source, accepted, deadline)
        if not reply.ok:
            raise compile_error(reply, self._copies.flags)
        news, bitcode = take_files(reply.read, blob)
        copy = self._ready_copy()
        copy.length += 1
        taken = time.monotonic() - started
        self._precompiled.note_parse(self._good, text, taken)
        if self._beside is None:
            self._copies.keep_if_worthwhile(copy, taken, text)
        else:
            self._copies.keep_after(self._beside, copy)
        self._good.append(replace(accepted, variables=reply.variables, read=accepted.read + news))
        return reply, bitcode

    def _begin_precompiled(self, text: bytes) -> None:
        """If there is a precompiled header for the inputs in force and this one, all of
        them includes, go on with a copy that begins with it."""
        if self._begun is None:
            copy = self._precompiled.begin(self._copies, self._good, text)
            if copy is not None:
                self._drop_current()
                self._current = copy

    def _attempt(
        self, source: Source, accepted: AcceptedInput, deadline: float
    ) -> tuple[Parsed, bytes]:
        """Let Clang parse an input, if it has not begun to, and wait for its answer, until
        ``deadline`` (of ``time.monotonic``) if there is a time limit at all.

        Raises CompileError if there is none.
        """
        copy = self._ready_copy()
        try:
            if self._begun is None:
                copy.begin_parse(
                    accepted,
                    self._good,
                    keeps_value=source.keeps_value,
                    is_whole=source.is_whole,
                )
            self._begun = None
            left = max(deadline - time.monotonic(), _LEAST_PATIENCE)
            return copy.receive(Parsed, left if self._parse_timeout else 0)
        except CompilerTimeout:
            reason = (
                f"Clang did not finish within {self._parse_timeout:g} s "
                "(--parse-timeout=SECONDS changes that)"
            )
            raise with_errors(CompileError(at_source(source, reason), ()), copy.errors) from None
        except CompilerDied:
            output = self._copies.take_output()
            if self._precompiled.distrust():
                self._drop_current()
                self._copies.forget(0)
                return self._attempt(source, accepted, deadline)
            if copy.errors:  # what is wrong with the input, and has led to the crash
                raise compile_error(joined(copy.errors)) from None
            if _OUT_OF_MEMORY.search(output):
                reason = "Clang needs more memory for this input than it may have"
                raise CompileError(at_source(source, reason), ()) from None
            raise CompileError(at_source(source, describe_crash(output)), ()) from None

    def _ready_copy(self) -> FrontendCopy:
        """The copy that parses, with all inputs in force parsed."""
        while True:
            try:
                copy = self._begin_copy()
                if copy.is_behind:
                    self._catch_up(copy)
                return copy
            except CompilerDied:
                self._drop_current()
                self._copies.lose_newest()
            except BaseException:
                self._drop_current()
                raise

    def _fork_ready_copy(self) -> FrontendCopy:
        try:
            return self._ready_copy().fork()
        except CompilerDied:  # ended or stopped from outside: that is no question's fault
            self._drop_current()
        except (SetupError, OSError):
            raise
        except BaseException:  # Ctrl-C: it may still answer, as if to the next request
            self._drop_current()
            raise
        return self._ready_copy().fork()

    def _begin_copy(self) -> FrontendCopy:
        if self._begun is None and self._current is not None and self._current.has_ended:
            self._drop_current()  # that is no input's fault
        if self._current is None:
            self._current = self._copies.fork_newest()
        self._current.begin_replays(self._good[self._current.length :])
        return self._current

    def _catch_up(self, copy: FrontendCopy) -> None:
        started = time.monotonic()
        while copy.is_behind:
            copy.finish_replays(self._parse_timeout)
            copy.begin_replays(self._good[copy.length :])
        self._copies.keep_if_worthwhile(copy, time.monotonic() - started)

    def _cancel_begun(self) -> None:
        if self._begun is not None:
            self._drop_current()

    def _drop_current(self) -> None:
        # First of all nobody uses it: Ctrl-C may come in between.
        current, self._current, self._begun = self._current, None, None
        if current is not None:
            current.kill()
