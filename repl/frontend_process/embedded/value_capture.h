/* Parsed before anything of the user's (value_capture.cpp): what hands over the value of an
   expression. The functions without a body are in the platform library. All names are
   reserved ones, so that no macro or declaration of the user's can meet them. (Comments are
   like this one where C may read them: C89 has no other.) */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#ifndef __cplusplus
void __forkrepl_capture_value(const void *, unsigned long, int);
void __forkrepl_end_input(int);
#else
extern "C" {
void __forkrepl_capture_value(const void *, unsigned long, int);
void __forkrepl_end_input(int);
void __forkrepl_hold_object(void *, unsigned long, int, void (*)(void *));
void *__forkrepl_allocate_value(unsigned long, unsigned long);
void __forkrepl_free_value(void *);
}

// An operator new of our own is told from the user's by the type of its argument.
enum __forkrepl_alignment { __forkrepl_least = 1, __forkrepl_most = 1 << 30 };

#if __cplusplus >= 201103L
#define __FORKREPL_NOEXCEPT noexcept
#else
#define __FORKREPL_NOEXCEPT throw()
#endif
inline void *operator new(__SIZE_TYPE__ __size,
                          __forkrepl_alignment __alignment) __FORKREPL_NOEXCEPT {
  return __forkrepl_allocate_value(__size, __alignment);
}
#undef __FORKREPL_NOEXCEPT
inline void operator delete(void *__object, __forkrepl_alignment) {
  __forkrepl_free_value(__object);
}

template <class __T> void __forkrepl_drop_value(void *__object) {
  static_cast<__T *>(__object)->~__T();
  __forkrepl_free_value(__object);
}
template <class __T> void __forkrepl_hold_value(__T *__object, int __keep) {
  __forkrepl_hold_object((void *)__object, sizeof(__T), __keep,
                         __forkrepl_drop_value<__T>);
}
#endif
#pragma clang diagnostic pop
