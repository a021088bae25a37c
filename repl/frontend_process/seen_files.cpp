#include "seen_files.h"

#include "clang_files.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace forkrepl;
using namespace llvm;
using llvm::json::Array;
using llvm::json::Object;

// What is larger is data, or a precompiled header.
static constexpr uint64_t Largest = 16 << 20; // bytes

// Inodes are used again: an editor that writes a file anew frees one that the next file
// gets, and Clang would take the two for one. So files that are known have numbers of
// their own, on a device that does not exist.
static constexpr uint64_t OwnDevice = 0xF0F0F0F0F0F0;

static bool isOfCompiler(StringRef Path) {
  for (StringRef Folder :
       {"/usr/include/", "/usr/lib/", "/usr/local/include/", "/proc/", "/dev/"})
    if (Path.starts_with(Folder))
      return true;
  StringRef InResources = Path;
  if (InResources.consume_front(resourceFolder()) && InResources.starts_with("/"))
    return true;
  return Path.ends_with(".pch");
}

namespace {
// A file in memory.
class SeenFile : public vfs::File {
public:
  SeenFile(vfs::Status Status, StringRef Text) : Known(std::move(Status)), Text(Text) {}

  ErrorOr<vfs::Status> status() override { return Known; }
  ErrorOr<std::unique_ptr<MemoryBuffer>> getBuffer(const Twine &Name, int64_t, bool,
                                                   bool) override {
    return MemoryBuffer::getMemBufferCopy(Text, Name);
  }
  std::error_code close() override { return {}; }

private:
  vfs::Status Known;
  StringRef Text;
};
} // namespace

const SeenFiles::Seen *SeenFiles::remember(StringRef Path, const vfs::Status &Real,
                                           std::string Text) {
  sys::fs::UniqueID ID = Real.getUniqueID();
  int64_t Time = Real.getLastModificationTime().time_since_epoch().count();
  Identity Key(ID.getDevice(), ID.getFile(), Time, Real.getSize());
  uint64_t Number = Numbers.try_emplace(Key, Numbers.size() + 1).first->second;
  vfs::Status Known(Path, {OwnDevice, Number}, Real.getLastModificationTime(), 0, 0,
                    Text.size(), sys::fs::file_type::regular_file, sys::fs::all_read);
  return &Files.insert_or_assign(Path, Seen{Known, std::move(Text), Key}).first->second;
}

// Null for what is read from disk each time.
const SeenFiles::Seen *SeenFiles::find(StringRef Path) {
  auto Known = Files.find(Path);
  if (Known != Files.end())
    return &Known->second;
  if (isOfCompiler(Path) || !json::isUTF8(Path))
    return nullptr;
  ErrorOr<vfs::Status> Real = getUnderlyingFS().status(Path);
  if (!Real || Real->getType() != sys::fs::file_type::regular_file ||
      Real->getSize() > Largest)
    return nullptr;
  ErrorOr<std::unique_ptr<MemoryBuffer>> Buffer =
      getUnderlyingFS().getBufferForFile(Path);
  if (!Buffer)
    return nullptr;
  News.push_back(Path.str());
  return remember(Path, *Real, (*Buffer)->getBuffer().str());
}

static SmallString<256> absolutePath(const vfs::FileSystem &Files, const Twine &Path) {
  SmallString<256> Result;
  Path.toVector(Result);
  (void)Files.makeAbsolute(Result);
  sys::path::remove_dots(Result); // not `..`, which may lead out of a symbolic link
  return Result;
}

ErrorOr<vfs::Status> SeenFiles::status(const Twine &Path) {
  if (const Seen *Known = find(absolutePath(*this, Path)))
    return vfs::Status::copyWithNewName(Known->Status, Path);
  return ProxyFileSystem::status(Path);
}

ErrorOr<std::unique_ptr<vfs::File>> SeenFiles::openFileForRead(const Twine &Path) {
  if (const Seen *Known = find(absolutePath(*this, Path)))
    return std::make_unique<SeenFile>(vfs::Status::copyWithNewName(Known->Status, Path),
                                      Known->Text);
  return ProxyFileSystem::openFileForRead(Path);
}

void SeenFiles::add(Message &Request) {
  const Array *Told = Request.Header.getArray("read");
  if (!Told)
    return;
  size_t Total = 0;
  for (const json::Value &Each : *Told)
    Total += Each.getAsObject()->getInteger("size").value_or(0);
  if (Total > Request.Blob.size())
    return;
  size_t At = Request.Blob.size() - Total;
  StringRef Contents = StringRef(Request.Blob);
  for (const json::Value &Each : *Told) {
    const Object &File = *Each.getAsObject();
    size_t Size = File.getInteger("size").value_or(0);
    sys::TimePoint<> Time(
        std::chrono::nanoseconds(File.getInteger("time").value_or(0)));
    vfs::Status Real("",
                     {uint64_t(File.getInteger("device").value_or(0)),
                      uint64_t(File.getInteger("inode").value_or(0))},
                     Time, 0, 0, Size, sys::fs::file_type::regular_file,
                     sys::fs::all_read);
    remember(File.getString("path").value_or(""), Real,
             Contents.substr(At, Size).str());
    At += Size;
  }
  Request.Blob.resize(Request.Blob.size() - Total);
}

Array SeenFiles::takeNews(std::string &Blob) {
  Array Told;
  for (const std::string &Path : std::exchange(News, {})) {
    const Seen &File = Files.find(Path)->second;
    auto [Device, Inode, Time, Size] = File.Key;
    Told.push_back(Object{{"path", Path},
                          {"size", int64_t(File.Text.size())},
                          {"time", Time},
                          {"device", int64_t(Device)},
                          {"inode", int64_t(Inode)}});
    Blob += File.Text;
  }
  return Told;
}
