"""How Clang names the functions of which the user has written the body, but not the name."""

STATEMENT_FUNCTIONS = ("__stmts__", "__cxx_global_var_init")
"""What these begin with: of statements at top level, and of initializers."""

WRAPPER_FUNCTIONS = ("__forkrepl_call_", "void __forkrepl_glue::", "__forkrepl_glue::")
"""What the functions begin with that calls from Python are made of (``repl/python/glue.hpp``)."""
