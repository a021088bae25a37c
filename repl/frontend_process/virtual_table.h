// Another function in the place of a virtual one of Clang's.
#pragma once

#include "llvm/Support/Error.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace forkrepl {

// For all objects of the class that this one is of. `Member`: a pointer to the virtual
// function; `Other` gets the object first (Itanium C++ ABI, 2.3 and 2.5).
template <typename Class, typename MemberPointer, typename Function>
llvm::Error exchangeVirtual(Class *Object, MemberPointer Member, Function *Other) {
  // A pointer to a virtual function is 1 + its offset in the table.
  uintptr_t Offset, Table;
  memcpy(&Offset, &Member, sizeof Offset);
  memcpy(&Table, static_cast<void *>(Object), sizeof Table);
  uintptr_t Slot = Table + Offset - 1;
  uintptr_t Page = Slot & -sysconf(_SC_PAGESIZE);
  auto *Start = reinterpret_cast<void *>(Page);
  size_t Size = Slot + sizeof(void *) - Page;
  if (mprotect(Start, Size, PROT_READ | PROT_WRITE) < 0)
    return llvm::createStringError("mprotect: %s", strerror(errno));
  *reinterpret_cast<Function **>(Slot) = Other;
  mprotect(Start, Size, PROT_READ);
  return llvm::Error::success();
}

} // namespace forkrepl
