#include "clang_files.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

#define MAJOR LLVM_STRINGIFY_OF(LLVM_VERSION_MAJOR)
#define LLVM_STRINGIFY_OF(VALUE) LLVM_STRINGIFY(VALUE)
#define LLVM_STRINGIFY(VALUE) #VALUE

static bool hasHeaders(const Twine &Folder) {
  return sys::fs::exists(Folder + "/include/stddef.h");
}

ArrayRef<StringRef> forkrepl::llvmLibraryFolders() {
  // The build's own comes first; it may be where no system has it.
  static const StringRef Folders[] = {
      sys::path::parent_path(sys::path::parent_path(FORKREPL_RESOURCE_DIR)),
      "/usr/lib/llvm-" MAJOR "/lib",
      "/usr/lib64/llvm" MAJOR "/lib64",
      "/usr/lib64",
      "/usr/lib",
      "/usr/local/lib"};
  return Folders;
}

const std::string &forkrepl::systemResourceFolder() {
  static const std::string Folder = [] {
    for (StringRef Libraries : llvmLibraryFolders()) {
      std::string Found = (Libraries + "/clang/" MAJOR).str();
      if (sys::fs::is_directory(Found))
        return Found;
    }
    return std::string();
  }();
  return Folder;
}

const std::string &forkrepl::clangProgram() {
  static const std::string Program = sys::fs::getMainExecutable(nullptr, nullptr);
  return Program;
}

const std::string &forkrepl::resourceFolder() {
  static const std::string Folder = [] {
    std::string Own = (sys::path::parent_path(clangProgram()) + "/clang").str();
    const std::string &System = systemResourceFolder();
    return !hasHeaders(Own) && hasHeaders(System) ? System : Own;
  }();
  return Folder;
}
