"""Machines, as ELF files and executors name them: by ``e_machine``."""

from __future__ import annotations

import os

EM_X86_64 = 62
EM_AARCH64 = 183

LINKED = (EM_X86_64, EM_AARCH64)
"""Those that code can be linked for."""

OWN_MACHINE = {"x86_64": EM_X86_64, "aarch64": EM_AARCH64}.get(os.uname().machine, EM_X86_64)
"""The one that this runs on."""
