#include "initializer_names.h"

#include "virtual_table.h"

#include "clang/AST/Decl.h"
#include "clang/AST/GlobalDecl.h"
#include "clang/AST/Mangle.h"

#include <memory>

using namespace clang;
using namespace forkrepl;

static constexpr llvm::StringLiteral Prefix = "__cxx_global_var_init.";

std::string forkrepl::initializerName(llvm::StringRef Variable) {
  return (Prefix + Variable).str();
}

llvm::StringRef forkrepl::initializedBy(llvm::StringRef Function) {
  return Function.consume_front(Prefix) ? Function : "";
}

static void nameInitializer(MangleContext *Names, const VarDecl *D,
                            llvm::raw_ostream &Out) {
  std::string Name;
  llvm::raw_string_ostream Stream(Name);
  if (Names->shouldMangleDeclName(D))
    Names->mangleName(GlobalDecl(D), Stream);
  else
    Stream << D->getName();
  Out << Prefix << llvm::StringRef(Name).ltrim('\1');
}

llvm::Error forkrepl::nameInitializers(ASTContext &Context) {
  std::unique_ptr<MangleContext> Names(Context.createMangleContext());
  return exchangeVirtual(Names.get(), &MangleContext::mangleDynamicInitializer,
                         nameInitializer);
}
