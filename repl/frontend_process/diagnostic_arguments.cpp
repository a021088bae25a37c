#include "diagnostic_arguments.h"

#include "clang/AST/DeclarationName.h"
#include "clang/Basic/IdentifierTable.h"

using namespace clang;

bool forkrepl::isArgument(const Diagnostic &Error, unsigned Index,
                          DiagnosticsEngine::ArgumentKind Kind) {
  return Index < Error.getNumArgs() && Error.getArgKind(Index) == Kind;
}

std::string forkrepl::nameAt(const Diagnostic &Error, unsigned Index) {
  if (isArgument(Error, Index, DiagnosticsEngine::ak_identifierinfo))
    return Error.getArgIdentifier(Index)->getName().str();
  if (isArgument(Error, Index, DiagnosticsEngine::ak_declarationname))
    return DeclarationName::getFromOpaqueInteger(Error.getRawArg(Index)).getAsString();
  return {};
}

const DeclContext *forkrepl::contextAt(const Diagnostic &Error, unsigned Index) {
  if (!isArgument(Error, Index, DiagnosticsEngine::ak_declcontext))
    return nullptr;
  return reinterpret_cast<const DeclContext *>(Error.getRawArg(Index));
}
