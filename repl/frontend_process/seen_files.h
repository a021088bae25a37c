// The files of the user's that have been read, as they were then.
//
// Inputs are parsed again long after they came: after an error, for other flags. A header
// that has been edited since would then mean something else than what the program was
// compiled from. So what has been read once is read from memory from then on. The
// controller learns of each file with the input that was the first to read it, and sends
// it with that input to the copies of this process that parse it again.
//
// The compilers' own headers are read from disk.
#pragma once

#include "protocol.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/VirtualFileSystem.h"

#include <map>
#include <tuple>
#include <vector>

namespace forkrepl {

class SeenFiles : public llvm::vfs::ProxyFileSystem {
public:
  explicit SeenFiles(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> Real)
      : ProxyFileSystem(std::move(Real)) {}

  llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine &Path) override;
  bool exists(const llvm::Twine &Path) override { return bool(status(Path)); }
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>>
  openFileForRead(const llvm::Twine &Path) override;

  // From the end of the request's blob, where "read" says so, which is cut off there.
  void add(Message &Request);

  // What has been read since the last call: {"path", "size", "time", "device", "inode"};
  // the contents are appended to Blob, in this order.
  llvm::json::Array takeNews(std::string &Blob);

private:
  using Identity = std::tuple<uint64_t, uint64_t, int64_t, uint64_t>;
  struct Seen {
    llvm::vfs::Status Status;
    std::string Text;
    Identity Key;
  };

  const Seen *find(llvm::StringRef Path);
  const Seen *remember(llvm::StringRef Path, const llvm::vfs::Status &Real,
                       std::string Text);

  llvm::StringMap<Seen> Files; // by absolute path
  std::map<Identity, uint64_t> Numbers;
  std::vector<std::string> News;
};

} // namespace forkrepl
