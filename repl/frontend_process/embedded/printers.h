// Parsed, before functions that call it, when a value is to be printed by what its user has
// written (printers.cpp, which has macros say whether some headers have been included). All names
// are reserved ones, because the user's macros are in force.
//
// The best __show that is possible for a type prints it. Only its declaration is looked at for
// that, so what is chosen may still fail to compile: then there are no printers for this value.
#ifdef FORKREPL_STREAMS
#include <ostream>
#include <streambuf>
#endif
#ifdef FORKREPL_STRING_VIEWS
#include <string_view>
#endif

namespace __forkrepl_printing {

// struct printer_calls of the executor (printer.c).
struct __calls {
  void (*__write)(const char *, unsigned long);
  int (*__element)(const void *, int);
};

// What __show returns says who prints: describePrinters reads it.
template <int __Number, class __T> struct __kind {
  static constexpr int __number = __Number;
  typedef __T __element;
};

// An argument for the overload that is to be tried first; the others accept it, too.
template <int __N> struct __rank : __rank<__N - 1> {};
template <> struct __rank<0> {};

template <class __T> struct __unreferenced {
  typedef __T __type;
};
template <class __T> struct __unreferenced<__T &> {
  typedef __T __type;
};
template <class __T> struct __unreferenced<__T &&> {
  typedef __T __type;
};
template <bool> struct __enable {};
template <> struct __enable<true> {
  typedef int __type;
};
template <class __T> __T &__an();

// Writes what a forkrepl_print has returned.
template <class __S>
auto __text(const __calls *__c, const __S &__s, __rank<2>)
    -> decltype((void)static_cast<const char *>(__s.data()),
                (void)static_cast<unsigned long>(__s.size())) {
  __c->__write(__s.data(), __s.size());
}

template <class __S>
auto __text(const __calls *__c, const __S &__s, __rank<1>)
    -> decltype((void)static_cast<const char *>(__s)) {
  const char *__t = static_cast<const char *>(__s);
  __c->__write(__t ? __t : "nullptr", __t ? __builtin_strlen(__t) : 7);
}

#ifdef FORKREPL_STRING_VIEWS
template <class __S>
auto __text(const __calls *__c, const __S &__s, __rank<0>)
    -> decltype((void)std::string_view(__s)) {
  std::string_view __t(__s);
  __c->__write(__t.data(), __t.size());
}
#endif

// Kind 1: by a forkrepl_print.
template <class __T>
auto __show(const __calls *__c, __T &__object, __rank<3>)
    -> decltype(__text(__c, forkrepl_print(__an<const __T>()), __rank<2>()),
                __kind<1, void>()) {
  __text(__c, forkrepl_print(static_cast<const __T &>(__object)), __rank<2>());
  return {};
}

// Whether a class has an operator<< of its own: specialized for those that have.
template <class __T> struct __own {
  static constexpr bool __is_true = false;
};

#ifdef FORKREPL_STREAMS
struct __buffer : std::streambuf {
  const __calls *__c;

  explicit __buffer(const __calls *__c) : __c(__c) {}

  std::streamsize xsputn(const char *__string, std::streamsize __count) override {
    __c->__write(__string, __count);
    return __count;
  }

  int_type overflow(int_type __character) override {
    char __one = traits_type::to_char_type(__character);
    __c->__write(&__one, 1);
    return traits_type::not_eof(__character);
  }
};

// Kind 2: by an operator<<. What becomes a number or a pointer by itself could be streamed
// as that, unless it has one of its own.
template <class __T,
          typename __enable<(__is_class(__T) || __is_union(__T)) &&
                            (__own<__T>::__is_true ||
                             (!__is_convertible(const __T, long double) &&
                              !__is_convertible(const __T, const void *)))>::__type = 0>
auto __show(const __calls *__c, __T &__object, __rank<2>)
    -> decltype((void)(__an<std::ostream>() << __an<const __T>()), __kind<2, void>()) {
  __buffer __to(__c);
  std::ostream __stream(&__to);
  __stream << static_cast<const __T &>(__object);
  return {};
}
#endif

// Elements that have such a printer write themselves; the controller shows the others.
template <class __E>
typename __enable<(decltype(__show(__an<const __calls *const>(), __an<__E>(),
                                   __rank<3>()))::__number == 1 ||
                   decltype(__show(__an<const __calls *const>(), __an<__E>(),
                                   __rank<3>()))::__number == 2)>::__type
__write_element(const __calls *__c, __E &__element, __rank<1>) {
  __show(__c, __element, __rank<3>());
  return 1;
}

template <class __E> int __write_element(const __calls *, __E &, __rank<0>) {
  return 0;
}

// Kind 3: a range.
template <class __T>
auto __show(const __calls *__c, __T &__object, __rank<1>)
    -> decltype((void)(__object.begin() != __object.end()),
                (void)++__an<decltype(__object.begin())>(),
                __kind<3, typename __unreferenced<
                              decltype(*__object.begin())>::__type>()) {
  auto __last = __object.end();
  for (auto __at = __object.begin(); __at != __last; ++__at) {
    auto &&__element = *__at;
    int __has_text = __write_element(__c, __element, __rank<1>());
    if (!__c->__element(__builtin_addressof(__element), __has_text))
      break;
  }
  return {};
}

template <class __T> __kind<0, void> __show(const __calls *, __T &, __rank<0>) {
  return {};
}

} // namespace __forkrepl_printing
