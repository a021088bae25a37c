#include "similar_names.h"

#include "diagnostic_arguments.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclLookups.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/IdentifierTable.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <algorithm>
#include <tuple>
#include <vector>

using namespace clang;
using namespace forkrepl;

namespace {

constexpr size_t LongestName = 64;

// How many slips turn one into the other: a letter that is missing, one too many, another
// one, or two that have changed places. Limit + 1 if there are more than Limit.
unsigned slipsBetween(llvm::StringRef A, llvm::StringRef B, unsigned Limit) {
  if (std::max(A.size(), B.size()) - std::min(A.size(), B.size()) > Limit)
    return Limit + 1;
  std::vector<unsigned> Older(B.size() + 1), Last(B.size() + 1), Row(B.size() + 1);
  for (size_t J = 0; J <= B.size(); ++J)
    Last[J] = J;
  for (size_t I = 1; I <= A.size(); ++I) {
    Row[0] = I;
    for (size_t J = 1; J <= B.size(); ++J) {
      unsigned Other = Last[J - 1] + (A[I - 1] != B[J - 1]);
      Row[J] = std::min({Last[J] + 1, Row[J - 1] + 1, Other});
      if (I > 1 && J > 1 && A[I - 1] == B[J - 2] && A[I - 2] == B[J - 1])
        Row[J] = std::min(Row[J], Older[J - 2] + 1);
    }
    std::swap(Older, Last);
    std::swap(Last, Row);
  }
  return std::min(Last[B.size()], Limit + 1);
}

bool isAnagram(llvm::StringRef A, llvm::StringRef B) {
  std::string First = A.str(), Second = B.str();
  llvm::sort(First);
  llvm::sort(Second);
  return First == Second;
}

class Search {
public:
  Search(llvm::StringRef Name, const SourceManager &Sources, bool IsQualified)
      : Name(Name), Sources(Sources), IsQualified(IsQualified),
        Limit(Name.size() < 3 ? 0 : (Name.size() + 2) / 4) {}

  void visit(const DeclContext *Context) {
    if (!Limit || !Context || Context->isDependentContext())
      return;
    Context = const_cast<DeclContext *>(Context)->getPrimaryContext();
    if (!Seen.insert(Context).second)
      return;
    auto All = Context->lookups();
    for (auto It = All.begin(); It != All.end(); ++It)
      if (IdentifierInfo *Each = It.getLookupName().getAsIdentifierInfo())
        consider(Each->getName(), *It);
    if (const auto *Class = dyn_cast<CXXRecordDecl>(Context);
        Class && Class->hasDefinition())
      for (const CXXBaseSpecifier &Base : Class->bases())
        visit(Base.getType()->getAsCXXRecordDecl());
    for (const UsingDirectiveDecl *Directive : Context->using_directives())
      visit(Directive->getNominatedNamespace());
  }

  // What may begin a statement or a declaration: `retrun`.
  void visitKeywords(const LangOptions &Options) {
    IdentifierTable Words(Options);
    for (const auto &Each : Words) {
      if (!Each.second->isKeyword(Options) || !isForUsers(Each.first()) ||
          !isAnagram(Name, Each.first()))
        continue;
      unsigned Slips = slipsBetween(Name, Each.first(), 1);
      if (Slips == 1)
        rank(Each.first(), Slips);
    }
  }

  std::string best() const { return Best; }

private:
  // A name for users, which is not the implementation's own.
  bool isForUsers(llvm::StringRef Other) const {
    return !Other.starts_with("_") || Name.starts_with("_");
  }

  void consider(llvm::StringRef Other, DeclContext::lookup_result Found) {
    if (!isForUsers(Other) || Found.empty())
      return;
    unsigned Slips = slipsBetween(Name, Other, Limit);
    if (Slips == 0 || Slips > Limit)
      return;
    const NamedDecl *Decl = Found.front();
    if (Decl->getAccess() == AS_private || Decl->getAccess() == AS_protected)
      return;
    // The C library has a name for almost every short word.
    if (!IsQualified && !isAnagram(Name, Other) &&
        Sources.isInSystemHeader(Decl->getLocation()))
      return;
    rank(Other, Slips);
  }

  void rank(llvm::StringRef Other, unsigned Slips) {
    auto Rank =
        std::tuple(Slips, !isAnagram(Name, Other), Name.front() != Other.front(),
                   Name.size() != Other.size(), Other.str());
    if (Best.empty() || Rank < BestRank) {
      BestRank = Rank;
      Best = Other.str();
    }
  }

  llvm::StringRef Name;
  const SourceManager &Sources;
  bool IsQualified;
  unsigned Limit;
  llvm::SmallPtrSet<const DeclContext *, 8> Seen;
  std::tuple<unsigned, bool, bool, bool, std::string> BestRank;
  std::string Best;
};

} // namespace

std::string forkrepl::similarName(const Diagnostic &Error, const ASTContext &Context) {
  bool IsQualified = true;
  const DeclContext *Where = nullptr;
  switch (Error.getID()) {
  case diag::err_no_member:
  case diag::err_no_member_template:
  case diag::err_typename_nested_not_found:
    Where = contextAt(Error, 1);
    break;
  case diag::err_undeclared_var_use:
  case diag::err_no_template:
  case diag::err_unknown_typename:
    IsQualified = false;
    Where = Context.getTranslationUnitDecl();
    break;
  default:
    return {};
  }
  std::string Name = nameAt(Error, 0);
  if (!Where || Name.empty() || Name.size() > LongestName)
    return {};
  Search Names(Name, Context.getSourceManager(), IsQualified);
  Names.visit(Where);
  if (!IsQualified)
    Names.visitKeywords(Context.getLangOpts());
  return Names.best();
}
