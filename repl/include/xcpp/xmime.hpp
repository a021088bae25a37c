// What notebooks for xeus-cling and xeus-cpp include: how types look is found by the name
// mime_bundle_repr, and nothing has to be declared for that.
#ifndef XCPP_MIME_HPP
#define XCPP_MIME_HPP
#endif
