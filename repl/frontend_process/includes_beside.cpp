#include "includes_beside.h"

#include "clang/Basic/FileManager.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"

using namespace clang;
using namespace forkrepl;

class IncludesBeside::Watcher : public PPCallbacks {
public:
  Watcher(Preprocessor &PP, std::shared_ptr<std::string> Name)
      : PP(PP), Name(std::move(Name)) {}

  void FileChanged(SourceLocation Location, FileChangeReason Reason,
                   SrcMgr::CharacteristicKind, FileID) override {
    SourceManager &Sources = PP.getSourceManager();
    if (Reason != EnterFile || Name->empty())
      return;
    // Clang's interpreter has given it the entry of a file that does not exist.
    const SrcMgr::SLocEntry &Entry = Sources.getSLocEntry(Sources.getFileID(Location));
    if (OptionalFileEntryRef File = find()) {
      const_cast<SrcMgr::ContentCache &>(Entry.getFile().getContentCache()).OrigEntry =
          File;
      PP.getHeaderSearchInfo().getFileInfo(*File); // which includers must have
    }
    Name->clear();
  }

private:
  // The name is relative to where the shell is now, among the folders of quoted includes.
  OptionalFileEntryRef find() const {
    FileManager &Files = PP.getFileManager();
    const HeaderSearch &Folders = PP.getHeaderSearchInfo();
    for (auto Folder = Folders.quoted_dir_begin(); Folder != Folders.quoted_dir_end();
         ++Folder)
      if (auto File = Files.getOptionalFileRef((Folder->getName() + "/" + *Name).str()))
        return File;
    return Files.getOptionalFileRef(*Name);
  }

  Preprocessor &PP;
  std::shared_ptr<std::string> Name;
};

void IncludesBeside::begin(Preprocessor &PP) {
  PP.addPPCallbacks(std::make_unique<Watcher>(PP, Name));
}

void IncludesBeside::beginInput(llvm::StringRef Text) {
  Name->clear();
  auto [Before, After] = Text.split('"');
  if (!Before.starts_with("#line ") || Before.contains('\n'))
    return;
  // What stands in the current folder, or was typed, needs nothing; nor do names with
  // escapes, which are rare.
  llvm::StringRef Quoted = After.split('"').first;
  if (Quoted.contains('/') && !Quoted.contains('\\') && !Quoted.contains('\n'))
    *Name = Quoted.str();
}
