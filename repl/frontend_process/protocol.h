// Framed messages between the controller and the frontend, over one Unix
// stream socket. The Python side of the same format is repl/clang/framing.py.
//
//   u32 json size | u32 blob size | json | blob        (little endian)
#pragma once

#include "llvm/Support/JSON.h"

#include <string>

namespace forkrepl {

// A message: a JSON object and the bytes that would not fit well in JSON
// (source text on the way in, bitcode on the way out).
struct Message {
  llvm::json::Object Header;
  std::string Blob;
  int Descriptor = -1; // passed with SCM_RIGHTS, owned by the receiver
};

class Connection {
public:
  explicit Connection(int Descriptor) : Socket(Descriptor) { watch(); }

  // False at end of file, which is how the controller says "you are done".
  bool receive(Message &Into);
  void send(llvm::json::Object Header, llvm::StringRef Blob = {});

  // Serve another socket from now on and close this one (after a fork).
  void replaceWith(int Descriptor);

private:
  // Ends this process when the controller is gone, even while Clang is busy.
  void watch();

  bool readFully(void *Data, size_t Size, int *Descriptor = nullptr);
  void writeFully(const void *Data, size_t Size);

  int Socket;
};

} // namespace forkrepl
