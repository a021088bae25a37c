"""The public suite for kernels, with all of its optional samples."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from unittest import mock

import jupyter_kernel_test

from tests.support.jupyter import install_kernel


@contextmanager
def _installed(*flags: str) -> Iterator[None]:
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, install_kernel(Path(folder), *flags)),
    ):
        yield


class _Installed:
    """In front of the suite's classes."""

    kernel_name = "tested"
    flags: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def setUpClass(cls) -> None:
        with _installed(*cls.flags):
            super().setUpClass()  # type: ignore[misc]


class TestCxx(_Installed, jupyter_kernel_test.KernelTests):
    flags = ("-std=c++20",)
    language_name = "c++"
    file_extension = ".cpp"
    code_hello_world = '#include <cstdio>\nputs("hello, world");'
    code_stderr = '#include <cstdio>\nfputs("test", stderr);'
    completion_samples: ClassVar = [
        {"text": "unsig", "matches": {"unsigned"}},
        {"text": "%rewi", "matches": {"%rewind"}},
        {"text": "%%writef", "matches": {"writefile"}},
    ]
    complete_code_samples: ClassVar = ["1", "int f() { return 1; }", "%who", "for (;;) break;"]
    incomplete_code_samples: ClassVar = ["int f() {", "1 +", "(2", "/* a comment"]
    invalid_code_samples: ClassVar = ["int x = );", "}", "int 3;"]
    code_page_something = "?printf"
    code_generate_error = "int *p = nullptr; *p = 1;"
    code_execute_result: ClassVar = [
        {"code": "1 + 2", "result": "(int) 3"},
        {"code": "6 * 7", "result": "(int) 42"},
    ]
    code_display_data: ClassVar = [
        {"code": "%%html\n<b>bold</b>", "mime": "text/html"},
        {"code": "%%markdown\n*text*", "mime": "text/markdown"},
    ]
    code_history_pattern = "1?+*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "printf"
    code_clear_output = "#include <forkrepl/display.hpp>\nclear_output();"


class TestWelcome(_Installed, jupyter_kernel_test.IopubWelcomeTests):
    support_iopub_welcome = True
