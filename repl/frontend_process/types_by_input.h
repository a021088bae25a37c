// Which of several types of one name a diagnostic means: "from 'P' (In[4]) to 'P' (In[1])".
//
// When an input has declared a name again, messages that name the old type, or both, say
// which input each is of.
#pragma once

namespace clang {
class Sema;
}

namespace forkrepl {

// To be called when there is a Sema, which has set what Clang does by itself.
void tellTypesByInput(clang::Sema &S);

} // namespace forkrepl
