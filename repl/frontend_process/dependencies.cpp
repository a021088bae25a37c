#include "dependencies.h"

#include "clang/Basic/Version.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <dlfcn.h>

using namespace clang;
using namespace forkrepl;

// Another build of the same version of Clang may not be able to read the file.
static std::string clangLibrary() {
  Dl_info Library;
  auto *Inside = reinterpret_cast<void *>(&getClangFullVersion);
  return dladdr(Inside, &Library) ? Library.dli_fname : "";
}

static std::string absolute(llvm::StringRef Path) {
  llvm::SmallString<256> Result = Path;
  (void)llvm::sys::fs::make_absolute(Result);
  return Result.str().str();
}

class Dependencies::Watcher : public PPCallbacks {
public:
  Watcher(Dependencies &Owner, Preprocessor &PP) : Owner(Owner), PP(PP) {
    for (const char *Name : {"__DATE__", "__TIME__", "__TIMESTAMP__"})
      Volatile.push_back(PP.getIdentifierInfo(Name));
  }

  void MacroExpands(const Token &Name, const MacroDefinition &, SourceRange,
                    const MacroArgs *) override {
    Owner.IsVolatile |= llvm::is_contained(Volatile, Name.getIdentifierInfo());
  }

  void InclusionDirective(SourceLocation Place, const Token &, llvm::StringRef Name,
                          bool IsAngled, CharSourceRange, OptionalFileEntryRef File,
                          llvm::StringRef, llvm::StringRef, const Module *, bool,
                          SrcMgr::CharacteristicKind) override {
    if (!IsAngled)
      noteBeside(Place, Name, File);
  }

  void HasInclude(SourceLocation Place, llvm::StringRef Name, bool IsAngled,
                  OptionalFileEntryRef File, SrcMgr::CharacteristicKind) override {
    if (!IsAngled)
      noteBeside(Place, Name, File);
    if (File)
      Owner.maybeAddDependency(File->getName(), false, false, false, false);
    else // perhaps in a folder below one that is searched
      for (const std::string &Folder : Owner.Folders)
        Owner.Absent.insert(absolute(Folder + "/" + Name.str()));
  }

private:
  // A quoted name is first looked for beside the file that includes it.
  void noteBeside(SourceLocation Place, llvm::StringRef Name,
                  OptionalFileEntryRef File) {
    const SourceManager &Sources = PP.getSourceManager();
    llvm::StringRef Includer = Sources.getFilename(Sources.getExpansionLoc(Place));
    std::vector<std::string> Where = Owner.Quoted;
    Where.insert(Where.begin(), llvm::sys::path::parent_path(Includer).str());
    for (const std::string &Folder : Where) {
      llvm::SmallString<256> Path(Folder);
      llvm::sys::path::append(Path, Name);
      if (File && llvm::sys::fs::equivalent(File->getName(), Path))
        return;
      Owner.Absent.insert(absolute(Path));
    }
  }

  Dependencies &Owner;
  Preprocessor &PP;
  llvm::SmallVector<const IdentifierInfo *, 3> Volatile; // macros
};

void Dependencies::attachToPreprocessor(Preprocessor &PP) {
  DependencyCollector::attachToPreprocessor(PP);
  // Not those for quoted names: programs write files into the folder that they are in.
  const HeaderSearch &Search = PP.getHeaderSearchInfo();
  auto Each = Search.search_dir_begin();
  for (; Each != Search.angled_dir_begin(); ++Each)
    Quoted.push_back(Each->getName().str());
  for (; Each != Search.search_dir_end(); ++Each)
    Folders.push_back(absolute(Each->getName()));
  PP.addPPCallbacks(std::make_unique<Watcher>(*this, PP));
}

bool Dependencies::sawDependency(llvm::StringRef Name, bool, bool, bool, bool) {
  return Name != MainFile && llvm::sys::fs::exists(Name); // some are only in memory
}

void Dependencies::print(llvm::raw_ostream &Stream) const {
  Stream << "file " << clangLibrary() << "\n";
  for (const std::string &File : getDependencies())
    Stream << "file " << absolute(File) << "\n";
  for (const std::string &Folder : Folders)
    Stream << "folder " << Folder << "\n";
  for (const std::string &Path : Absent)
    Stream << "absent " << Path << "\n";
  if (IsVolatile)
    Stream << "volatile\n";
}
