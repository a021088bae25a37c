"""Instances of the standard library's templates that one program leaves for the next."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from repl.clang.header_cache import instances
from repl.clang.header_cache.instances import InstanceCache, KeptInstances, ProgramText
from repl.clang.header_cache.standard_headers import leading_includes
from repl.session.object_symbols import symbols_of
from repl.session.program_cache import CompiledProgram
from tests.support.cache import FLAGS, CachedProgram, builder_has_ended
from tests.support.divided import Divided
from tests.support.leaks import wait_for

REGEX = """#include <iostream>
#include <regex>
int main() {
  std::string text = "to be or not to be";
  std::regex word("[a-z]+");
  int count = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at) ++count;
  std::cout << count << std::regex_replace(text, std::regex("b(.)"), "<$1>") << '\\n';
}
"""
OWN_TYPES = """#include <algorithm>
#include <any>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>
struct Mine { int a; bool operator<(const Mine &other) const { return a < other.a; } };
template <> struct std::hash<Mine> { size_t operator()(const Mine &m) const { return m.a; } };
bool operator==(const Mine &a, const Mine &b) { return a.a == b.a; }
namespace std { inline int own_helper(int n) { return n + 1; } }
static int hidden() { return 3; }
inline int user_inline() { return std::own_helper(hidden()); }
template <class T> T user_template(T t) { return t + 1; }
int main() {
  std::vector<Mine> v{{3}, {1}, {2}};
  std::sort(v.begin(), v.end());
  std::map<int, Mine> m{{1, {5}}};
  std::unordered_map<Mine, int> u{{{7}, 8}};
  std::function<int(int)> f = [&](int n) { return n + v[0].a + m[1].a + u[{7}]; };
  std::vector<int> plain{3, 1, 2};
  std::sort(plain.begin(), plain.end(), [](int a, int b) { return a > b; });
  std::shared_ptr<Mine> shared = std::make_shared<Mine>(Mine{9});
  std::any any = Mine{4};
  std::cout << f(user_inline()) << plain[0] << shared->a << std::any_cast<Mine>(any).a
            << user_template(std::string("x")[0]) << '\\n';
}
"""
PROGRAMS = {
    "regex": REGEX,
    "own types": OWN_TYPES,
    "exceptions": """#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <vector>
struct Error : std::runtime_error { using std::runtime_error::runtime_error; };
int main() {
  try { std::vector<int>(3).at(7); } catch (std::out_of_range &e) { std::cout << e.what(); }
  try { std::function<void()>()(); } catch (std::bad_function_call &e) { std::cout << e.what(); }
  try { throw Error("mine"); } catch (std::exception &e) { std::cout << e.what(); }
  std::exception_ptr kept = std::make_exception_ptr(std::string("text"));
  try { std::rethrow_exception(kept); } catch (std::string &s) { std::cout << s; }
  throw 1;
}
""",
    "types at run time": """#include <any>
#include <functional>
#include <iostream>
#include <memory>
int main() {
  std::any a = std::string("abc");
  std::cout << std::any_cast<std::string>(a) << (a.type() == typeid(std::string));
  std::function<long(long)> f = std::negate<long>();
  std::cout << (f.target<std::negate<long>>() != nullptr) << f(3);
  auto deleter = [](int *p) { delete p; };
  std::shared_ptr<int> p(new int(4), deleter);
  std::cout << (std::get_deleter<decltype(deleter)>(p) != nullptr) << *p << '\\n';
}
""",
    "threads": """#include <iostream>
#include <thread>
#include <vector>
int main() {
  std::vector<int> made;
  std::thread first([&] { made.push_back(1); });
  first.join();
  std::thread second([](std::vector<int> *to) { to->push_back(2); }, &made);
  second.join();
  std::cout << made.size() << made.at(1) << '\\n';
}
""",
    "explicit instances": """#include <vector>
template class std::vector<short>;
int main() { return std::vector<short>(3).size(); }
""",
    "addresses": """#include <algorithm>
#include <iostream>
#include <string>
#include <vector>
int main() {
  void (std::vector<int>::*push)(const int &) = &std::vector<int>::push_back;
  std::vector<int> v;
  (v.*push)(3);
  const std::string &(*larger)(const std::string &, const std::string &) = std::max<std::string>;
  std::cout << v[0] << larger("a", "b") << '\\n';
}
""",
}


def keep(cached: CachedProgram, text: str) -> KeptInstances:
    """What is kept of a program."""
    headers = [include.header for include in leading_includes(text.encode(), "program.cpp")]
    flags = (*FLAGS, "-O0", "-gline-tables-only", "-gcolumn-info")
    cache = InstanceCache(cached.make(headers), headers)
    cache.add_from(ProgramText("program.cpp", flags, text.encode()))
    return cache.find()


def kept_names(kept: KeptInstances) -> set[str]:
    return {line for line in kept.symbols.decode().splitlines() if not line.startswith("-")}


def last_compiled(cached: CachedProgram) -> CompiledProgram:
    """As it is in the cache."""
    payload = cached.compiled()[-1].payload
    return msgspec.msgpack.decode(payload, type=CompiledProgram)


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_is_the_same_with_them(cached: CachedProgram, name: str) -> None:
    text = PROGRAMS[name]
    names = kept_names(keep(cached, text))
    with_them = cached.run(text)
    compiled = last_compiled(cached)
    without = cached.run(text, "--no-cache")
    assert (with_them.stdout, with_them.stderr) == (without.stdout, without.stderr)
    assert with_them.returncode == without.returncode
    assert compiled.instances
    for code in compiled.objects:
        assert symbols_of("p", code).functions.isdisjoint(names)


def test_what_is_of_the_program_is_not_kept(cached: CachedProgram) -> None:
    kept = keep(cached, OWN_TYPES)
    names = symbols_of("kept", kept.objects[0]).defined
    assert any("vectorIi" in name for name in names)
    for own in ("Mine", "own_helper", "user_", "hidden", "main"):
        assert [name for name in names if own in name] == []
    other = OWN_TYPES.replace("struct Mine { int a;", "struct Mine { char before[99]; int a;")
    other = other.replace("{3}, {1}, {2}", "{{}, 3}, {{}, 1}, {{}, 2}").replace("{5}", "{{}, 5}")
    other = other.replace("{7}", "{{}, 7}").replace("Mine{9}", "Mine{{}, 9}")
    other = other.replace("Mine{4}", "Mine{{}, 4}").replace("n + 1; } }", "n + 100; } }")
    result = cached.run(other)
    assert (result.stderr, result.stdout) == ("", "117394y\n")
    assert last_compiled(cached).instances


SMALL = """#include <map>
#include <string>
int main() {
  std::map<std::string, int> numbers{{"one", 1}};
  return numbers["one"];
}
"""


def test_they_are_made_behind_the_user(cached: CachedProgram) -> None:
    mark = "instances"
    for number in range(3):
        assert cached.run(f"{SMALL}// {number}\n", mark=mark).returncode == 1
        assert wait_for(lambda: builder_has_ended(mark), 60)
        assert bool(last_compiled(cached).instances) == (number == 2)
    # Nothing more is to be made.
    folder = cached.home / "forkrepl" / "instances"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    cached.run(f"{SMALL}// again\n", mark=mark)
    assert wait_for(lambda: builder_has_ended(mark), 60)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_only_what_a_program_needs_is_linked(cached: CachedProgram) -> None:
    includes = "#include <iostream>\n#include <vector>\n"
    keep(cached, includes + "int main() { std::vector<short> v(3); std::cout << v.at(1); }\n")
    text = includes + "int main() { std::vector<int> v; v.push_back(2); std::cout << v[0]; }\n"
    kept = keep(cached, text)
    assert len(kept.objects) == 2
    assert cached.run(text).stdout == "2"
    assert kept.objects[1] in last_compiled(cached).instances
    assert cached.run(includes + "int main() {}\n").returncode == 0
    assert last_compiled(cached).instances == ()


def test_when_there_are_too_many(cached: CachedProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "_MOST_OBJECTS", 1)
    text = "#include <vector>\nint main() { return std::vector<TYPE>(3).at(1); }\n"
    for name in ("long", "char"):
        kept = keep(cached, text.replace("TYPE", name))
    assert len(kept.objects) == 1
    assert any("vectorIcS" in name for name in kept_names(kept))
    assert not any("vectorIlS" in name for name in kept_names(kept))


@pytest.mark.parametrize("flag", ["-O1", "-g", "-DMINE=1"])
def test_flags_that_have_none(cached: CachedProgram, flag: str) -> None:
    mark = f"flag {flag}"
    for number in range(3):
        cached.run(f"{SMALL}// {number}\n", flag, mark=mark)
        assert wait_for(lambda: builder_has_ended(mark), 60)
    assert last_compiled(cached).instances == ()
    assert not list(cached.home.glob("forkrepl/instances/*"))


def test_an_entry_that_is_damaged(cached: CachedProgram) -> None:
    keep(cached, SMALL)
    (entry,) = (cached.home / "forkrepl" / "instances").iterdir()
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 0xFF
    entry.write_bytes(data)
    assert cached.run(SMALL).returncode == 1
    assert last_compiled(cached).instances == ()


def test_a_program_of_two_objects(cached: CachedProgram, tmp_path: Path) -> None:
    keep(cached, REGEX)
    divided = Divided(tmp_path)
    result = cached.run(REGEX, PYTHONPATH=divided.python_path)
    assert divided.take_objects() == [2]
    assert last_compiled(cached).instances
    assert (result.stdout, result.stderr) == (cached.run(REGEX, "--no-cache").stdout, "")
