"""Which library a name means, and what is told when there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.libraries import shared_library
from tests.support.program import Run, Shell, piped

OF_THE_C_LIBRARY = ("-lpthread", "-ldl", "-lrt", "-lutil", "-lm", "-lc", "-lresolv")
OF_GCC = ("-lstdc++", "-lgcc_s", "-lgcc", "-lgomp")


def test_parts_of_the_c_library_and_of_gcc(forkrepl: Run, tmp_path: Path) -> None:
    flags = [*OF_THE_C_LIBRARY, *OF_GCC, "-lgcc_eh", "-lsupc++", "-l:libm.so.6"]
    done = forkrepl(*flags, input="3 + 4\n")
    assert (done.stdout, done.stderr) == ("(int) 7\n", "")
    (tmp_path / "program.cpp").write_text("#include <cmath>\nint main() { return std::cos(0); }\n")
    assert forkrepl(*flags, "program.cpp").returncode == 1
    done = forkrepl("link", "program.cpp", *OF_THE_C_LIBRARY, *OF_GCC)
    assert (done.returncode, done.stderr) == (1, "")


def test_names(forkrepl: Run) -> None:
    """However a library is called, and whatever is wrong with a name, the shell goes on."""
    names = ("m", "libm", "libm.so.6", "z", "libz", "libz.so", "libz.so.1", ":libz.so.1", "pthread")
    output, errors = piped(
        forkrepl,
        *(f"%lib {name}" for name in names),
        *(
            ".L libz",
            ".L z.so",
            'extern "C" const char *zlibVersion();',
            "zlibVersion() != nullptr",
        ),
        *("%lib libzz", "%lib sqlite", "%lib nothing-is-called-so", "%lib nothing.so"),
        *("%lib ./libnothing.so", "%lib no/such/folder/x.so", ".L libnothing.so.3", "1 + 1"),
    )
    assert output == "(bool) true\n(int) 2\n"
    near, sqlite, nothing, file, here, folder, versioned = errors.splitlines()
    assert near == "no library libzz in the system's library folders; did you mean z?"
    assert sqlite == "no library sqlite in the system's library folders; did you mean sqlite3?"
    assert nothing.startswith("no library nothing-is-called-so in the system's library folders")
    assert file.endswith("(a file elsewhere is given with its folder: ./nothing.so)")
    assert here == "no such library: ./libnothing.so"
    assert folder.endswith("there is no folder no/such/folder")
    assert versioned.startswith("no library libnothing.so.3 in")


def test_folders(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    shared_library(tmp_path / "sub" / "libsub.so", "int sub(void) { return 1; }")
    shared_library(tmp_path / "libhere.so", "int here(void) { return 2; }")
    shared_library(tmp_path / "home" / "libhome.so", "int home(void) { return 3; }")
    text = 'extern "C" { int sub(); int here(); int home(); }\n'
    in_folder = f"{text}%lib sub\n%lib libhere.so\n%lib ~/libhome.so\nsub() + here() + home()\n"
    for options, variable in (
        (["-Lsub"], "X=1"),
        ([], "LD_LIBRARY_PATH=sub"),
        ([], f"LIBRARY_PATH=/nowhere:{tmp_path}/sub"),
    ):
        done = forkrepl(*options, input=in_folder, wrapper=["env", variable])
        assert (done.stdout, done.stderr) == ("(int) 6\n", "")
    # Nothing is taken from the current folder that is not called as a file.
    errors = piped(forkrepl, "%lib here")[1]
    assert errors.startswith("no library here in the system's library folders")
    assert forkrepl("-lhere.so", input="1\n").returncode == 1


def test_libraries_that_a_library_needs(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    one, text = tmp_path / "sub" / "libone.so", "int one(void); int two(void) { return one() + 1; }"
    shared_library(one, "int one(void) { return 1; }", "-Wl,-soname,libone.so")
    shared_library(tmp_path / "libtwo.so", text, "-Lsub", f"-L{one.parent}", "-lone")
    path = f"-Wl,-rpath,$ORIGIN/{one.parent.name}"
    shared_library(tmp_path / "librun.so", text, f"-L{one.parent}", "-lone", path)
    lines = 'extern "C" int two();\n%lib ./{}\ntwo()\n'
    assert forkrepl(input=lines.format("librun.so")).stdout == "(int) 2\n"
    done = forkrepl(input=lines.format("libtwo.so"), LD_LIBRARY_PATH=str(one.parent))
    assert (done.stdout, done.stderr) == ("(int) 2\n", "")
    done = forkrepl("-Lsub", input=lines.format("libtwo.so"))
    assert (done.stdout, done.stderr) == ("(int) 2\n", "")
    done = forkrepl(input=lines.format("libtwo.so"))
    assert f"{tmp_path}/libtwo.so needs libone.so, which is not found" in done.stderr
    done = forkrepl("-L.", "-ltwo", input="1 + 1\n")  # told before the first input
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs libone.so" in done.stderr


def test_a_missing_library_costs_no_input(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text('#include <cstdio>\nstd::puts("ran");\n')
    for arguments in (["script.cpp"], ["-c", "1 + 1"], []):
        done = forkrepl("-lnothere", *arguments, input="1 + 1\n")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("forkrepl: error: no library nothere in")
    library = shared_library(tmp_path / "libgone.so", "int gone;")
    lines = ("%lib ./libgone.so", "int n = 3;", f"!rm {library.name}", "%restart", "n")
    output, errors = piped(forkrepl, *lines)
    assert output == "(int) 3\n"
    assert errors == f"warning: no such library: {library}\n"


def test_a_library_that_is_built_again(shell: Shell, tmp_path: Path) -> None:
    library = shared_library(tmp_path / "libpart.so", "int part(void) { return 1; }")
    shell.run('extern "C" int part();')
    shell.run("%lib ./libpart.so")
    assert shell.run("part()") == "(int) 1\n"
    assert shell.run("%lib ./libpart.so") == ""  # the same
    shared_library(tmp_path / "new.so", "int part(void) { return 2; } int more;")
    (tmp_path / "new.so").rename(library)
    told = shell.run("%lib ./libpart.so")
    assert f"{library} has changed since it was loaded" in told.replace("\n", "")
    assert shell.run("part()") == "(int) 1\n"
    assert shell.run("%restart") == ""
    assert shell.run("part()") == "(int) 2\n"
    assert shell.leave() == 0


def test_an_undefined_symbol_tells_its_library(forkrepl: Run, tmp_path: Path) -> None:
    declaration = 'extern "C" unsigned long crc32(unsigned long, const char *, unsigned);'
    call = 'crc32(0, "", 0)'
    output, errors = piped(forkrepl, declaration, call, "%lib z", call)
    assert output == "(unsigned long) 0\n"
    assert errors == "-:2: undefined symbol: crc32\ncrc32 is in libz: %lib z\n"
    # An archive, in C++.
    gtest = "namespace testing { void InitGoogleTest(int *, char **); }"
    errors = piped(forkrepl, gtest, "testing::InitGoogleTest(nullptr, nullptr);")[1]
    assert "testing::InitGoogleTest(int*, char**) is in libgtest: %lib gtest" in errors
    (tmp_path / "program.cpp").write_text(f"{declaration}\nint main() {{ return {call}; }}\n")
    for arguments in (["program.cpp"], ["link", "program.cpp"]):
        done = forkrepl(*arguments)
        assert done.returncode == 1
        assert done.stderr.endswith("crc32 is in libz: -lz\n")
    # In folders of the user's, too.
    library = shared_library(tmp_path / "libown.so", "int of_our_own(void) { return 1; }")
    subprocess.run(["strip", library], check=True)
    done = forkrepl("-L.", input='extern "C" int of_our_own();\nof_our_own()\n')
    assert done.stderr.endswith("of_our_own is in libown: %lib own\n")
