"""How Clang names the functions of which the user has written the body, but not the name."""

STATEMENT_FUNCTIONS = ("__stmts__", "__cxx_global_var_init")
"""What these begin with: of statements at top level, and of initializers."""
