// What a diagnostic of Clang's says about where an input ends.
#pragma once

namespace forkrepl {

// A `;` is all that is missing.
bool isMissingSemicolon(unsigned ID);

// Of what has a name that it does not know, Clang cannot tell what it needs.
bool isUnknownName(unsigned ID);

} // namespace forkrepl
