"""What debuggers, profilers and crash reports are told about units.

Owns symbolizing addresses, the address book, gdb's JIT interface and perf's map. Must not change
anything: without this package all runs the same. Start reading at ``address_book``.
"""
