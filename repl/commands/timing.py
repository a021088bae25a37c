"""How long code takes: ``%time`` and ``%timeit``, measured in the program itself."""

from __future__ import annotations

import time

from repl.commands.context import Shell
from repl.commands.helper_code import C_LINKAGE, read_words, run_helper, unique_name
from repl.commands.types import type_of
from repl.errors import ShellError
from repl.input.command_syntax import Arguments, WrongUsage
from repl.input.source import Source
from runtime.addresses import ExecutorAddress

_RUNS = 7
_MOST_RUNS = 1000
_MOST_LOOPS = 10**12
_UNITS = (("s", 1e9), ("ms", 1e6), ("us", 1e3))


def format_time(nanoseconds: float) -> str:
    """``12.3 us``: three significant digits."""
    for unit, size in _UNITS:
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def run_time(shell: Shell, arguments: Arguments) -> str:
    """``%time``."""
    session = shell.session
    typed = shell.log[-1].source
    source = Source(arguments.text, typed.name, typed.line)
    started = time.monotonic_ns()
    result = session.run(source, inspect=shell.show)
    total = time.monotonic_ns() - started
    shell.log[-1].ran.append(source)
    if session.steps[-1].unit is None:
        wall, user, system = 0, 0, 0  # declarations only
    else:
        with session.using_program() as program:
            address = program.lookup("forkrepl_last_run") or ExecutorAddress(0)
            # The program may have changed what it has mapped.
            wall, user, system = read_words(program, address, 3) or (0, 0, 0)
    lines = [
        f"wall time: {format_time(wall)}, CPU: {format_time(user + system)} "
        f"(user {format_time(user)}, sys {format_time(system)})",
        f"compiling and linking: {format_time(max(total - wall, 0))}, {_level(shell)}",
    ]
    shell.tell_warnings(result)
    if result.value:
        lines.append(result.value)
    return "\n".join(lines)


_MANY_LOOPS = 1_000_000

_HELPER = """\
#line 1 "<timeit>"
{linkage}
struct {prefix}_s {{ unsigned long long loops, empty, runs, times[{runs}]; }};
__FORKREPL_C struct {prefix}_s {prefix};
struct {prefix}_s {prefix};
__FORKREPL_C void {prefix}_measure(unsigned long (*)(unsigned long),
    unsigned long (*)(unsigned long), unsigned long, unsigned long, struct {prefix}_s *)
    __asm__("__forkrepl_measure");
static unsigned long {prefix}_code(unsigned long {prefix}_loops) {{
unsigned long {prefix}_i = 0;
for (; {prefix}_i < {prefix}_loops; ++{prefix}_i) {{
{{
{code}
}}
__asm__ volatile("" : : : "memory");
}}
return {prefix}_i;
}}
static unsigned long {prefix}_empty(unsigned long {prefix}_loops) {{
unsigned long {prefix}_i = 0;
for (; {prefix}_i < {prefix}_loops; ++{prefix}_i) {{
__asm__ volatile("" : : : "memory");
}}
return {prefix}_i;
}}
{prefix}_measure({prefix}_code, {prefix}_empty, {loops}, {runs}, &{prefix});
"""


def run_timeit(shell: Shell, arguments: Arguments) -> str:
    """``%timeit``."""
    code, loops, runs = arguments.text, arguments.number("-n", 0), arguments.number("-r", _RUNS)
    if not code.strip().strip(";"):
        raise WrongUsage("needs code")
    if not 0 < runs <= _MOST_RUNS or loops > _MOST_LOOPS:
        raise WrongUsage(f"can do up to {_MOST_RUNS} runs of {_MOST_LOOPS} loops, and not 0 runs")
    missing = shell.session.compiler.input_ends(code.encode("utf-8", "surrogateescape")).missing
    if missing:
        raise ShellError(f"%timeit: the code ends where a '{missing}' is missing")
    prefix = unique_name("timeit")
    text = _HELPER.format(
        linkage=C_LINKAGE,
        prefix=prefix,
        code=_loop_body(shell, code, prefix),
        loops=loops,
        runs=runs,
    )
    loops, empty, runs_done, *times = run_helper(shell.session, text, "%timeit", prefix, 3 + runs)
    if runs_done != runs or not loops:
        raise ShellError("%timeit: the code has left the loop (by break or goto): nothing measured")
    return _summary(shell, [max(each - empty, 0) / loops for each in times], loops)


def _loop_body(shell: Shell, code: str, prefix: str) -> str:
    """The code; if it is an expression its value is one that somebody might look at."""
    typed = shell.log[-1].source
    place = (
        Source(f"{code}\n", typed.name, typed.line)
        .with_line_directive()
        .decode("utf-8", "surrogateescape")
    )
    end = '#line 1 "<timeit>"\n'
    if not code.rstrip().endswith((";", "}")):
        reply = type_of(shell, code)
        if reply.ok and reply.category and reply.name != "void":
            declarator = "__auto_type" if shell.is_c else "auto &&"
            escape = f'__asm__ volatile("" : : "r"(&{prefix}_value) : "memory");'
            return f"{declarator} {prefix}_value = (\n{place});\n{end}{escape}"
        return f"{place};\n{end}"
    return place + end


def _level(shell: Shell) -> str:
    return f"at -O{shell.session.options.optimisation}"


def _summary(shell: Shell, times: list[float], loops: int) -> str:
    import statistics  # takes 10 ms

    mean, best = statistics.fmean(times), min(times)
    deviation = statistics.pstdev(times)
    # What the processor does beside the loop takes no time of its own; in few loops that
    # is just the clock's grain.
    if not mean or (not best and loops >= _MANY_LOOPS):
        return f"no more than the loop itself ({loops:,} loops, {_level(shell)})"
    several = f"mean ± std. dev. of {len(times)} runs, " if len(times) > 1 else ""
    plus_minus = f" ± {format_time(deviation)}" if len(times) > 1 else ""
    per_loop = f"{format_time(mean)}{plus_minus} per loop"
    details = (
        f"({several}{loops:,} loop{'s' if loops != 1 else ''} each, best {format_time(best)}, "
        f"{_level(shell)})"
    )
    is_too_long = shell.has_prompt and len(f"{per_loop} {details}") > shell.width
    return f"{per_loop}\n    {details}" if is_too_long else f"{per_loop} {details}"
