"""What a symbol can be: each program does the same as when the system linker links it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.native_link import run_linked, run_natively
from tests.support.runtime import COMPILERS, compile_source

PRINT = "#include <stdio.h>\n"


@dataclass(frozen=True, slots=True)
class Feature:
    """``sources``: each makes an object; the ones after ``archive`` objects are members of
    an archive. ``flags``: how they are compiled; ``native``: how they are linked."""

    name: str
    sources: tuple[str, ...]
    flags: tuple[str, ...] = ("-fPIC",)
    native: tuple[str, ...] = ()
    language: str = "c"


def c(name: str, *sources: str, flags: str = "-fPIC", native: str = "") -> Feature:
    return Feature(name, sources, tuple(flags.split()), tuple(native.split()))


def cpp(name: str, *sources: str, flags: str = "-fPIC", native: str = "") -> Feature:
    return Feature(name, sources, tuple(flags.split()), tuple(native.split()), "c++")


UNDEFINED_WEAK = """
extern int nowhere __attribute__((weak)); void missing(void) __attribute__((weak));
extern int hidden __attribute__((weak, visibility("hidden")));
int *pointers[] = {&nowhere, &nowhere + 1, (int *)missing, &hidden};
int main(void) {
  printf("%p %p %p\\n", (void *)&nowhere, (void *)missing, (void *)&hidden);
  printf("%p %p %p %p\\n", pointers[0], pointers[1], pointers[2], pointers[3]);
  if (missing) missing();
  __asm__ goto("mov nowhere@GOTPCREL(%%rip), %%rax\\n test %%rax, %%rax\\n jnz %l0"
               : : : "rax" : bad);
  return 3;
bad:
  return 4;
}
"""

WEAK = (
    c("undefined_weak_pic", PRINT + UNDEFINED_WEAK),
    c("undefined_weak_pie", PRINT + UNDEFINED_WEAK, flags="-fPIE", native="-static-pie"),
    c("undefined_weak_no_pic", PRINT + UNDEFINED_WEAK, flags="-fno-pic", native="-no-pie"),
    c("undefined_weak_large", PRINT + UNDEFINED_WEAK, flags="-fno-pic -mcmodel=large",
      native="-no-pie"),
    c("weak_then_strong",
      PRINT + "int f(void); int v __attribute__((weak)) = 1; int (*p)(void) = f;"
      'int main(void) { printf("%d %d %d\\n", f(), v, p()); }',
      "int __attribute__((weak)) f(void) { return 1; }",
      "int f(void) { return 2; } int v = 2;"),
    c("weak_and_common",
      PRINT + "int v[2]; int main(void) { printf(\"%d\\n\", v[0]); }",
      "int v[2] __attribute__((weak)) = {5, 6};", flags="-fPIC -fcommon"),
    c("weak_of_a_library", PRINT + "extern int puts(const char *) __attribute__((weak));"
      'int main(void) { if (puts) puts("there"); }'),
)  # fmt: skip

COMMON = (
    c("common_sizes_and_alignments",
      PRINT + "char a[3]; int b __attribute__((aligned(128))); extern char *end_of_a(void);"
      'int main(void) { end_of_a()[0] = 7; printf("%d %d %d\\n", a[99], b,'
      " (int)((unsigned long)&b % 128)); }",
      "char a[100]; char *end_of_a(void) { return a + 99; }", "int b;",
      flags="-fPIC -fcommon"),
    c("common_and_definition",
      PRINT + "int v; long w; int main(void) { printf(\"%d %ld\\n\", v, w); }",
      "int v = 42;", "long w;", flags="-fPIC -fcommon"),
    c("common_no_pic",
      PRINT + "int v[50]; int main(void) { v[3] += 2; printf(\"%d\\n\", v[3] + v[2]); }",
      "int v[50];", flags="-fno-pic -fcommon", native="-no-pie"),
)  # fmt: skip

VISIBILITY = (
    c("hidden_in_several_objects",
      PRINT + '__attribute__((visibility("hidden"))) extern int v, f(void);'
      '__attribute__((visibility("internal"))) extern int g(void);'
      'int main(void) { printf("%d %d %d\\n", v, f(), g()); }',
      '__attribute__((visibility("hidden"))) int v = 5;'
      '__attribute__((visibility("hidden"))) int f(void) { return v + 1; }'
      '__attribute__((visibility("internal"))) int g(void) { return v + 2; }'),
    c("protected", PRINT + "extern int v, f(void); int *address(void);"
      'int main(void) { v++; printf("%d %d %d\\n", v, f(), address() == &v); }',
      '__attribute__((visibility("protected"))) int v = 5;'
      '__attribute__((visibility("protected"))) int f(void) { return v + 1; }'
      "int *address(void) { return &v; }"),
    c("own_function_of_a_librarys_name",
      PRINT + "int abs(int n) { return n + 100; }"
      'int other(void); int main(void) { printf("%d %d\\n", abs(-1), other()); }',
      "int abs(int); int other(void) { return abs(-2); }", flags="-fPIC -fno-builtin"),
    c("own_variable_of_a_librarys_name",
      PRINT + 'int optind = 77; int other(void); int main(void) { printf("%d\\n", other()); }',
      "extern int optind; int other(void) { return optind; }"),
    c("local_symbols_of_one_name",
      PRINT + "static int v = 1; static int f(void) { return v; } int g(void), h(void);"
      'int main(void) { printf("%d %d %d\\n", f(), g(), h()); }',
      "static int v = 2; static int f(void) { return v; } int g(void) { return f(); }",
      "static int v = 3; static int f(void) { return v; } int h(void) { return f(); }",
      flags="-fPIC -O0"),
)  # fmt: skip

IFUNC = """
static int ready; static int helper(void) { return 1; }
int visible(void) { return 40; }
static int one(void) { return 1; }
static void *resolve(void) { return helper() ? (void *)visible : (void *)one; }
int chosen(void) __attribute__((ifunc("resolve")));
static int local(void) __attribute__((ifunc("resolve")));
int (*const pointer)(void) = chosen; int (*local_pointer)(void) = local;
int (*address(void))(void) { return chosen; }
"""
USE_IFUNC = """
int chosen(void); int (*address(void))(void); extern int (*const pointer)(void);
extern int (*local_pointer)(void);
int main(void) {
  printf("%d %d %d %d\\n", chosen(), address()(), pointer(), local_pointer());
#ifdef COMPARE
  printf("%d %d\\n", address() == chosen, pointer == chosen);
#endif
}
"""
INDIRECT = tuple(
    c(f"ifunc_{name}", PRINT + USE_IFUNC, IFUNC, flags=flags, native=native)
    for name, flags, native in (
        ("pic", "-fPIC -DCOMPARE", ""), ("no_plt", "-fPIC -fno-plt -DCOMPARE", ""),
        ("no_pic", "-fno-pic -DCOMPARE", "-no-pie"), ("static", "-fPIC -DCOMPARE", "-static"),
        # Here the system linker's addresses of one function differ; ours do not.
        ("pie", "-fPIE", "-pie"),
        # Here Clang knows what the resolver returns, and takes that address.
        ("O2", "-O2 -fPIC", ""),
    )
)  # fmt: skip

SECTIONS = (
    c("start_and_stop",
      PRINT + 'static int one __attribute__((section("items"), used)) = 1;'
      "extern int __start_items[], __stop_items[];"
      "int main(void) { for (int *p = __start_items; p < __stop_items; ++p)"
      ' printf("%d ", *p); puts(""); }',
      "int between = 9;", 'static int two __attribute__((section("items"), used)) = 2;'
      'static int three __attribute__((section("items"), used)) = 3;'),
    c("start_and_stop_of_constants",
      PRINT + "struct item { const char *name; int n; };"
      'static const struct item one __attribute__((section("rows"), used)) = {"one", 1};'
      'extern const struct item __start_rows[] __attribute__((visibility("hidden"))),'
      ' __stop_rows[] __attribute__((visibility("hidden")));'
      "int main(void) { for (const struct item *p = __start_rows; p < __stop_rows; ++p)"
      ' printf("%s=%d ", p->name, p->n); puts(""); }',
      'struct item { const char *name; int n; }; static const struct item two'
      ' __attribute__((section("rows"), used)) = {"two", 2};', flags="-fPIE"),
    c("start_and_stop_of_nothing",
      PRINT + "extern int __start_items[] __attribute__((weak));"
      "extern int __stop_items[] __attribute__((weak));"
      'int main(void) { printf("%d\\n", __start_items == __stop_items); }'),
    c("start_and_stop_defined_by_the_program",
      PRINT + 'int __start_items = 5; static int one __attribute__((section("items"), used)) = 1;'
      'int main(void) { printf("%d\\n", __start_items); }'),
    c("etext_edata_end",
      PRINT + "extern char etext, _etext, edata, _edata, end, _end, __bss_start;"
      "static int zero[1000]; static int one = 1; extern int zero2[], one2;"
      'int main(void) { printf("%d %d %d %d %d\\n", (char *)main < &etext, (char *)&one < &edata,'
      " (char *)&one2 < &_edata, (char *)zero >= &__bss_start, (char *)zero2 >= &__bss_start);"
      'printf("%d %d %d %d %d\\n", (char *)(zero + 1000) <= &end, (char *)(zero2 + 10) <= &end,'
      ' &etext == &_etext, &edata == &_edata, &end == &_end); }', "int zero2[10]; int one2 = 2;"),
    c("over_aligned",
      PRINT + "static char page[3] __attribute__((aligned(4096))) = {1};"
      "static const char *far __attribute__((aligned(1 << 14))) = page;"
      "static char zero[5] __attribute__((aligned(256)));"
      'int main(void) { printf("%d %d %d\\n", (int)((unsigned long)page % 4096),'
      " (int)((unsigned long)&far % (1 << 14)), (int)((unsigned long)zero % 256) + zero[4]); }"),
    c("sections_of_their_own",
      PRINT + '__attribute__((section("mine"))) int f(int n) { return n + 1; }'
      '__attribute__((section(".odd-name"))) int v = 3;'
      'int main(void) { printf("%d %d\\n", f(1), v); }',
      flags="-fPIC -ffunction-sections -fdata-sections"),
    c("set_aliases",
      PRINT + "static int f(void) { return 1; } int v[3] = {5, 6, 7};"
      '__asm__(".globl g, w\\n.set g, f\\n.set w, v + 4\\n.globl n\\n.set n, 77\\n");'
      "int g(void); extern int w; extern char n[]; int h(void) __attribute__((alias(\"g2\")));"
      "int g2(void) { return 9; } int hw(void) __attribute__((weak, alias(\"g2\")));"
      'int main(void) { w++; printf("%d %d %d %d %d %d\\n", f(), g(), w, v[1], h(), hw());'
      ' printf("%ld\\n", (long)n); }', flags="-fno-pic", native="-no-pie"),
)  # fmt: skip

LIBRARY_DATA = (
    c("constants_of_a_library",
      PRINT + "#include <netinet/in.h>\n#include <string.h>\nint main(void) {"
      ' struct in6_addr none = {0}; printf("%d %d\\n",'
      " memcmp(&none, &in6addr_any, sizeof none), in6addr_loopback.s6_addr[15]); }",
      flags="-fno-pic", native="-no-pie"),
    cpp("type_infos_of_a_library",
        PRINT + "#include <stdexcept>\n#include <typeinfo>\nint main() {"
        ' try { throw std::out_of_range("far"); } catch (std::logic_error &e) { puts(e.what()); }'
        " try { throw 5; } catch (int n) { printf(\"%d\\n\", n); }"
        ' puts(typeid(long).name()); }',
        flags="-fno-pic", native="-no-pie"),
)  # fmt: skip

VERSIONS = (
    c("an_old_version_of_a_library_function",
      PRINT + '#include <string.h>\n__asm__(".symver old, memcpy@GLIBC_2.2.5");'
      "void *old(void *, const void *, unsigned long); void *volatile kept = (void *)old;"
      'int main(void) { char text[9]; old(text, "hi", 3); puts(text);'
      ' printf("%d %d\\n", (void *)old == (void *)memcpy, kept == (void *)old); }',
      flags="-fPIC -fno-builtin"),
    c("the_default_version_of_a_library_function",
      PRINT + '#include <string.h>\n__asm__(".symver new, memcpy@GLIBC_2.14");'
      "void *new(void *, const void *, unsigned long);"
      'int main(void) { char text[9]; new(text, "hi", 3); puts(text);'
      ' printf("%d\\n", (void *)new == (void *)memcpy); }', flags="-fPIC -fno-builtin"),
    c("versions_of_its_own",
      PRINT + "int f(void); int main(void) { printf(\"%d\\n\", f()); }",
      'int f1(void) { return 1; } int f2(void) { return 2; }'
      '__asm__(".symver f1, f@V1\\n.symver f2, f@@V2");'),
    c("a_version_of_a_thread_local",
      PRINT + '#include <errno.h>\n__asm__(".symver mine, errno@GLIBC_PRIVATE");'
      "extern __thread int mine; int main(void) { errno = 5; printf(\"%d\\n\", mine); }"),
)  # fmt: skip

INLINE = """
struct Base { virtual ~Base() = default; virtual int f() const { return 1; } };
template <class T> struct Derived : Base { static inline int made = 0;
  Derived() { ++made; } int f() const override { return 2 + sizeof(T); } };
template <class T> T &only() { static T value = 40; return value; }
inline int counter() { static int n; return ++n; }
inline int (*const where)() = counter;
"""
GROUPS = tuple(
    cpp(f"comdat_{name}",
        PRINT + INLINE + "Base *other(); int *their(); int twice(); int (*theirs())();"
        "int main() { Base *b = other(); Derived<int> d; ++only<int>();"
        ' printf("%d %d %d\\n", b->f(), d.f(), Derived<int>::made);'
        ' printf("%d %d\\n", *their(), their() == &only<int>());'
        ' printf("%d %d %d\\n", twice(), counter(), theirs() == counter);'
        " try { dynamic_cast<Derived<long> &>(*b); } catch (std::exception &) {"
        ' puts("caught"); } delete b; }',
        INLINE + "Base *other() { return new Derived<int>; } int *their() { return &only<int>(); }"
        "int twice() { return counter() + counter(); } int (*theirs())() { return counter; }",
        flags=flags, native=native)
    for name, flags, native in (
        ("pic", "-fPIC -include exception", ""),
        ("debug", "-fPIC -g -include exception", ""),
        ("O2", "-O2 -fPIE -g -include exception", ""),
        ("sections", "-fPIC -ffunction-sections -fdata-sections -include exception", ""),
        ("no_pic", "-fno-pic -O1 -include exception", "-no-pie"),
    )
)  # fmt: skip

UNIQUE = (
    cpp("unique", PRINT + INLINE + "int *their(); int main() { only<int>() = 3;"
        ' printf("%d %d\\n", *their(), their() == &only<int>()); }',
        INLINE + "int *their() { return &only<int>(); }", flags="-fPIC -fgnu-unique"),
)  # fmt: skip

ORDERED = """
#define C(p) __attribute__((constructor(p))) static void c##p(void) { puts(NAME " +" #p); } \\
  __attribute__((destructor(p))) static void d##p(void) { puts(NAME " -" #p); }
__attribute__((constructor)) static void c(void) { puts(NAME " +"); }
__attribute__((destructor)) static void d(void) { puts(NAME " -"); }
static void raw(void) { puts(NAME " raw"); }
__attribute__((section(".ctors"), used)) static void (*old)(void) = raw;
__attribute__((section(".ctors.65000"), used)) static void (*old2)(void) = raw;
__attribute__((section(".dtors"), used)) static void (*old3)(void) = raw;
__attribute__((section(".init_array.00300"), used)) static void (*array)(void) = raw;
__attribute__((section(".fini_array"), used)) static void (*array2)(void) = raw;
"""
ORDER = (
    c("constructors_of_several_objects",
      PRINT + '#define NAME "first"\n' + ORDERED + "C(200) C(101)\n"
      "__attribute__((section(\".preinit_array\"), used)) static void (*first)(void) = raw;"
      'int main(void) { puts("main"); }',
      PRINT + '#define NAME "second"\n' + ORDERED + "C(101) C(65000)",
      PRINT + '#define NAME "third"\n' + ORDERED + "C(500)"),
)  # fmt: skip

FEATURES = (
    *WEAK,
    *COMMON,
    *VISIBILITY,
    *INDIRECT,
    *SECTIONS,
    *LIBRARY_DATA,
    *VERSIONS,
    *GROUPS,
    *UNIQUE,
    *ORDER,
)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_as_the_system_linkers_program(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, feature: Feature, compiler: str
) -> None:
    flags = feature.flags
    if compiler != "gcc":
        flags = tuple(flag for flag in flags if flag != "-fgnu-unique")
    objects = []
    for number, source in enumerate(feature.sources):
        file = tmp_path / f"{number}.o"
        file.write_bytes(
            compile_source(source, *flags, language=feature.language, compiler=compiler)
        )
        objects.append(file)
    expected = run_natively(tmp_path, objects, *feature.native)
    assert run_linked(capfd, objects) == expected
