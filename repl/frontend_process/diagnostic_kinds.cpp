#include "diagnostic_kinds.h"

#include "clang/Basic/DiagnosticParse.h"
#include "clang/Basic/DiagnosticSema.h"

using namespace clang;

bool forkrepl::isMissingSemicolon(unsigned ID) {
  switch (ID) {
  case diag::err_expected_after:
  case diag::err_expected_semi_after_attribute_list:
  case diag::err_expected_semi_after_expr:
  case diag::err_expected_semi_after_namespace_name:
  case diag::err_expected_semi_after_static_assert:
  case diag::err_expected_semi_after_stmt:
  case diag::err_expected_semi_declaration:
  case diag::err_invalid_token_after_toplevel_declarator:
    return true;
  default:
    return false;
  }
}

bool forkrepl::isUnknownName(unsigned ID) {
  switch (ID) {
  case diag::err_no_member:
  case diag::err_no_template:
  case diag::err_typename_nested_not_found:
  case diag::err_undeclared_use:
  case diag::err_undeclared_var_use:
  case diag::err_unknown_typename:
    return true;
  default:
    return false;
  }
}
