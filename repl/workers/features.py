"""Which instructions code may have been compiled to, and which ones the processor has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from repl.clang.compiler import Compiler
from repl.session.live_session import LiveSession
from repl.session.steps import Step

_CPUINFO = Path("/proc/cpuinfo")
_FEATURES = re.compile(r'"target-features"="([^"]*)"')

# What LLVM uses by itself, and how Linux calls it where that is another name (in its header of
# features). What only intrinsics use is not compared: whoever writes those asks the processor.
_SAME_NAME = (
    *("avx", "avx2", "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512ifma", "avx512vl"),
    *("adx", "aes", "bmi2", "cx16", "f16c", "fma", "fma4", "gfni", "movbe", "popcnt", "rdseed"),
    *("sse4a", "ssse3", "tbm", "vaes", "vpclmulqdq", "xop"),
)
_OTHER_NAME = {
    "avx512bf16": "avx512_bf16",
    "avx512bitalg": "avx512_bitalg",
    "avx512fp16": "avx512_fp16",
    "avx512vbmi": "avx512vbmi",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512vnni": "avx512_vnni",
    "avx512vp2intersect": "avx512_vp2intersect",
    "avx512vpopcntdq": "avx512_vpopcntdq",
    "avxifma": "avx_ifma",
    "avxvnni": "avx_vnni",
    "bmi": "bmi1",
    "lzcnt": "abm",
    "pclmul": "pclmulqdq",
    "prfchw": "3dnowprefetch",
    "rdrnd": "rdrand",
    "sahf": "lahf_lm",
    "sha": "sha_ni",
    "sse3": "pni",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
}
_LINUX_NAMES = {**{name: name for name in _SAME_NAME}, **_OTHER_NAME}


def features_of(live: LiveSession, steps: Sequence[Step]) -> tuple[str, ...]:
    """What the code of inputs may use because of flags such as ``-march=native``, as Linux
    names it: of each input what all of its functions may use, because a function with an
    attribute ``target`` is called where the processor was asked. (An input of nothing else is
    taken for one with flags.) Raises ShellError without Clang."""
    compiler, found = live.compiler, set[str]()
    for step in steps:
        if step.bitcode:
            found |= _features(compiler, step.bitcode)
    return tuple(sorted(found))


_MOST_KNOWN = 10_000
_known: dict[bytes, frozenset[str]] = {}
"""Of bitcode that has been asked for, by its digest: a session is sent more than once."""


def _features(compiler: Compiler, bitcode: bytes) -> frozenset[str]:
    key = hashlib.blake2b(bitcode, digest_size=16).digest()
    found = _known.get(key)
    if found is None:
        text = compiler.generate(bitcode, 0, "ir")
        each = [frozenset(_wanted(listed)) for listed in _FEATURES.findall(text)]
        found = frozenset.intersection(*each) if each else frozenset()
        if len(_known) == _MOST_KNOWN:
            _known.clear()
        _known[key] = found
    return found


def _wanted(features: str) -> Iterator[str]:
    for each in features.split(","):
        if each.startswith("+") and each[1:] in _LINUX_NAMES:
            yield _LINUX_NAMES[each[1:]]


@lru_cache(maxsize=1)
def features_here() -> frozenset[str]:
    """All that this machine's processor has."""
    try:
        text = _CPUINFO.read_text("ascii", "replace")
    except OSError:
        return frozenset()
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return frozenset(flags[1].split()) if flags else frozenset()
