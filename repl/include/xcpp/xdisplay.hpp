// What notebooks for xeus-cling and xeus-cpp include: see forkrepl/display.hpp.
#ifndef XCPP_DISPLAY_HPP
#define XCPP_DISPLAY_HPP

#ifndef FORKREPL_NO_GLOBAL_NAMES
#define FORKREPL_NO_GLOBAL_NAMES // xeus has none
#include <forkrepl/display.hpp>
#undef FORKREPL_NO_GLOBAL_NAMES
#else
#include <forkrepl/display.hpp>
#endif

namespace xcpp {

template <typename T> void display(const T &object) { forkrepl::display(object); }

template <typename T>
void display(const T &object, const std::string &id, bool update = false) {
  if (update)
    forkrepl::update_display(object, id);
  else
    forkrepl::display(object, id);
}

inline void clear_output(bool wait = false) { forkrepl::clear_output(wait); }

} // namespace xcpp

#endif
