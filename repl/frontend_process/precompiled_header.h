// Precompiled headers: making one, and what a process needs that begins with one.
//
// The main file of a precompiled header is nothing but `#include <...>` lines after
// `#line 1 "/<precompiled>"`, one for each header in the order in which the user's
// inputs include them. So line N of it stands for the place of the Nth include.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/JSON.h"

#include <memory>
#include <string>
#include <vector>

namespace forkrepl {

// Arguments: the output file and all of Clang's flags. Reads the main file from standard
// input. Writes to standard output what the result depends on, see dependencies.h. Returns
// the exit status; the reason of a failure goes to standard error.
int precompile(llvm::ArrayRef<const char *> Arguments);

// The same for what program_file.h compiles, which is no input of an interpreter.
int precompileForPrograms(llvm::ArrayRef<const char *> Arguments);

// What a process that began with a precompiled header has to set right.
class PrecompiledState {
public:
  // Places: "NAME:LINE" of each include.
  void begin(const llvm::json::Array *Places);

  // Takes the code that came with the header. Emitted: the names of what has been sent
  // already.
  void offer(std::unique_ptr<llvm::Module> Code, const llvm::json::Array *Emitted);

  // Whether some but not all had been sent: then the header cannot be used.
  bool overlaps() const { return Overlaps; }

  bool hasCode() const { return Code != nullptr; }

  // Joins that code, once, with the code of the first input.
  void joinInto(std::unique_ptr<llvm::Module> &Input);

  // Names the places of the user's includes in a text of Clang's.
  std::string withPlaces(llvm::StringRef Text) const;

private:
  std::unique_ptr<llvm::Module> Code;
  bool Overlaps = false;
  std::vector<std::string> Places;
};

// The names of the variables that a module defines, and of the functions that no other
// may define.
std::vector<std::string> definedNames(const llvm::Module &Module);

} // namespace forkrepl
