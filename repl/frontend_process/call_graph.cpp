#include "call_graph.h"

#include "reached_classes.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/Mangle.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

namespace {
// Functions, by what they call: which of them can come to look at an object of a class.
class CallGraph {
public:
  CallGraph(ASTContext &Context, const llvm::StringSet<> &Wanted)
      : Context(Context), Wanted(Wanted) {}

  void add(const FunctionDecl *Called) {
    if (!Called || Called->isDependentContext())
      return;
    const FunctionDecl *D = Called->getDefinition();
    D = D ? D : Called->getCanonicalDecl();
    if (Functions.insert({D, {}}).second)
      Pending.push_back(D);
    if (Current)
      Functions[D].Callers.push_back(Current);
  }

  void see(QualType Type) {
    if (Current && isWanted(Type))
      Functions[Current].Uses = true;
  }

  // The symbols of those that cannot.
  Array independent();

private:
  struct Node {
    bool Uses = false;
    std::vector<const FunctionDecl *> Callers;
  };

  bool isWanted(QualType Type);
  void look(const FunctionDecl *D);
  void spread();

  ASTContext &Context;
  const llvm::StringSet<> &Wanted;
  llvm::DenseMap<QualType, bool> Types;
  llvm::MapVector<const FunctionDecl *, Node> Functions;
  std::vector<const FunctionDecl *> Pending;
  const FunctionDecl *Current = nullptr;
};

// Tells a graph what code refers to.
class CodeReader : public RecursiveASTVisitor<CodeReader> {
public:
  explicit CodeReader(CallGraph &Graph) : Graph(Graph) {}

  bool shouldVisitTemplateInstantiations() const { return true; }
  bool shouldVisitImplicitCode() const { return true; }

  bool VisitFunctionDecl(FunctionDecl *D) {
    if (D->isThisDeclarationADefinition())
      Graph.add(D);
    return true;
  }
  bool VisitExpr(Expr *E) {
    Graph.see(E->getType());
    return true;
  }
  bool VisitVarDecl(VarDecl *D) {
    Graph.see(D->getType());
    addMembers(D->getType());
    return true;
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    Graph.add(dyn_cast<FunctionDecl>(E->getDecl()));
    return true;
  }
  bool VisitMemberExpr(MemberExpr *E) {
    Graph.add(dyn_cast<FunctionDecl>(E->getMemberDecl()));
    return true;
  }
  bool VisitCXXConstructExpr(CXXConstructExpr *E) {
    Graph.add(E->getConstructor());
    addMembers(E->getType());
    return true;
  }
  bool VisitCXXDeleteExpr(CXXDeleteExpr *E) {
    addMembers(E->getDestroyedType());
    return true;
  }
  bool VisitLambdaExpr(LambdaExpr *E) {
    Graph.add(E->getCallOperator());
    return true;
  }

private:
  // What is called without a word: destructors, and what virtual tables have.
  void addMembers(QualType Type) {
    if (Type.isNull() || Type->isDependentType())
      return;
    const CXXRecordDecl *Class = Type->getBaseElementTypeUnsafe()->getAsCXXRecordDecl();
    if (!Class || !Class->hasDefinition())
      return;
    Graph.add(Class->getDestructor());
    if (Class->isDynamicClass())
      for (const CXXMethodDecl *Method : Class->methods())
        if (Method->isVirtual())
          Graph.add(Method);
  }

  CallGraph &Graph;
};
} // namespace

bool CallGraph::isWanted(QualType Type) {
  if (Type.isNull() || Type->isDependentType())
    return false;
  Type = Type.getCanonicalType();
  auto [Known, IsNew] = Types.try_emplace(Type, false);
  if (!IsNew)
    return Known->second;
  Records Reached;
  reach(Type, Reached);
  bool Is = llvm::any_of(Reached, [this](const RecordDecl *Each) {
    return Wanted.contains(typeName(Context, Context.getCanonicalTagType(Each)));
  });
  return Types[Type] = Is;
}

void CallGraph::look(const FunctionDecl *D) {
  Current = D;
  see(D->getType());
  if (const auto *Method = dyn_cast<CXXMethodDecl>(D))
    see(Context.getCanonicalTagType(Method->getParent()));
  CodeReader Reader(*this);
  if (const auto *Constructor = dyn_cast<CXXConstructorDecl>(D))
    for (const CXXCtorInitializer *Each : Constructor->inits())
      Reader.TraverseStmt(Each->getInit());
  if (Stmt *Body = D->getBody())
    Reader.TraverseStmt(Body);
  Current = nullptr;
}

void CallGraph::spread() {
  std::vector<const FunctionDecl *> Using;
  for (auto &[D, Each] : Functions)
    if (Each.Uses)
      Using.push_back(D);
  while (!Using.empty()) {
    const FunctionDecl *D = Using.back();
    Using.pop_back();
    for (const FunctionDecl *Caller : Functions[D].Callers)
      if (!std::exchange(Functions[Caller].Uses, true))
        Using.push_back(Caller);
  }
}

Array CallGraph::independent() {
  while (!Pending.empty()) {
    const FunctionDecl *D = Pending.back();
    Pending.pop_back();
    look(D);
  }
  spread();
  ASTNameGenerator Names(Context);
  Array Found;
  for (auto &[D, Each] : Functions)
    if (!Each.Uses && D->isDefined())
      for (const std::string &Name : Names.getAllManglings(D))
        Found.push_back(llvm::json::fixUTF8(llvm::StringRef(Name).ltrim('\1')));
  return Found;
}

Object forkrepl::findIndependent(ASTContext &Context, size_t Inputs,
                                 const Array &Classes) {
  llvm::StringSet<> Wanted;
  for (const llvm::json::Value &Each : Classes)
    Wanted.insert(Each.getAsString().value_or(""));
  CallGraph Graph(Context, Wanted);
  CodeReader Reader(Graph);
  traverseInputs(Context, Inputs, [&](Decl *D) { Reader.TraverseDecl(D); });
  return Object{{"ok", true}, {"symbols", Graph.independent()}};
}
