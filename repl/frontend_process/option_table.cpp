#include "option_table.h"

#include "clang_files.h"

#include "clang/Options/Options.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Option/Option.h"
#include "llvm/Support/JSON.h"

#include <map>
#include <string>

using namespace llvm;
using opt::Option;

namespace {

// The words of repl/clang/options/table.py; none for what is no option.
StringRef kindOf(const Option &Opt) {
  switch (Opt.getKind()) {
  case Option::FlagClass:
    return "flag";
  case Option::JoinedClass:
  case Option::ValuesClass:
    return "joined";
  case Option::SeparateClass:
    return "separate";
  case Option::RemainingArgsClass:
  case Option::RemainingArgsJoinedClass:
    return "remaining";
  case Option::CommaJoinedClass:
    return "comma_joined";
  case Option::MultiArgClass:
    return "several";
  case Option::JoinedOrSeparateClass:
    return "joined_or_separate";
  case Option::JoinedAndSeparateClass:
    return "joined_and_separate";
  default:
    return "";
  }
}

// "<f group>", "<CompileOnly group>": from the innermost to the outermost.
json::Array groupsOf(const Option &Opt) {
  json::Array Groups;
  for (Option Group = Opt.getGroup(); Group.isValid(); Group = Group.getGroup())
    Groups.push_back(Group.getName().trim("<>"));
  return Groups;
}

// The values that an alias stands for: a list of texts in one, with zeros between them.
json::Array aliasValues(const Option &Opt) {
  json::Array Values;
  if (const char *At = Opt.getAliasArgs())
    for (; *At; At += StringRef(At).size() + 1)
      Values.push_back(At);
  return Values;
}

} // namespace

void forkrepl::writeOptionTable(raw_ostream &Output) {
  const opt::OptTable &Table = clang::getDriverOptTable();
  // Several may have one name, as -O alone and -O with a level.
  std::map<std::string, json::Array> Options;
  json::Array Internal;
  for (unsigned Id = 1; Id <= Table.getNumOptions(); ++Id) {
    const Option Opt = Table.getOption(Id);
    if (!Opt.isValid() || kindOf(Opt).empty())
      continue;
    bool OfDriver = Opt.hasVisibilityFlag(clang::options::ClangOption);
    SmallVector<StringRef> Prefixes;
    Table.appendOptionPrefixes(Id, Prefixes);
    for (StringRef Prefix : Prefixes) {
      std::string Name = (Prefix + Opt.getName()).str();
      if (!OfDriver) {
        if (Opt.hasVisibilityFlag(clang::options::CC1Option))
          Internal.push_back(std::move(Name));
        continue;
      }
      // An alias names another option, perhaps by way of another alias.
      const Option Meant = Opt.getUnaliasedOption();
      Options[Name].push_back(json::Array{
          kindOf(Opt), Opt.getNumArgs(), Meant.getPrefixedName(), aliasValues(Opt),
          groupsOf(Meant), Opt.hasFlag(clang::options::Unsupported)});
    }
  }
  json::Object ByName;
  for (auto &[Name, Rows] : Options)
    ByName[Name] = std::move(Rows);
  json::Array Folders(forkrepl::llvmLibraryFolders());
  Output << json::Value(json::Object{{"options", std::move(ByName)},
                                     {"internal", std::move(Internal)},
                                     {"library_folders", std::move(Folders)}})
         << "\n";
}
