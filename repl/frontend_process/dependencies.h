// What the result of a compilation depends on, besides its main file and its flags.
#pragma once

#include "clang/Frontend/Utils.h"

#include <set>
#include <string>
#include <vector>

namespace forkrepl {

class Dependencies : public clang::DependencyCollector {
public:
  // MainFile: its name, as Clang has it.
  explicit Dependencies(llvm::StringRef MainFile) : MainFile(MainFile) {}

  void attachToPreprocessor(clang::Preprocessor &PP) override;
  bool needSystemDependencies() override { return true; }
  bool sawDependency(llvm::StringRef Name, bool, bool, bool, bool) override;

  // One in each line: "file PATH" for each file that was read, "folder PATH" for each folder
  // in which headers are looked for, "absent PATH" for a file that was looked for elsewhere
  // and was not there; "volatile" if the result is another each time.
  void print(llvm::raw_ostream &Stream) const;

private:
  class Watcher;

  std::string MainFile;
  std::vector<std::string> Quoted; // folders in which only quoted names are looked for
  std::vector<std::string> Folders;
  std::set<std::string> Absent;
  bool IsVolatile = false;
};

} // namespace forkrepl
