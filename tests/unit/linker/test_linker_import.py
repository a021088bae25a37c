"""An interrupt while the linker is imported comes afterwards, as an interrupt."""

from __future__ import annotations

import subprocess
import sys

# What numpy's C code does to an exception of its imports: it becomes an ImportError.
PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started us may ignore it
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("numpy") and not self.done:
            self.done = True
            os.kill(os.getpid(), signal.SIGINT)
    done = False
sys.meta_path.insert(0, Interrupting())
from repl.program.linker_import import import_linker
try:
    import_linker()
except KeyboardInterrupt:
    print("interrupted", "runtime.units.execution_session" in sys.modules)
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""


def test_it_is_not_lost_and_breaks_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("interrupted True\nset()\n", "")


def test_the_programs_environment_is_as_it_was() -> None:
    program = (
        "import os; before = dict(os.environ)\n"
        "from repl.program.linker_import import import_linker\n"
        "import_linker(); print(before == dict(os.environ))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "True\n"


def test_a_blocked_interrupt_stays_blocked() -> None:
    program = (
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]);"
        "from repl.program.linker_import import import_linker; import_linker();"
        "print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "True\n"
