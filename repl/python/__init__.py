"""A session as Python's users see it, and C++ as if it were Python's: ``Session.gbl``, functions,
classes and objects of the program.

Owns what is called, how arguments get into a wrapper and its result back, and the objects that
stand for those of the program. Must not know how a wrapper is compiled, linked or called: that
is ``repl.session.wrappers``' and ``repl.session.calls``'. Start reading at ``session``, then
``bridge``; then ``arguments`` and ``results``, and the other side of them in
``repl/python/glue.hpp``; then ``scopes``, ``functions`` and ``classes``, what users hold.
"""
