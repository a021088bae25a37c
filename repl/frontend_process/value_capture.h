// Values of expressions without `;`, handed over while their temporaries live.
//
// Clang's own interpreter copies such a value through variadic calls and
// placement new, which loses some types (complex, __int128), copies what may not
// be copied, and destroys temporaries too late for Clang to emit their
// destructors. This consumer stands before code generation instead and turns
//
//     E       into       __forkrepl_capture_value(&E, sizeof E, how it is kept)
//
// with a temporary for E where it has no address, destroyed where the language
// says; or, where E makes a new object that has a destructor, into
//
//             __forkrepl_hold_value(::new (alignof(T)) T(E), how it is kept)
//
// which by guaranteed elision is E's object itself. The functions are in the platform
// library; embedded/value_capture.h declares them, and has to be parsed before anything of
// the user's. What they are given can be named `_` by the next inputs, and what In[3] has
// shown `_3` and `Out[3]`.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/Support/JSON.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace clang {
class Sema;
}

namespace forkrepl {

// enum forkrepl_keep of the platform library.
enum class Keep {
  No = 0,
  Object = 1,
  Bytes = 2,
  Held = 3,
  NumberedBytes = 4,
  NumberedHeld = 5
};

class ValueCapture : public clang::SemaConsumer {
public:
  void Initialize(clang::ASTContext &Context) override { this->Context = &Context; }
  void InitializeSema(clang::Sema &S) override;
  void ForgetSema() override { S = nullptr; }
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

  // Whether the value of the next inputs is kept for `_`.
  void setKeeps(bool Value) { Keeps = Value; }

  // After an input has been accepted: the type of the value that it hands over,
  // described as in type_table.h, and "symbol": what `_` will be called by the next
  // inputs, and "printers": hints as of printers.h. Nothing if it hands none over.
  std::optional<llvm::json::Object> takeValue();

  // The types that were described with it, by index.
  llvm::ArrayRef<clang::QualType> types() const { return Types; }

  // Where the expression of that value begins.
  clang::SourceLocation begin() const { return Begin; }

  // What a name of ours means if nothing else has it, or null: `_`, the last value, if
  // there is one; `_3` and, before `[3]`, `Out`; `argc` and `argv`, of the program.
  clang::VarDecl *lookUp(llvm::StringRef Name);

  // The expression as one that hands over its value, if it has one.
  clang::Expr *capture(clang::Expr *Expression);

  // A call of a global function. Null if Sema rejects it.
  clang::Expr *call(llvm::StringRef Function, llvm::ArrayRef<clang::Expr *> Arguments);

private:
  struct Shown {
    unsigned Value; // its number
    clang::QualType Type;
  };

  clang::VarDecl *lastValue();
  clang::VarDecl *valueOf(unsigned Input);
  clang::VarDecl *arrayWithValueOf(unsigned Input);
  clang::VarDecl *remember(llvm::StringRef Name, clang::QualType Type,
                           llvm::StringRef Symbol);
  clang::VarDecl *makeExternal(llvm::StringRef Name, clang::QualType Type,
                               llvm::StringRef Symbol);
  Keep howToKeep(const clang::Expr *Expression);
  clang::Expr *addressOf(clang::Expr *Expression);
  clang::Expr *callCapture(clang::Expr *Expression, Keep How);
  clang::Expr *hold(clang::Expr *Expression, Keep How);
  clang::Expr *number(uint64_t Value, clang::QualType Type,
                      clang::SourceLocation Location);

  clang::ASTContext *Context = nullptr;
  clang::Sema *S = nullptr;
  clang::QualType Type; // of this input's value; null: none
  clang::SourceLocation Begin;
  std::vector<clang::QualType> Types;
  clang::QualType LastType;                     // of the value before
  clang::VarDecl *LastVariable = nullptr;       // that this input has used as `_`
  unsigned Values = 0;                          // of the inputs so far
  std::map<unsigned, Shown> ByInput;            // the values of those with a number
  std::map<std::string, clang::VarDecl *> Used; // of them, by this input; by symbol
  bool Keeps = true;
  bool HasStreaming = false; // the inputs declare an operator<<
  clang::VarDecl *ArgumentCount = nullptr,
                 *Arguments = nullptr; // if they have been used
};

} // namespace forkrepl
