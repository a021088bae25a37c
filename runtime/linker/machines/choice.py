"""Which machine an object or an executor is for. This one's is imported with the linker."""

from __future__ import annotations

from runtime.errors import LinkError
from runtime.linker.machines.machine import Machine
from runtime.linker.machines.x86_64 import X86_64
from runtime.objects.foreign_files import machine_name
from runtime.protocol.machine import EM_AARCH64, EM_X86_64


def machine_of(number: int) -> Machine:
    """The machine with this ``e_machine``. Raises LinkError if there is no such here."""
    if number == EM_X86_64:
        return X86_64()
    if number == EM_AARCH64:
        from runtime.linker.machines.aarch64 import AArch64  # mostly not needed

        return AArch64()
    raise LinkError(f"no code can be linked for this machine ({machine_name(number)})")
