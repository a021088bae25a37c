"""Reports of sanitizers, taken apart: of all kinds, cut short, and made up by the program."""

from __future__ import annotations

from repl.crash_reports import sanitizer_words as words
from repl.crash_reports.sanitizer_report import describe_reports
from repl.crash_reports.sanitizer_text import read_reports

ADDRESS = """\
=================================================================
==16156==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x7b1f at pc 0x7a bp 0x7f sp 0x7e
WRITE of size 4 at 0x7b1f thread T0
    #0 0x7aff3ec01067 (0x7aff3ec01067)
    #1 0x7eff8320df33 (libforkrepl_platform.so+0x4f33) (BuildId: 28)

0x7b1f is located 0 bytes after 12-byte region [0x7b13,0x7b1f)
allocated by thread T0 here:
    #0 0x7eff8275b09d (libclang_rt.asan-x86_64.so+0x15b09d) (BuildId: 25)
    #1 0x7aff3ec00011 (0x7aff3ec00011)

SUMMARY: AddressSanitizer: heap-buffer-overflow (<unknown module>)
Shadow bytes around the buggy address:
  0x7b1f811dfe00: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
"""
UNDEFINED = """\
In[3]:1:12: runtime error: store to misaligned address 0x7f05 for type 'int', which requires 4 byte
0x7f05: note: pointer points here
 00 00 00 00 00 00 00  00 00
             ^
    #0 0x7f0a34c08036 (0x7f0a34c08036)

SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior In[3]:1:12
"""


def test_the_parts_of_a_report() -> None:
    (report,) = read_reports(ADDRESS)
    assert report.tool == "AddressSanitizer"
    assert words.title(report.what) == "heap-buffer-overflow"
    assert report.address == 0x7B1F
    first, access, where, allocated = report.parts
    assert (first.caption, first.frames) == ("", [])
    assert words.detail(access.caption) == "write of 4 bytes"
    assert [frame.pc for frame in access.frames] == [0x7AFF3EC01067, 0x7EFF8320DF33]
    assert [frame.library for frame in access.frames] == ["", "libforkrepl_platform.so"]
    assert words.detail(where.caption) == "right after a block of 12 bytes"
    assert words.heading(allocated.caption) == "allocated here:"
    assert len(allocated.frames) == 2


def test_several_reports_in_a_row() -> None:
    told = describe_reports(UNDEFINED + ADDRESS + UNDEFINED, None, 8)
    assert len(told) == 3
    assert told[0] == told[2]
    assert told[0] == (
        "UndefinedBehaviorSanitizer: store to a misaligned address for type 'int', which requires "
        "4 byte\n  at In[3]:1:12"
    )


def test_what_is_cut_short() -> None:
    for end in range(len(ADDRESS)):
        for report in describe_reports(ADDRESS[:end], None, 8):
            assert report.startswith("AddressSanitizer: ")


def test_a_kind_that_nobody_knows_loses_nothing() -> None:
    text = (
        "==1==ERROR: NewSanitizer: odd thing on address 0x12 at pc 0x1 bp 0x2 sp 0x3\nwith 3 legs\n"
    )
    assert describe_reports(text, None, 8) == ["NewSanitizer: odd thing\nwith 3 legs"]


def test_what_a_program_makes_up() -> None:
    text = (
        "==1==ERROR: AddressSanitizer: \x1b[2J on address 0xfffffffffffffffffffffff\n    #0 0xzz\n"
    )
    (told,) = describe_reports(text, None, 8)
    assert all(line.isprintable() for line in told.splitlines())
    assert "\x1b" not in told
    assert len(describe_reports(UNDEFINED * 1000, None, 8)) == 21
    assert describe_reports("anything\n" * 100_000, None, 8) == []
