// What compiled wrappers are made of: how a value gets from Python's block of memory into an
// expression of C++, and its result back; `glue_arguments.hpp` goes on. No header is included,
// because each wrapper is parsed by itself, and C++11 is enough.
//
// A frame: a Result, and from FIRST_SLOT one slot of 16 bytes for each argument. The result is
// written over them. `arguments.py` and `results.py` are the other side.
extern "C" int forkrepl_call_back(unsigned long number, unsigned long offset);

namespace __forkrepl_glue {

using Bytes = unsigned char *;
using Size = decltype(sizeof 0);

enum : Size {
  FIRST_SLOT = 64,
  SLOT = 16,
  FRAME = 8192,
  BLOCK = 65536,
  ROOM_AT = 48,   // in a frame: how many bytes of text may be there
  OFFSET_AT = 56, // of the frame in the block
  ARGUMENT = 512, // of a call of a function of Python's
  MOST_ARGUMENTS = FRAME / ARGUMENT - 1
};

enum Tag : unsigned long {
  NOTHING,
  BOOL,
  SIGNED,
  UNSIGNED,
  FLOATING,
  COMPLEX,
  CHARACTER,
  ENUMERATOR,
  TEXT,      // value: offset in the frame or address, size: bytes
  ADDRESS,   // of what is no object of a class; type: what it points at
  REFERENCE, // an object of a class that is not ours
  OWNED,     // one that has been made for the result
  NULL_POINTER,
  TEXT_MADE, // as TEXT, at an address: it is to be freed
};

struct Result {
  unsigned long tag, value, size;
  const char *type;    // as `name` has it
  const char *dynamic; // of a polymorphic object: std::type_info::name
  unsigned long unit;  // of a text: bytes of a character
};

struct OutOfRange {
  const char *type;
};

template <class T> const char *name() { return __PRETTY_FUNCTION__; }

template <bool, class T = void> struct If {};
template <class T> struct If<true, T> {
  using Type = T;
};
template <class T> struct Bare {
  using Type = T;
};
template <class T> struct Bare<T &> {
  using Type = T;
};
template <class T> struct Bare<T &&> {
  using Type = T;
};
template <class T> struct Mutable {
  using Type = T;
};
template <class T> struct Mutable<const T> {
  using Type = T;
};
template <class T> struct Mutable<volatile T> {
  using Type = T;
};
template <class T> struct Mutable<const volatile T> {
  using Type = T;
};
template <class T> T &&some() noexcept;

// Characters as such. Those that are signed or unsigned are numbers.
template <class T> constexpr bool is_char() {
  return __is_same(T, char) || __is_same(T, wchar_t) || __is_same(T, char16_t) ||
#ifdef __cpp_char8_t
         __is_same(T, char8_t) ||
#endif
         __is_same(T, char32_t);
}
template <class T> struct PointsAtCharacters {
  static constexpr bool value = false;
};
template <class T> struct PointsAtCharacters<const T *> {
  static constexpr bool value = is_char<T>();
};
template <class T> constexpr bool is_object() { return __is_class(T) || __is_union(T); }
template <class T> constexpr bool is_number() {
  return __is_integral(T) || __is_floating_point(T);
}

// Strings of any library: they have characters, and traits of those.
template <class T> struct IsText {
  template <class U>
  static char test(typename U::traits_type *, decltype(some<const U &>().data()),
                   decltype(some<const U &>().size()));
  template <class U> static long test(...);
  template <class U>
  static typename If<sizeof(test<U>(nullptr, nullptr, 0)) == 1 &&
                         PointsAtCharacters<decltype(some<const U &>().data())>::value,
                     char>::Type
  of_characters(int);
  template <class U> static long of_characters(...);
  static constexpr bool value = sizeof(of_characters<T>(0)) == 1;
};

template <class T> struct IsComplex {
  template <class U>
  static typename If<__is_floating_point(typename U::value_type) &&
                         sizeof(U) == 2 * sizeof(typename U::value_type),
                     char>::Type
  test(decltype(some<const U &>().real()) *, decltype(some<const U &>().imag()) *);
  template <class U> static long test(...);
  static constexpr bool value = sizeof(test<T>(nullptr, nullptr)) == 1;
};

inline void copy(Bytes to, const void *from, Size size) {
  __builtin_memmove(to, from, size);
}

inline void put_units(Bytes frame, const void *text, Size size, Size unit) {
  Result &result = *(Result *)frame;
  result = {TEXT, FIRST_SLOT, size, nullptr, nullptr, unit};
  if (size <= *(Size *)(frame + ROOM_AT)) {
    copy(frame + FIRST_SLOT, text, size);
    return;
  }
  void *made = __builtin_malloc(size);
  if (!made)
    throw OutOfRange{"a string, for which there is no memory"};
  copy((Bytes)made, text, size);
  result.value = (unsigned long)made;
  result.tag = TEXT_MADE;
}
template <class Char> void put_text(Bytes frame, const Char *text, Size count) {
  put_units(frame, (const void *)text, count * sizeof(Char), sizeof(Char));
}

enum Kind {
  A_BOOL,
  AN_INTEGER,
  A_CHARACTER,
  A_FLOATING,
  AN_ENUMERATOR,
  A_POINTER,
  A_NULL_POINTER,
  AN_ARRAY,
  A_TEXT,
  A_COMPLEX,
  AN_OBJECT,
  SOMETHING
};

template <class T, bool = is_object<T>()> struct KindOfClass {
  static constexpr Kind value = IsText<T>::value      ? A_TEXT
                                : IsComplex<T>::value ? A_COMPLEX
                                                      : AN_OBJECT;
};
template <class T> struct KindOfClass<T, false> {
  static constexpr Kind value = SOMETHING;
};

template <class T> constexpr Kind kind() {
  return __is_same(T, bool)                ? A_BOOL
         : is_char<T>()                    ? A_CHARACTER
         : __is_integral(T)                ? AN_INTEGER
         : __is_floating_point(T)          ? A_FLOATING
         : __is_enum(T)                    ? AN_ENUMERATOR
         : __is_pointer(T)                 ? A_POINTER
         : __is_same(T, decltype(nullptr)) ? A_NULL_POINTER
         : __is_array(T)                   ? AN_ARRAY
                                           : KindOfClass<T>::value;
}

// Of an object: what std::type_info calls its class, without <typeinfo>. The Itanium C++ ABI
// has it before the virtual functions (2.5.2), and the name after its own table (2.9.4).
template <class T> const char *dynamic_name(T &object) {
  const void *const *table =
      *(const void *const *const *)&reinterpret_cast<const char &>(object);
  return *((const char *const *)table[-1] + 1);
}

// What is only declared is no more than an address.
template <class T> struct IsComplete {
  template <class U> static char test(decltype(sizeof(U)));
  template <class U> static long test(...);
  static constexpr bool value = sizeof(test<T>(0)) == 1;
};
template <class T, bool = IsComplete<T>::value> struct IsPolymorphic {
  static constexpr bool value = false;
};
template <class T> struct IsPolymorphic<T, true> {
  static constexpr bool value = __is_polymorphic(T);
};

template <class T, bool = IsPolymorphic<T>::value> struct Whole {
  static void put(Result &result, T &object) {
    result.value = (unsigned long)&reinterpret_cast<const volatile char &>(object);
    result.dynamic = nullptr;
  }
};
template <class T> struct Whole<T, true> {
  static void put(Result &result, T &object) {
    result.dynamic = dynamic_name(object);
    result.value = (unsigned long)&reinterpret_cast<const volatile char &>(object);
    result.size = (unsigned long)dynamic_cast<const volatile void *>(&object);
  }
};

template <class T, Kind = kind<typename Mutable<T>::Type>()> struct Put {
  static void value(Bytes, T &) {
    static_assert(sizeof(T) == 0, "a value of this type has no form in Python");
  }
};

template <class T> struct Put<T, A_BOOL> {
  static void value(Bytes frame, T &value) {
    *(Result *)frame = {BOOL, (unsigned long)(value ? 1 : 0), 0, nullptr, nullptr, 0};
  }
};
template <class T> struct Put<T, AN_INTEGER> {
  static void value(Bytes frame, T &value) {
    static_assert(sizeof(T) <= 8,
                  "an integer of more than 64 bits has no form in Python yet");
    *(Result *)frame = {T(-1) < T(0) ? SIGNED : UNSIGNED,
                        (unsigned long)value,
                        sizeof(T),
                        nullptr,
                        nullptr,
                        0};
  }
};
template <class T> struct Put<T, A_CHARACTER> {
  static void value(Bytes frame, T &value) {
    const unsigned long unit = sizeof(T) == 1   ? (unsigned char)value
                               : sizeof(T) == 2 ? (unsigned short)value
                                                : (unsigned int)value;
    *(Result *)frame = {CHARACTER, unit, sizeof(T), nullptr, nullptr, 0};
  }
};
template <class T> struct Put<T, A_FLOATING> {
  static void value(Bytes frame, T &value) {
    double wide = (double)value;
    *(Result *)frame = {FLOATING, 0, 0, nullptr, nullptr, 0};
    copy(frame + 8, &wide, sizeof wide);
  }
};
template <class T> struct Put<T, AN_ENUMERATOR> {
  static void value(Bytes frame, T &value) {
    using Number = __underlying_type(T);
    *(Result *)frame = {ENUMERATOR,
                        (unsigned long)(Number)value,
                        Number(-1) < Number(0),
                        name<typename Mutable<T>::Type>(),
                        nullptr,
                        0};
  }
};
template <class T> struct Put<T, A_NULL_POINTER> {
  static void value(Bytes frame, T &) {
    *(Result *)frame = {NULL_POINTER, 0, 0, nullptr, nullptr, 0};
  }
};
template <class T> struct Put<T, A_TEXT> {
  static void value(Bytes frame, T &value) {
    put_text(frame, value.data(), value.size());
  }
};
template <class T> struct Put<T, A_COMPLEX> {
  static void value(Bytes frame, T &value) {
    double parts[2] = {(double)value.real(), (double)value.imag()};
    *(Result *)frame = {COMPLEX, 0, 0, nullptr, nullptr, 0};
    copy(frame + 8, parts, sizeof parts);
  }
};
template <class T> struct Put<T, AN_OBJECT> {
  static void value(Bytes frame, T &value) {
    Result &result = *(Result *)frame;
    result = {REFERENCE, 0, 0, name<T>(), nullptr, 0};
    Whole<T>::put(result, value);
  }
};
template <class T> struct PutArray {
  static void value(Bytes frame, T &value) {
    *(Result *)frame = {REFERENCE, (unsigned long)&value, 0, name<T>(), nullptr, 0};
  }
};
// Of characters: a text, up to a zero.
template <class Char, Size COUNT, bool = is_char<typename Mutable<Char>::Type>()>
struct PutElements : PutArray<Char[COUNT]> {};
template <class Char, Size COUNT> struct PutElements<Char, COUNT, true> {
  static void value(Bytes frame, Char (&value)[COUNT]) {
    Size length = 0;
    while (length < COUNT && value[length])
      ++length;
    put_text(frame, value, length);
  }
};
template <class T> struct PutKnownArray : PutArray<T> {};
template <class T, Size COUNT>
struct PutKnownArray<T[COUNT]> : PutElements<T, COUNT> {};
template <class T> struct Put<T, AN_ARRAY> : PutKnownArray<T> {};

template <class T, Kind = kind<typename Mutable<T>::Type>()> struct PutTarget {
  static void value(Bytes frame, T *value) {
    *(Result *)frame = {ADDRESS, (unsigned long)value, 0, name<T>(), nullptr, 0};
  }
};
template <class T> struct PutObject {
  static void value(Bytes frame, T *value) {
    Result &result = *(Result *)frame;
    result = {REFERENCE, 0, 0, name<T>(), nullptr, 0};
    Whole<T>::put(result, *value);
  }
};
template <class T> struct PutTarget<T, AN_OBJECT> : PutObject<T> {};
template <class T> struct PutTarget<T, A_TEXT> : PutObject<T> {};
template <class T> struct PutTarget<T, A_CHARACTER> {
  static void value(Bytes frame, T *value) {
    Size length = 0;
    while (value[length])
      ++length;
    put_text(frame, value, length);
  }
};

template <class T> void put_pointer(Bytes frame, T *value) {
  if (value)
    PutTarget<T>::value(frame, value);
  else
    *(Result *)frame = {NULL_POINTER, 0, 0, nullptr, nullptr, 0};
}
template <class T> struct Put<T, A_POINTER> {
  static void value(Bytes frame, T &value) { put_pointer(frame, value); }
};

// An object that no variable has: it lives on the heap until Python forgets it.
template <class T, Kind = kind<T>()> struct PutTemporary {
  template <class Make> static void value(Bytes frame, Make make) {
    T made = make();
    Put<T>::value(frame, made);
  }
};
template <class T> struct PutTemporary<T, AN_OBJECT> {
  template <class Make> static void value(Bytes frame, Make make) {
    T *made = new T(make());
    PutTarget<T>::value(frame, made);
    ((Result *)frame)->tag = OWNED;
  }
};

template <class T> struct PutResult {
  template <class Make> static void value(Bytes frame, Make make) {
    PutTemporary<typename Mutable<T>::Type>::value(frame, make);
  }
};
template <class T> struct PutResult<T &> {
  template <class Make> static void value(Bytes frame, Make make) {
    Put<T>::value(frame, make());
  }
};
template <class T> struct PutResult<T &&> : PutResult<T> {};
template <> struct PutResult<void> {
  template <class Make> static void value(Bytes frame, Make make) {
    make();
    *(Result *)frame = {NOTHING, 0, 0, nullptr, nullptr, 0};
  }
};

// `Sink{frame}, expression` puts the value of an expression while its temporaries live, to which
// it may be a reference. If it has none, the comma is C++'s own.
struct Sink {
  Bytes frame;
  explicit Sink(Bytes frame) : frame(frame) {
    *(Result *)frame = {NOTHING, 0, 0, nullptr, nullptr, 0};
  }
};
template <class T> struct Moved {
  T &value;
  T operator()() const { return static_cast<T &&>(value); }
};
template <class T> struct PutAny {
  static void value(Bytes frame, T &value) {
    PutTemporary<typename Mutable<T>::Type>::value(frame, Moved<T>{value});
  }
};
template <class T> struct PutAny<T &> {
  static void value(Bytes frame, T &value) { Put<T>::value(frame, value); }
};
template <class T> void operator,(const Sink &sink, T &&value) {
  PutAny<T>::value(sink.frame, value);
}

// It does not have its elements: they would be gone.
template <class T> struct IsBraces {
  static constexpr bool value = false;
};

template <class T> void put_new(Bytes frame, T *made) {
  static_assert(!IsBraces<T>::value, "a std::initializer_list is made for a call only");
  Result &result = *(Result *)frame;
  result = {OWNED, (unsigned long)made, 0, name<T>(), nullptr, 0};
  Whole<T>::put(result, *made);
  result.dynamic = nullptr;
}

// The frame of the call that runs now. One variable for all wrappers: they are templates'.
template <class T> struct Current {
  static Bytes frame;
};
template <class T> Bytes Current<T>::frame = nullptr;

struct Entered {
  Bytes before;
  explicit Entered(Bytes frame) : before(Current<void>::frame) {
    Current<void>::frame = frame;
  }
  Entered(const Entered &) = delete;
  ~Entered() { Current<void>::frame = before; }
};

// A function of Python's has raised an exception, which goes on as this through C++.
struct PythonException {};

struct NotACharacter {};
struct NotUnicode {};

// The next character of UTF-8.
inline unsigned long next_character(const char *&at, const char *end) {
  const unsigned long first = (unsigned char)*at++;
  if (first < 0x80)
    return first;
  long more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || end - at < more)
    throw NotUnicode{};
  unsigned long code = first & (0x3f >> more);
  for (; more > 0; --more, ++at) {
    if ((*at & 0xc0) != 0x80)
      throw NotUnicode{};
    code = code << 6 | (*at & 0x3f);
  }
  if (code > 0x10ffff || code >> 11 == 0x1b)
    throw NotUnicode{};
  return code;
}

// UTF-8 as characters of another kind; how many they are. Without `to` they are only counted.
template <class Char> Size widen(const char *text, Size size, Char *to) {
  Size count = 0;
  for (const char *at = text, *end = text + size; at != end;) {
    const unsigned long code =
        sizeof(Char) == 1 ? (unsigned char)*at++ : next_character(at, end);
    const bool is_pair = sizeof(Char) == 2 && code > 0xffff;
    if (to && is_pair) {
      to[count] = (Char)(0xd7c0 + (code >> 10));
      to[count + 1] = (Char)(0xdc00 | (code & 0x3ff));
    } else if (to) {
      to[count] = (Char)code;
    }
    count += is_pair ? 2 : 1;
  }
  return count;
}
template <class Char> Char character_of(const char *text, Size size) {
  Char found[2];
  if (size == 0 || size > 4 || widen(text, size, (Char *)nullptr) != 1)
    throw NotACharacter{};
  widen(text, size, found);
  return found[0];
}

// The characters of a text, as long as this lives.
template <class Char> struct Widened {
  Size count;
  Char *first;
  Widened(const char *text, Size size)
      : count(widen(text, size, (Char *)nullptr)),
        first((Char *)__builtin_malloc((count + 1) * sizeof(Char))) {
    if (!first)
      throw OutOfRange{"a text, for which there is no memory"};
    widen(text, size, first);
    first[count] = 0;
  }
  Widened(const Widened &) = delete;
  ~Widened() { __builtin_free(first); }
};

// What a function of Python's has returned, until it is known what is wanted.
struct Answer {
  Bytes frame;
  unsigned long word(unsigned index) const { return ((unsigned long *)frame)[index]; }
  const char *text() const { return (const char *)frame + FIRST_SLOT; }
  double number() const {
    double value;
    copy((Bytes)&value, frame + 8, sizeof value);
    return value;
  }
  [[noreturn]] void mismatch(const char *type) const { throw OutOfRange{type}; }
  template <class To> To integer() const {
    long value = (long)word(1);
    To converted = (To)value;
    if (word(0) == FLOATING ||
        (!__is_same(To, bool) &&
         ((long)converted != value ||
          (word(0) == SIGNED && (converted < To(0)) != (value < 0)))))
      mismatch(name<To>());
    return converted;
  }
  template <class To, Kind = kind<To>()> struct As {
    static To get(const Answer &answer) {
      // The name that Python's side has of the class.
      if (answer.word(0) != REFERENCE || !__builtin_strstr(name<To>(), answer.text()))
        answer.mismatch(name<To>());
      return *(To *)answer.word(1);
    }
  };
  template <class To> struct As<To, AN_INTEGER> {
    static To get(const Answer &answer) { return answer.integer<To>(); }
  };
  template <class To> struct As<To, A_BOOL> {
    static To get(const Answer &answer) { return answer.word(1) != 0; }
  };
  template <class To> struct As<To, A_CHARACTER> {
    static To get(const Answer &answer) {
      return answer.word(0) == TEXT ? character_of<To>(answer.text(), answer.word(2))
                                    : answer.integer<To>();
    }
  };
  template <class To> struct As<To, AN_ENUMERATOR> {
    static To get(const Answer &answer) { return (To)answer.word(1); }
  };
  template <class To> struct As<To, A_FLOATING> {
    static To get(const Answer &answer) {
      return answer.word(0) == FLOATING ? (To)answer.number()
                                        : (To)(long)answer.word(1);
    }
  };
  template <class To> struct As<To, A_TEXT> {
    static To get(const Answer &answer) {
      if (answer.word(0) != TEXT)
        answer.mismatch(name<To>());
      using Char = typename Mutable<
          typename Bare<decltype(*some<const To &>().data())>::Type>::Type;
      const Widened<Char> wide(answer.text(), answer.word(2));
      return To(wide.first, wide.count);
    }
  };
  template <class To> struct As<To, A_POINTER> {
    static To get(const Answer &answer) { return (To)answer.word(1); }
  };
  template <class To,
            class = typename If<kind<To>() != SOMETHING && !__is_reference(To)>::Type>
  operator To() const {
    return As<To>::get(*this);
  }
};

template <class... Arguments>
Answer call_python(unsigned long number, Arguments &&...arguments) {
  static_assert(sizeof...(Arguments) <= MOST_ARGUMENTS,
                "a function of Python's can be called with 15 arguments at most");
  Bytes caller = Current<void>::frame;
  if (!caller)
    throw PythonException{}; // of a thread of its own, or when nobody calls
  Size offset = *(Size *)(caller + OFFSET_AT) + FRAME;
  if (offset + FRAME > BLOCK)
    throw OutOfRange{"a frame: calls between C++ and Python are nested too deeply"};
  Bytes frame = caller + FRAME, at = frame;
  *(Size *)frame = sizeof...(Arguments);
  int puts[] = {0, (at += ARGUMENT, *(Size *)(at + ROOM_AT) = ARGUMENT - FIRST_SLOT,
                    Put<typename Bare<Arguments>::Type>::value(at, arguments), 0)...};
  (void)puts;
  *(Size *)(frame + OFFSET_AT) = offset;
  if (forkrepl_call_back(number, offset))
    throw PythonException{};
  return Answer{frame};
}

// A function of Python's, for parameters that are templates or std::function.
struct Callable {
  unsigned long number;
  template <class... Arguments> Answer operator()(Arguments &&...arguments) const {
    return call_python(number, static_cast<Arguments &&>(arguments)...);
  }
};

// The same for a pointer to a function: one for each function of Python's.
template <unsigned long NUMBER> struct Function {
  template <class Returned, class... Parameters>
  static Returned stub(Parameters... parameters) {
    return static_cast<Returned>(call_python(NUMBER, parameters...));
  }
  template <class Returned, class... Parameters>
  using Pointer = Returned (*)(Parameters...);
  template <class Returned, class... Parameters>
  operator Pointer<Returned, Parameters...>() const {
    return &stub<Returned, Parameters...>;
  }
};

// What `vectorize` makes: an expression for each element. Without a place for the results it
// only tells what they are.
template <class Returned, class Each> void loop(Bytes frame, Each each) {
  const Size count = *(Size *)frame;
  Returned *results = *(Returned **)(frame + 8);
  constexpr Kind what = kind<Returned>();
  static_assert(what == A_BOOL || what == AN_INTEGER || what == A_FLOATING ||
                    what == A_COMPLEX,
                "what is called for each element has to return a number");
  if (results)
    for (Size index = 0; index < count; ++index)
      results[index] = each(index);
  const Tag tag = what == A_BOOL          ? BOOL
                  : what == A_FLOATING    ? FLOATING
                  : what == A_COMPLEX     ? COMPLEX
                  : __is_signed(Returned) ? SIGNED
                                          : UNSIGNED;
  *(Result *)frame = {SIGNED, 256 * tag + sizeof(Returned), 0, nullptr, nullptr, 0};
}

} // namespace __forkrepl_glue
