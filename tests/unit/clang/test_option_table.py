"""Every option of Clang's own table: accepted with what follows it, or refused by name."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from repl.clang.options.gathering import gather
from repl.clang.options.reading import read_options
from repl.clang.options.table import KnownOption, option_table
from repl.command_line.arguments import parse
from repl.errors import ShellError

OURS = ("--help", "-help", "--version", "--config", "--config=", "-c", "-e", "-p")
# After these Clang looks at no input, or at none with this name.
ENDS_CLANG = re.compile(
    r"-?-(print-|dump|help|version|autocomplete|config|ccc-|target-help|verify-debug-info"
    r"|driver-mode|fdriver-only|working-directory|vfsoverlay|ivfsoverlay|x|###|language|-$"
    r"|cl-|fbuild-session)|--|-target|--target"
)
VALUE = "x86_64-linux-gnu"  # of most kinds it is none, but of any a word


def sample(name: str, option: KnownOption) -> list[str]:
    """The option with as many values as it has."""
    joined = option.kind in ("joined", "comma_joined", "joined_and_separate")
    word = name + VALUE if joined and not option.accepts("") else name
    word = name + VALUE if option.kind in ("joined", "joined_and_separate") else word
    return [word, *[VALUE] * option.following(word[len(name) :])]


def samples() -> Iterator[tuple[str, KnownOption, list[str]]]:
    table = option_table()
    for name in table.options:
        for option in table.named(name):
            # "/resources-bound" is a path to all but Clang.
            if option.kind != "remaining" and name.startswith("-"):
                yield name, option, sample(name, option)


def test_there_are_thousands() -> None:
    assert len(option_table().options) > 2500


def test_each_is_accepted_or_refused_by_name() -> None:
    accepted: list[str] = []
    refused, wrong = 0, []
    for name, _, words in samples():
        try:
            gather(read_options(words))
        except ShellError as error:
            refused += 1
            if name.rstrip("=") not in str(error):
                wrong.append((words, str(error)))
            continue
        if name not in OURS:
            accepted += words
    assert wrong == []
    line = parse([*accepted, "-c", "1", "rest"])  # had one taken too much, or too little
    assert (line.code, line.arguments, line.file) == ("1", ["rest"], None)
    assert len(accepted) > 5 * refused


@pytest.mark.skipif(shutil.which("clang-22") is None, reason="needs clang-22")
def test_clang_takes_the_same_words_for_values(tmp_path: Path) -> None:
    """Between two options stands a file that is missing: Clang names each that it has not taken
    for a value."""
    command, expected = ["clang-22"], []
    for number, (name, _, words) in enumerate(samples()):
        if ENDS_CLANG.match(name):
            continue
        missing = f"missing-{number}.cpp"
        command += [*words, missing]
        expected.append(missing)
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    named = re.findall(r"no such file or directory: '(missing-\d+\.cpp)'", done.stderr)
    assert named == expected
    assert len(expected) > 2300


def test_the_longest_name_counts() -> None:
    words = ["-isystem", "a", "-isystemb", "-i", "-Ic", "-I-", "-O", "-O2", "-Wl,-z,now"]
    with pytest.raises(ShellError, match=r"unrecognized arguments: -i$"):
        list(read_options(words))
    words.remove("-i")
    found = [(each.name, each.values) for each in read_options(words) if not isinstance(each, str)]
    assert found == [
        ("-isystem", ("a",)),
        ("-isystem", ("b",)),
        ("-I", ("c",)),
        ("-I-", ()),
        ("-O", ("1",)),
        ("-O", ("2",)),
        ("-Wl,", ("-z", "now")),
    ]


def test_other_names_of_an_option() -> None:
    words = ["--std", "c++20", "--include-directory=a", "--define-macro", "B", "--no-warnings"]
    found = [each for each in read_options(words) if not isinstance(each, str)]
    assert [each.name for each in found] == ["-std=", "-I", "-D", "-w"]
    assert parse([*words]).compiler_flags == ["-std=c++20", "-Ia", "-DB", "--no-warnings"]
