#include "input_scout.h"

#include "scout_parser.h"

#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h" // completes a type of clang/Interpreter/Interpreter.h

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

using namespace clang;
using namespace forkrepl;

namespace {

[[noreturn]] void runInChild(const InputTokens &Text, size_t First, bool Whole,
                             CompilerInstance &CI, int Answer) {
  // Nobody wants to read how Clang dies.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (int Nowhere = open("/dev/null", O_WRONLY); Nowhere >= 0)
    dup2(Nowhere, STDERR_FILENO);
  parseAsScout(Text, First, Whole, CI, Answer);
}

bool receive(int Descriptor, ScoutReport &Report, int Limit) {
  pollfd Wait{Descriptor, POLLIN, 0};
  auto End = std::chrono::steady_clock::now() + std::chrono::milliseconds(Limit);
  while (true) {
    auto Left = std::chrono::duration_cast<std::chrono::milliseconds>(
        End - std::chrono::steady_clock::now());
    int Ready = poll(&Wait, 1, std::max<int>(Left.count(), 0));
    if (Ready >= 0 || errno != EINTR)
      return Ready > 0 && read(Descriptor, &Report, sizeof Report) == sizeof Report;
  }
}

// The first line end outside of brackets.
ScoutReport guess(const InputTokens &Text, size_t First, bool Whole) {
  for (size_t Index = First; Index < Text.Tokens.size(); ++Index)
    if (Text.Tokens[Index].Brackets <= 0 && Text.Tokens[Index].Conditionals == 0 &&
        Text.endsLine(Index) && (!Whole || Index + 1 == Text.Tokens.size()))
      return {Text.endOfLine(Index), InputRest::Nothing};
  return {0, Text.isBeyondRepair() ? InputRest::Wrong : InputRest::Incomplete};
}

} // namespace

ScoutReport forkrepl::scout(const InputTokens &Text, size_t First, bool Whole,
                            int Limit, clang::Interpreter &Interpreter) {
  ScoutReport Report;
  int Ends[2];
  if (pipe2(Ends, O_CLOEXEC) < 0)
    return guess(Text, First, Whole);
  pid_t Child = fork();
  if (Child == 0)
    runInChild(Text, First, Whole, *Interpreter.getCompilerInstance(), Ends[1]);
  close(Ends[1]);
  bool Known = Child > 0 && receive(Ends[0], Report, Limit);
  if (Child > 0 && !Known)
    kill(Child, SIGKILL);
  close(Ends[0]);
  return Known ? Report : guess(Text, First, Whole);
}
