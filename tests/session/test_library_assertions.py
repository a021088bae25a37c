"""The C++ library's assertions: on at the prompt, and told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.clang.flags import library_assertion_flags
from repl.crash_reports.assertions import describe_assertion, describe_trap
from tests.support.program import OpenShell, Run

VECTOR = (
    "reference std::vector<int>::operator[](size_type) [_Tp = int, _Alloc = std::allocator<int>]"
)
TOLD = {
    (VECTOR, "__n < this->size()", "10", "3"): "index 10 of a vector of 3",
    (VECTOR, "__n < this->size()", "18446744073709551615", "3"): "index -1 of a vector of 3",
    (VECTOR, "__n < this->size()", "", ""): "an index beyond the end of a vector",
    ("reference std::array<std::vector<int>, 3>::operator[](size_type)", "__n < this->size()"):
        "an index beyond the end of an array",
    ("reference std::basic_string<char>::operator[](size_type)", "__pos <= size()", "9", "2"):
        "index 9 of a string of 2",
    ("const_reference std::basic_string_view<char>::operator[](size_type) const",
     "__pos < this->_M_len", "4", "3"): "index 4 of a string_view of 3",
    ("reference std::deque<int>::front()", "!this->empty()"): "front() of an empty deque",
    ("_Tp &std::_Optional_base_impl<int, std::_Optional_base<int>>::_M_get()",
     "this->_M_is_engaged()"): "the value of an optional that has none",
    ("typename add_lvalue_reference<element_type>::type std::unique_ptr<int>::operator*() const",
     "get() != pointer()"): "operator* of a null unique_ptr",
    ("element_type &std::__shared_ptr_access<int, 2>::operator*() const", "_M_get() != nullptr"):
        "operator* of a null shared_ptr",
    ("element_type *std::unique_ptr<X<true>>::operator->() const", "get() != pointer()"):
        "operator-> of a null unique_ptr",
    ("const _Tp &std::clamp(const _Tp &, const _Tp &, const _Tp &) [_Tp = int]", "!(__hi < __lo)"):
        "an assertion of the C++ library failed in std::clamp: !(__hi < __lo) (x.h:7)",
    ("void lambda", "false"): "an assertion of the C++ library failed in lambda: false (x.h:7)",
}  # fmt: skip


@pytest.mark.parametrize("told", TOLD)
def test_in_words(told: tuple[str, ...]) -> None:
    function, condition, *numbers = told
    lines = [condition, function, "/usr/include/x.h", "7", *numbers]
    assert describe_assertion("\n".join(lines)) == TOLD[told]


@pytest.mark.parametrize("told", ["", "\n", "a\nb", "\x1b[1m\nx\ny\nz\nw\nv\nu\nt"])
def test_any_text_is_described(told: str) -> None:
    assert describe_assertion(told).isprintable()


def test_a_trap_of_libcxx() -> None:
    name = (
        "__clang_trap_msg$libc++$/usr/include/c++/v1/vector:4: libc++ Hardening assertion "
        "__n < size() failed: vector[] index out of bounds\\n"
    )
    assert describe_trap(name) == "vector[] index out of bounds (__n < size())"
    assert describe_trap("__clang_trap_msg$mine$why$so") == "mine: why$so"


@pytest.mark.parametrize(
    ("flags", "added"),
    [
        (["-xc++"], ["-D_GLIBCXX_ASSERTIONS="]),
        (["-xc"], []),
        (["-xc++", "-U_GLIBCXX_ASSERTIONS"], []),
        (["-xc++", "-D", "_GLIBCXX_ASSERTIONS=1"], []),
        (
            ["-xc++", "-stdlib=libc++"],
            ["-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE"],
        ),
        (["-xc++", "-stdlib=libc++", "-D_LIBCPP_HARDENING_MODE=2"], []),
    ],
)
def test_the_flags(flags: list[str], added: list[str]) -> None:
    assert library_assertion_flags(flags) == added


def test_at_the_prompt(open_shell: OpenShell) -> None:
    shell = open_shell()
    shell.run("#include <vector>")
    shell.run("std::vector<int> v(3);")
    for command in ("", "%std c++20", "%restart"):
        if command:
            shell.run(command)
        lines = shell.run("v[10]").splitlines()
        assert lines[0] == "SIGABRT: index 10 of a vector of 3"
        assert lines[1] == "  in std::vector<int>::operator[](unsigned long) (stl_vector.h)"
        assert lines[2].startswith("  at In[")
    assert shell.run("#define _GLIBCXX_ASSERTIONS") == ""
    shell.leave()


READ = "#include <vector>\nstd::vector<int> v(3);\nint n = v[3];\nv.size()\n"


def test_elsewhere_and_if_not_wanted(forkrepl: Run, open_shell: OpenShell, tmp_path: Path) -> None:
    Path(tmp_path, "file.cpp").write_text(READ)
    for result in (forkrepl(tmp_path / "file.cpp"), forkrepl(input=READ)):
        assert (result.stdout, result.stderr) == ("(size_t) 3\n", "")
    Path(tmp_path, "config.toml").write_text("library_assertions = false\n")
    for option in ("-U_GLIBCXX_ASSERTIONS", f"--config={tmp_path / 'config.toml'}"):
        shell = open_shell(option)
        shell.run("#include <vector>")
        shell.run("std::vector<int> v(3);")
        assert shell.run("int n = v[3];") == ""
        shell.leave()


def test_a_fork_and_a_handler_of_the_program_see_what_they_would_natively(forkrepl: Run) -> None:
    result = forkrepl(
        "-D_GLIBCXX_ASSERTIONS",
        input="#include <vector>\n#include <unistd.h>\n#include <sys/wait.h>\n"
        "std::vector<int> v;\nint status;\nif (!fork()) v.back();\nwait(&status);\n"
        "WTERMSIG(status)\n",
    )
    assert result.stdout == "(int) 6\n"
    assert "Assertion '!this->empty()' failed.\n" in result.stderr
    assert "SIGABRT" not in result.stderr
