"""Libraries as Debian ships them: linked statically by forkrepl, they do what they do when
GNU ld links them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.program import Run
from tests.support.runtime import compile_source

_FOLDER = Path("/usr/lib/x86_64-linux-gnu")

ZLIB = r"""
#include <stdio.h>
#include <string.h>
#include <zlib.h>
static char text[100000], packed[120000], again[100000];
int main(int argc, char **argv) {
    for (size_t i = 0; i < sizeof text; i++) text[i] = "forkrepl"[i * i % 7 + i % 2];
    uLongf size = sizeof packed, length = sizeof again;
    int status = compress2((Bytef *)packed, &size, (Bytef *)text, sizeof text, 9);
    printf("%s %d %lu\n", argv[argc - 1], status, size);
    status = uncompress((Bytef *)again, &length, (Bytef *)packed, size);
    printf("%d %lu %d\n", status, length, memcmp(text, again, sizeof text));
    printf("%08lx %08lx\n", crc32(0, (Bytef *)text, 1000), adler32(1, (Bytef *)text, 1000));
    gzFile file = gzopen("made.gz", "wb");
    gzprintf(file, "%d %s\n", 42, "in a file");
    gzclose(file);
    file = gzopen("made.gz", "rb");
    printf("%s", gzgets(file, again, 100));
    return gzclose(file);
}
"""

SQLITE = r"""
#include <sqlite3.h>
#include <stdio.h>
static int show(void *unused, int count, char **values, char **names) {
    for (int i = 0; i < count; i++) printf("%s=%s ", names[i], values[i] ? values[i] : "NULL");
    puts("");
    return 0;
}
static void square(sqlite3_context *context, int count, sqlite3_value **values) {
    double x = sqlite3_value_double(values[0]);
    sqlite3_result_double(context, x * x);
}
int main(void) {
    sqlite3 *db;
    char *error = 0;
    puts(sqlite3_libversion());
    if (sqlite3_open("test.db", &db)) return 1;
    sqlite3_create_function(db, "square", 1, SQLITE_UTF8, 0, square, 0, 0);
    const char *statements =
        "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, x REAL);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO t SELECT i, printf('row %d', i), i / 3.0 FROM n;"
        "CREATE INDEX by_name ON t(name);"
        "SELECT count(*) AS n, round(sum(square(x)), 3) AS s, max(name) AS m FROM t;"
        "SELECT name FROM t WHERE name LIKE '%99%' ORDER BY x DESC LIMIT 3;"
        "SELECT json_extract('{\"a\": [1, 2, 7]}', '$.a[2]') AS j, sqrt(2) > 1.41 AS q;"
        "SELECT no_such_column FROM t;";
    int status = sqlite3_exec(db, statements, show, 0, &error);
    printf("%d %s\n", status, error);
    sqlite3_free(error);
    return sqlite3_close(db);
}
"""

LUA = r"""
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <stdio.h>
static int twice(lua_State *L) { lua_pushnumber(L, 2 * luaL_checknumber(L, 1)); return 1; }
int main(void) {
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "twice", twice);
    const char *program =
        "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
        "print(_VERSION, fib(20), twice(21), ('a,b'):gsub(',', '-'))\n"
        "local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end table.sort(t)\n"
        "print(t[1], t[100], #t, string.format('%5.2f', math.sin(1)))\n"
        "print(pcall(error, {code = 2}), select('#', pcall(twice, 'x')))\n"
        "local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)\n"
        "print(co(), co(), co())\n";
    if (luaL_dostring(L, program)) puts(lua_tostring(L, -1));
    if (luaL_dostring(L, "error('at the end')")) puts(lua_tostring(L, -1));
    lua_close(L);
    return 0;
}
"""

LIBPNG = r"""
#include <png.h>
#include <stdio.h>
#include <string.h>
int main(void) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = 60, image.height = 40, image.format = PNG_FORMAT_RGBA;
    static unsigned char pixels[60 * 40 * 4], again[60 * 40 * 4];
    for (unsigned i = 0; i < sizeof pixels; i++) pixels[i] = i * i >> 4;
    printf("%s %d\n", png_get_libpng_ver(0),
           png_image_write_to_file(&image, "made.png", 0, pixels, 0, 0));
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    printf("%d ", png_image_begin_read_from_file(&image, "made.png"));
    image.format = PNG_FORMAT_RGBA;
    printf("%d ", png_image_finish_read(&image, 0, again, 0, 0));
    printf("%u %u %d\n", image.width, image.height, memcmp(pixels, again, sizeof pixels));
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    int status = png_image_begin_read_from_memory(&image, "no PNG file", 11);
    printf("%d %s\n", status, image.message);  /* comes back by longjmp */
    return 0;
}
"""

GTEST = r"""
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>
struct Fixture : testing::Test { std::vector<int> values{1, 2, 3}; };
TEST(Plain, Passes) { EXPECT_EQ(2 + 2, 4); EXPECT_STRNE("a", "b"); }
TEST(Plain, Throws) { EXPECT_THROW(throw std::out_of_range("x"), std::out_of_range); }
TEST_F(Fixture, Fails) { EXPECT_EQ(values.size(), 4u) << "so it should be"; }
class Parameters : public testing::TestWithParam<int> {};
TEST_P(Parameters, AreSmall) { EXPECT_LT(GetParam(), 3); }
INSTANTIATE_TEST_SUITE_P(All, Parameters, testing::Range(0, 4));
"""


@dataclass(frozen=True, slots=True)
class Library:
    """A program and the archives that it wants, in the order of the command line."""

    package: str
    source: str
    archives: tuple[str, ...]
    shared: tuple[str, ...] = ()
    language: str = "c"
    arguments: tuple[str, ...] = ()


LIBRARIES = {
    "zlib": Library("zlib1g-dev", ZLIB, ("libz.a",), arguments=("a word",)),
    "sqlite": Library("libsqlite3-dev", SQLITE, ("libsqlite3.a",), ("-lm",)),
    "lua": Library("liblua5.4-dev", LUA, ("liblua5.4.a",), ("-lm",)),
    "libpng": Library("libpng-dev", LIBPNG, ("libpng16.a", "libz.a"), ("-lm",)),
    "googletest": Library(
        "libgtest-dev",
        GTEST,
        ("libgtest_main.a", "libgtest.a"),
        language="c++",
        arguments=("--gtest_print_time=0", "--gtest_color=no"),
    ),
}


def run_natively(library: Library, main: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The same object and archives, linked by GNU ld."""
    folder.mkdir()
    program = folder / "program"
    compiler = "g++" if library.language == "c++" else "gcc"
    archives = [str(_FOLDER / name) for name in library.archives]
    command = [compiler, "-o", str(program), str(main), *archives, *library.shared]
    subprocess.run(command, check=True)
    return subprocess.run(
        [program, *library.arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def link_and_run(forkrepl: Run, tmp_path: Path, name: str, *options: str) -> None:
    library = LIBRARIES[name]
    archives = [_FOLDER / archive for archive in library.archives]
    if not all(archive.exists() for archive in archives):
        pytest.skip(f"{library.package} is not installed")
    main = tmp_path / "main.o"
    main.write_bytes(compile_source(library.source, "-O1", language=library.language))
    expected = run_natively(library, main, tmp_path / "native")
    assert expected.stdout, expected.stderr
    words: list[str | Path] = [*options, main, *archives, *library.shared, "--", *library.arguments]
    result = forkrepl("link", *words)
    assert (result.stdout, result.stderr) == (expected.stdout, expected.stderr)
    assert result.returncode == expected.returncode


@pytest.mark.parametrize("name", list(LIBRARIES))
def test_static_libraries(forkrepl: Run, tmp_path: Path, name: str) -> None:
    link_and_run(forkrepl, tmp_path, name)


@pytest.mark.parametrize("memory", ["stream", "in-process"])
def test_sqlite_wherever_it_runs(forkrepl: Run, tmp_path: Path, memory: str) -> None:
    link_and_run(forkrepl, tmp_path, "sqlite", f"--memory={memory}")


def test_exceptions_of_a_static_library_in_process(forkrepl: Run, tmp_path: Path) -> None:
    link_and_run(forkrepl, tmp_path, "googletest", "--memory=in-process")
