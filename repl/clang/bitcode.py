"""LLVM's bitcode, as far as files are told apart by it."""

BITCODE_MAGIC = (b"BC\xc0\xde", b"\xde\xc0\x17\x0b")
"""What it begins with; the second: with a wrapper."""
