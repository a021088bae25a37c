"""``forkrepl $(pkg-config --cflags --libs X)`` for packages of Debian's.

``.ci/setup --for-tests`` installs them; a test of one that is missing is skipped.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.support.program import TIMEOUT, Run

PACKAGES = [
    ("zlib", "#include <zlib.h>\nzlibVersion()[0] == ZLIB_VERSION[0]", "(bool) true"),
    ("sqlite3", "#include <sqlite3.h>\nsqlite3_threadsafe() < 0", "(bool) false"),
    ("libcurl", "#include <curl/curl.h>\ncurl_version_info(CURLVERSION_NOW)->age > 0",
     "(bool) true"),
    ("gmodule-2.0", "#include <gmodule.h>\ng_module_supported()", "(gboolean) 1"),
    ("eigen3", "#include <Eigen/Core>\nEigen::Vector2d v(3, 4);\nv.norm()", "(double) 5.0"),
    ("fmt", '#include <fmt/core.h>\nfmt::format("{}-{}", 1, 2)', '(std::string) "1-2"'),
    ("gsl", "#include <gsl/gsl_sf_bessel.h>\ngsl_sf_bessel_J0(0.0)", "(double) 1.0"),
    ("libxml-2.0", "#include <libxml/parser.h>\n"
     'xmlReadMemory("<a/>", 4, "x", nullptr, 0) != nullptr', "(bool) true"),
    ("ncurses", "#include <curses.h>\ncurses_version()[0]", "(const char) 'n'"),
    ("sdl2", "#include <SDL.h>\nSDL_GetNumVideoDrivers() >= 0", "(bool) true"),
    ("openssl", "#include <openssl/evp.h>\nEVP_sha256() != nullptr", "(bool) true"),
    ("libuv", "#include <uv.h>\nuv_version() > 0", "(bool) true"),
]  # fmt: skip


def flags_of(package: str) -> list[str]:
    """Skips the test if there is no such package."""
    command = ["pkg-config", "--cflags", "--libs", package]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("pkg-config is not installed: .ci/setup --for-tests")
    if done.returncode != 0:
        pytest.skip(f"{package} is not installed: .ci/setup --for-tests")
    return done.stdout.split()


@pytest.mark.parametrize(("package", "code", "value"), PACKAGES)
def test_flags_of_a_package(forkrepl: Run, package: str, code: str, value: str) -> None:
    result = forkrepl(*flags_of(package), "-c", code, timeout=4 * TIMEOUT)
    assert (result.stdout.splitlines()[-1:], result.stderr) == ([value], "")
