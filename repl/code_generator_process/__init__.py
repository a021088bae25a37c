"""The code generator, a program of its own: ``python -m repl.code_generator_process``.

Owns LLVM (llvmlite, which nothing else imports). Must not know source text, the linker or the
program. Start reading at ``__main__``.
"""
