"""Small libraries of C and C++ that tests make, as a user's project does."""

from __future__ import annotations

import subprocess
from pathlib import Path

GEO_HEADER = """
#include <stdexcept>
#include <string>
int area(int, int);
int perimeter(int, int);
int next_id();
int call_back(int);
void fail(int);
struct Shape { virtual ~Shape(); virtual const char *name() const; };
Shape *make_square();
extern thread_local int of_thread;
int bump();
inline int shared_inline() { static int n = 0; return ++n; }
int shared_from_archive();
"""
GEO = {
    "ids.cpp": """
#include "geo.h"
#include <cstdio>
struct Told {
  Told() { std::puts("ids come"); std::fflush(stdout); }
  ~Told() { std::puts("ids go"); std::fflush(stdout); }
} told;
static int last;
int next_id() { return ++last; }
""",
    "area.cpp": '#include "geo.h"\nint area(int a, int b) { return perimeter(a, b) * 0 + a * b; }',
    "perimeter.cpp": '#include "geo.h"\nint perimeter(int a, int b) { return 2 * (a + b); }',
    "callback.cpp": """
#include "geo.h"
extern "C" int user_function(int);
int call_back(int n) { return user_function(n) + area(n, n); }
""",
    "shape.cpp": """
#include "geo.h"
Shape::~Shape() {}
const char *Shape::name() const { return "shape"; }
struct Square : Shape { const char *name() const override { return "square"; } };
Shape *make_square() { return new Square; }
void fail(int n) { throw std::runtime_error("archive " + std::to_string(n)); }
""",
    "inline.cpp": """
#include "geo.h"
thread_local int of_thread = 40;
int bump() { return ++of_thread; }
int shared_from_archive() { return shared_inline(); }
""",
}


def compile_object(folder: Path, name: str, text: str, *flags: str) -> Path:
    """``name``: of the source; the object's is ``NAME.o``."""
    source = folder / name
    source.write_text(text)
    output = source.with_suffix(".o")
    compiler = "gcc" if name.endswith(".c") else "g++"
    subprocess.run([compiler, "-O1", *flags, "-c", source, "-o", output], check=True)
    return output


def archive(path: Path, *objects: Path, how: str = "rcs") -> Path:
    """Make an archive anew."""
    path.unlink(missing_ok=True)
    subprocess.run(["ar", how, path, *objects], check=True)
    return path


def shared_library(path: Path, text: str, *flags: str) -> Path:
    """Of C."""
    path.parent.mkdir(exist_ok=True)
    command = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-x", "none", *flags, "-o", str(path)]
    subprocess.run(command, input=text, text=True, check=True)
    return path


def make_geo(folder: Path) -> Path:
    """``libgeo.a``, with its header beside it."""
    (folder / "geo.h").write_text(GEO_HEADER)
    objects = [compile_object(folder, name, text) for name, text in GEO.items()]
    return archive(folder / "libgeo.a", *objects)
