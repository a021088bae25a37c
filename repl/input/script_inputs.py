"""A text of many lines as inputs, one after another: the same for scripts and ``%load``."""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Iterator

from repl.input.command_lines import CommandLines
from repl.input.input_ends import AskEnds, InputEnds
from repl.input.script_text import ScriptText
from repl.input.source import Source

_USUALLY_AHEAD = 2  # inputs: one that is generated, and one that is parsed
_FIRST_WINDOW = 1 << 13  # bytes; four times as many if an input is longer
_BLANK_LINES = re.compile(rb"(?:[ \t\r\f\v]*\n)*(?:[ \t\r\f\v]*\Z)?")
_LONGEST_COMMAND_HEAD = 80  # bytes that tell
_COMMAND_LINE = re.compile(rb"^[%?!.]", re.MULTILINE)
_LINE_DIRECTIVE = re.compile(rb"^[ \t]*(?:#|%:)[ \t]*(?:line\b|\d)", re.MULTILINE)


class ScriptInputs:
    """The inputs of a text, each as soon as it is known to be complete.

    An iterator over each input with the next ones, as far as they are known and may be compiled
    ahead.
    An input is to be run before the next is asked for: its macros and types may decide where
    that ends. Diagnostics name ``name``, or what ``#line`` says. ``ask`` is asked about the
    text to come: of what has arrived, all lines up to the next that is like one of the
    ``commands``, or some kilobytes. ``ahead``: how many of the next inputs are given out, if
    it ``is_all_code``; else it is a few.
    """

    def __init__(
        self,
        text: ScriptText,
        name: str,
        commands: CommandLines,
        ask: AskEnds,
        ahead: int = _USUALLY_AHEAD,
    ) -> None:
        self._ahead = ahead
        self._script = text
        self._commands = commands
        self._ask = ask
        self._text = b""  # what has arrived; up to _at it has been given out or skipped
        self._at = 0
        self._name, self._line = name, 1  # of the text at _at
        self._known: deque[tuple[int, int]] = deque()  # the inputs that come next, in _text
        self._after_line_directive = 0  # the line after the last input, if it had one
        self._place = ("", 0)  # where Clang was when it was last asked
        self._made: dict[int, Source] = {}  # of those that are known, by where they begin
        self._is_all_code: bool | None = None  # unknown before the text has ended

    def __iter__(self) -> Iterator[tuple[Source, tuple[Source, ...]]]:
        self._skip_head()
        while (source := self._next()) is not None:
            yield source, self._following(source)

    @property
    def is_all_code(self) -> bool:
        """Whether all of the text is there, and what is left of it has no commands: one may be
        about single inputs."""
        if self._is_all_code is None and self._script.has_ended:
            lines = self._text[self._at :].decode("utf-8", "surrogateescape").splitlines()
            self._is_all_code = not any(map(self._commands.is_command, lines))
        return bool(self._is_all_code)

    def _skip_head(self) -> None:
        """A byte order mark; a line for the kernel."""
        self._read(wait=True)
        self._text = self._text.removeprefix(b"\xef\xbb\xbf")
        if self._text.startswith(b"#!"):
            newline = self._text.find(b"\n")
            self._at = newline if newline >= 0 else len(self._text)

    def _read(self, *, wait: bool) -> bool:
        more = self._script.read(wait=wait)
        if more and not self._known:
            self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)

    def _following(self, source: Source) -> tuple[Source, ...]:
        """What they mean must not depend on what ``source`` does when it runs, such as writing
        a header."""
        following: list[Source] = []
        if not self._commands.is_command(source.text):
            ahead = self._ahead if self.is_all_code else _USUALLY_AHEAD
            for begin, end in itertools.islice(self._known, ahead):
                if begin not in self._made:
                    self._made[begin] = self._source(begin, end)
                each = self._made[begin]
                if "#" in each.text:
                    break
                following.append(each)
        return tuple(following)

    def _next(self) -> Source | None:
        while True:
            if self._known:
                return self._take(*self._known.popleft())
            self._skip(self._next_text())
            if self._at == len(self._text):
                if not self._read(wait=True):
                    return None
            elif self._is_command_at(self._at):
                newline = self._text.find(b"\n", self._at)
                return self._take(self._at, newline + 1 or len(self._text))
            else:
                self._find_ends()

    def _next_text(self) -> int:
        """Where the next line is that is not blank."""
        match = _BLANK_LINES.match(self._text, self._at)
        return match.end() if match else self._at

    def _is_command_at(self, begin: int) -> bool:
        head = self._text[begin : begin + _LONGEST_COMMAND_HEAD]
        return self._commands.is_command(head.decode("utf-8", "surrogateescape"))

    def _take(self, begin: int, end: int) -> Source:
        source = self._made.get(begin) or self._source(begin, end)
        self._skip(end)
        has_line_directive = _LINE_DIRECTIVE.search(self._text, begin, end)
        self._after_line_directive = self._line if has_line_directive else 0
        if self._known and self._is_command_at(self._next_text()):
            self._known.clear()  # it was taken for code
        return source

    def _source(self, begin: int, end: int) -> Source:
        text = self._text[begin:end].decode("utf-8", "surrogateescape")
        return Source(text, self._name, self._line + self._text.count(b"\n", self._at, begin))

    def _skip(self, end: int) -> None:
        self._line += self._text.count(b"\n", self._at, end)
        self._at = end

    def _find_ends(self) -> None:
        """Ask how far the next inputs go; skip the text if there are none."""
        self._made.clear()
        self._read(wait=False)  # whether it has ended
        size, commands = _FIRST_WINDOW, 0  # of the window; in it that turned out to be code
        while True:
            end, reason = self._window(size, commands)
            reply = self._ask(self._text[self._at : end])
            self._note_place(reply)
            ends = [(self._at + first, self._at + last) for first, last in reply.ends]
            if reason in ("end", "command") and reply.rest in ("open", "value"):
                ends.append((ends[-1][1] if ends else self._at, end))
            if ends:
                self._known.extend(ends[:1] if commands else ends)
                return
            if reply.rest == "nothing":
                self._skip(end)
                return
            if reason == "command":
                commands += 1
            elif reason == "size":
                size *= 4
            elif reason == "end" or not self._may_go_on(reply):
                self._known.append((self._at, len(self._text)))
                return

    def _may_go_on(self, reply: InputEnds) -> bool:
        """Get more of the text. Of a value only what is there already: whoever has written
        it may wait to read it."""
        return self._read(wait=reply.rest != "value") or (
            self._script.has_ended and reply.rest != "value"
        )

    def _window(self, size: int, commands: int) -> tuple[int, str]:
        """How far to ask, with so many lines that look like commands, and what comes then."""
        end, reason = len(self._text), "end" if self._script.has_ended else "unknown"
        if end - self._at > size:
            newline = self._text.find(b"\n", self._at + size)
            if 0 <= newline < end - 1:
                end, reason = newline + 1, "size"
        for match in _COMMAND_LINE.finditer(self._text, self._at, end):
            if match.start() > self._at and self._is_command_at(match.start()):
                if commands == 0:
                    return match.start(), "command"
                commands -= 1
        return end, reason

    def _note_place(self, reply: InputEnds) -> None:
        """Go on where a ``#line`` of the last input leads, if Clang has accepted that."""
        place = (reply.file, reply.line)
        if self._after_line_directive and place != self._place:
            self._name = reply.file
            self._line = reply.line + self._line - self._after_line_directive
        self._after_line_directive = 0
        self._place = place
