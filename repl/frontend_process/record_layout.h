// Describes where the members of a class are.
#pragma once

#include "type_table.h"

namespace forkrepl {

// Of kind "record", with its bases and fields; or "incomplete".
llvm::json::Object describeRecord(TypeTable &Table, const clang::RecordDecl &Record);

} // namespace forkrepl
