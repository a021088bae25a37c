#include "protocol.h"

#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstdint>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

using namespace forkrepl;

namespace {
struct FrameHead {
  uint32_t JsonSize;
  uint32_t BlobSize;
};

// A peer that breaks the protocol cannot be served: the controller notices
// that this process is gone and starts another.
[[noreturn]] void giveUp(const char *Why) {
  llvm::errs() << "forkrepl-frontend: " << Why << ": " << strerror(errno) << "\n";
  _exit(70);
}
} // namespace

bool Connection::readFully(void *Data, size_t Size, int *Descriptor) {
  char *At = static_cast<char *>(Data);
  size_t Left = Size;
  while (Left) {
    iovec Vector = {At, Left};
    alignas(cmsghdr) char Control[CMSG_SPACE(sizeof(int))];
    msghdr Header = {};
    Header.msg_iov = &Vector;
    Header.msg_iovlen = 1;
    Header.msg_control = Control;
    Header.msg_controllen = sizeof Control;
    ssize_t Got = recvmsg(Socket, &Header, MSG_CMSG_CLOEXEC);
    if (Got < 0 && errno == EINTR)
      continue;
    if (Got <= 0) {
      if (Got == 0 && Left == Size)
        return false;
      giveUp("truncated message");
    }
    for (cmsghdr *C = CMSG_FIRSTHDR(&Header); C; C = CMSG_NXTHDR(&Header, C))
      if (Descriptor && C->cmsg_level == SOL_SOCKET && C->cmsg_type == SCM_RIGHTS)
        memcpy(Descriptor, CMSG_DATA(C), sizeof(int));
    At += Got;
    Left -= Got;
  }
  return true;
}

void Connection::writeFully(const void *Data, size_t Size) {
  const char *At = static_cast<const char *>(Data);
  while (Size) {
    ssize_t Sent = ::send(Socket, At, Size, MSG_NOSIGNAL);
    if (Sent < 0 && errno == EINTR)
      continue;
    if (Sent <= 0)
      _exit(0); // the controller is gone: nobody to tell
    At += Sent;
    Size -= Sent;
  }
}

bool Connection::receive(Message &Into) {
  FrameHead Head;
  Into = Message();
  if (!readFully(&Head, sizeof Head, &Into.Descriptor))
    return false;
  std::string Json(Head.JsonSize, '\0');
  Into.Blob.resize(Head.BlobSize);
  if ((Head.JsonSize && !readFully(Json.data(), Json.size())) ||
      (Head.BlobSize && !readFully(Into.Blob.data(), Into.Blob.size())))
    giveUp("truncated message");
  llvm::Expected<llvm::json::Value> Parsed = llvm::json::parse(Json);
  if (!Parsed || !Parsed->getAsObject())
    giveUp("malformed message");
  Into.Header = std::move(*Parsed->getAsObject());
  return true;
}

void Connection::send(llvm::json::Object Header, llvm::StringRef Blob) {
  std::string Json;
  llvm::raw_string_ostream Stream(Json);
  Stream << llvm::json::Value(std::move(Header));
  Stream.flush();
  FrameHead Head = {static_cast<uint32_t>(Json.size()),
                    static_cast<uint32_t>(Blob.size())};
  std::string Frame(reinterpret_cast<const char *>(&Head), sizeof Head);
  Frame += Json;
  Frame += Blob;
  writeFully(Frame.data(), Frame.size());
}

void Connection::replaceWith(int Descriptor) {
  close(Socket);
  Socket = Descriptor;
  watch();
}

static int WatchedSocket;

// Comes for every message too, which is no reason to end.
static void onSocketEvent(int) {
  int Saved = errno;
  pollfd Poll = {WatchedSocket, POLLRDHUP, 0};
  if (poll(&Poll, 1, 0) > 0 && Poll.revents & (POLLRDHUP | POLLHUP))
    _exit(0);
  errno = Saved;
}

void Connection::watch() {
  WatchedSocket = Socket;
  struct sigaction Action = {};
  Action.sa_handler = onSocketEvent;
  Action.sa_flags = SA_RESTART;
  sigaction(SIGIO, &Action, nullptr);
  fcntl(Socket, F_SETOWN, getpid());
  fcntl(Socket, F_SETFL, fcntl(Socket, F_GETFL) | O_ASYNC);
}
