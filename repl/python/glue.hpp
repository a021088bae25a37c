// What compiled wrappers are made of: how a value gets from Python's block of memory into an
// expression of C++, and its result back. No header is included, because each wrapper is
// parsed by itself, and C++11 is enough.
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

template <class T> constexpr bool is_char() { return __is_same(T, char); }
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
                         __is_same(decltype(some<const U &>().data()), const char *),
                     char>::Type
  narrow(int);
  template <class U> static long narrow(...);
  static constexpr bool value = sizeof(narrow<T>(0)) == 1;
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

inline void put_text(Bytes frame, const char *text, Size size) {
  Result &result = *(Result *)frame;
  if (size <= *(Size *)(frame + ROOM_AT)) {
    copy(frame + FIRST_SLOT, text, size);
    result.value = FIRST_SLOT;
    result.tag = TEXT;
  } else {
    char *made = (char *)__builtin_malloc(size);
    if (!made)
      throw OutOfRange{"a string, for which there is no memory"};
    copy((Bytes)made, text, size);
    result.value = (unsigned long)made;
    result.tag = TEXT_MADE;
  }
  result.size = size;
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
    *(Result *)frame = {BOOL, (unsigned long)(value ? 1 : 0), 0, nullptr, nullptr};
  }
};
template <class T> struct Put<T, AN_INTEGER> {
  static void value(Bytes frame, T &value) {
    static_assert(sizeof(T) <= 8,
                  "an integer of more than 64 bits has no form in Python yet");
    *(Result *)frame = {T(-1) < T(0) ? SIGNED : UNSIGNED, (unsigned long)value,
                        sizeof(T), nullptr, nullptr};
  }
};
template <class T> struct Put<T, A_CHARACTER> {
  static void value(Bytes frame, T &value) {
    *(Result *)frame = {CHARACTER, (unsigned char)value, 1, nullptr, nullptr};
  }
};
template <class T> struct Put<T, A_FLOATING> {
  static void value(Bytes frame, T &value) {
    double wide = (double)value;
    *(Result *)frame = {FLOATING, 0, 0, nullptr, nullptr};
    copy(frame + 8, &wide, sizeof wide);
  }
};
template <class T> struct Put<T, AN_ENUMERATOR> {
  static void value(Bytes frame, T &value) {
    using Number = __underlying_type(T);
    *(Result *)frame = {ENUMERATOR, (unsigned long)(Number)value,
                        Number(-1) < Number(0), name<typename Mutable<T>::Type>(),
                        nullptr};
  }
};
template <class T> struct Put<T, A_NULL_POINTER> {
  static void value(Bytes frame, T &) {
    *(Result *)frame = {NULL_POINTER, 0, 0, nullptr, nullptr};
  }
};
template <class T> struct Put<T, A_TEXT> {
  static void value(Bytes frame, T &value) {
    put_text(frame, value.data(), value.size());
    ((Result *)frame)->type = nullptr;
  }
};
template <class T> struct Put<T, A_COMPLEX> {
  static void value(Bytes frame, T &value) {
    double parts[2] = {(double)value.real(), (double)value.imag()};
    *(Result *)frame = {COMPLEX, 0, 0, nullptr, nullptr};
    copy(frame + 8, parts, sizeof parts);
  }
};
template <class T> struct Put<T, AN_OBJECT> {
  static void value(Bytes frame, T &value) {
    Result &result = *(Result *)frame;
    result = {REFERENCE, 0, 0, name<T>(), nullptr};
    Whole<T>::put(result, value);
  }
};
template <class T> struct Put<T, AN_ARRAY> {
  static void value(Bytes frame, T &value) {
    *(Result *)frame = {REFERENCE, (unsigned long)&value, 0, name<T>(), nullptr};
  }
};
// Of characters: a text, up to a zero.
template <Size COUNT> struct Put<char[COUNT], AN_ARRAY> {
  static void value(Bytes frame, const char (&value)[COUNT]) {
    Size length = 0;
    while (length < COUNT && value[length])
      ++length;
    put_text(frame, value, length);
    ((Result *)frame)->type = nullptr;
  }
};
template <Size COUNT>
struct Put<const char[COUNT], AN_ARRAY> : Put<char[COUNT], AN_ARRAY> {};

template <class T, bool = is_object<typename Mutable<T>::Type>()> struct PutTarget {
  static void value(Bytes frame, T *value) {
    *(Result *)frame = {ADDRESS, (unsigned long)value, 0, name<T>(), nullptr};
  }
};
template <class T> struct PutTarget<T, true> {
  static void value(Bytes frame, T *value) {
    Result &result = *(Result *)frame;
    result = {REFERENCE, 0, 0, name<T>(), nullptr};
    Whole<T>::put(result, *value);
  }
};
template <> struct PutTarget<const char, false> {
  static void value(Bytes frame, const char *value) {
    put_text(frame, value, __builtin_strlen(value));
    ((Result *)frame)->type = nullptr;
  }
};
template <> struct PutTarget<char, false> : PutTarget<const char, false> {};

template <class T> void put_pointer(Bytes frame, T *value) {
  if (value)
    PutTarget<T>::value(frame, value);
  else
    *(Result *)frame = {NULL_POINTER, 0, 0, nullptr, nullptr};
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
    *(Result *)frame = {NOTHING, 0, 0, nullptr, nullptr};
  }
};

// `Sink{frame}, expression` puts the value of an expression while its temporaries live, to which
// it may be a reference. If it has none, the comma is C++'s own.
struct Sink {
  Bytes frame;
  explicit Sink(Bytes frame) : frame(frame) {
    *(Result *)frame = {NOTHING, 0, 0, nullptr, nullptr};
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

template <class T> void put_new(Bytes frame, T *made) {
  Result &result = *(Result *)frame;
  result = {OWNED, (unsigned long)made, 0, name<T>(), nullptr};
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
      return answer.word(0) == TEXT ? answer.text()[0] : answer.integer<To>();
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
      return To(answer.text(), answer.word(2));
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
  *(Result *)frame = {SIGNED, 256 * tag + sizeof(Returned), 0, nullptr, nullptr};
}

// Numbers of Python's: they fit, or it is an error.
template <class From> struct Integer {
  From value;
  template <class To, class = typename If<is_number<To>()>::Type> operator To() const {
    To converted = (To)value;
    if (__is_integral(To) && !__is_same(To, bool) &&
        ((From)converted != value || (converted < To(0)) != (value < From(0))))
      throw OutOfRange{name<To>()};
    return converted;
  }
};
struct Floating {
  double value;
  template <class To, class = typename If<__is_floating_point(To)>::Type>
  operator To() const {
    return (To)value;
  }
};

// A text, which may be a character if it is one.
struct NotACharacter {};
struct Letter {
  const char *text;
  operator const char *() const { return text; }
  template <class To, class = typename If<is_char<To>() ||
                                          (is_object<To>() &&
                                           __is_constructible(To, const char *))>::Type>
  operator To() const {
    return made<To>(text, static_cast<To *>(nullptr));
  }
  template <class To> static To made(const char *text, void *) { return To(text); }
  template <class To> static char made(const char *text, char *) {
    if (!text[0] || text[1])
      throw NotACharacter{};
    return text[0];
  }
};

// Numbers side by side, or other elements: whatever can be made of two iterators, or of a
// pointer and a size. Integers have to fit, and what has a fraction becomes none.
template <class From, class To> constexpr bool can_become() {
  return __is_constructible(To, From &) &&
         !(__is_floating_point(From) && __is_integral(To));
}
template <class To, class From, bool = __is_integral(From) && __is_integral(To)>
struct Elements {
  static void check(const From *, Size) {}
};
template <class To, class From> struct Elements<To, From, true> {
  static void check(const From *first, Size count) {
    if (__is_same(To, From) || __is_same(To, bool))
      return;
    for (Size index = 0; index < count; ++index) {
      const To converted = (To)first[index];
      if ((From)converted != first[index] ||
          (converted < To(0)) != (first[index] < From(0)))
        throw OutOfRange{name<To>()};
    }
  }
};
template <class T> struct List {
  using Element = T;
  T *first;
  Size count;
  template <
      class To,
      class = typename If<!__is_pointer(To) && __is_constructible(To, T *, T *)>::Type,
      class = typename If<can_become<T, typename To::value_type>()>::Type>
  operator To() const {
    using Wanted = typename Mutable<typename To::value_type>::Type;
    Elements<Wanted, typename Mutable<T>::Type>::check(first, count);
    return To(first, first + count);
  }
};
template <class T> struct Array : List<T> {
  constexpr Array(T *first, Size count) : List<T>{first, count} {}
  operator T *() const { return this->first; }
};

// An entry of a dict.
template <class Key, class Value> struct Pair {
  Key first;
  Value second;
  template <class To, class = typename If<__is_constructible(To, Key, Value)>::Type>
  operator To() const {
    return To(first, second);
  }
};

// Where an iteration is: its iterator may be a pointer, which alone would stand for an object.
template <class Iterator> struct Cursor {
  Iterator at;
};
template <class Iterator> Cursor<Iterator> cursor(Iterator at) {
  return {static_cast<Iterator &&>(at)};
}

// An object for a parameter that may be a reference or a pointer.
template <class T> struct Either {
  T *address;
  operator T &() const { return *address; }
  operator T *() const { return address; }
};

template <class T> struct PointerTo {
  using Type = T *;
};

struct Frame {
  Bytes bytes;
  template <class T> T &value(unsigned index) const {
    return *(T *)(bytes + FIRST_SLOT + SLOT * index);
  }
  const char *text(unsigned index) const {
    return (const char *)bytes + value<unsigned long>(index);
  }
  Size size(unsigned index) const {
    return *(Size *)(bytes + FIRST_SLOT + SLOT * index + 8);
  }
  template <class T> T &object(unsigned index) const { return *value<T *>(index); }
  template <class T> Either<T> either(unsigned index) const {
    return {value<T *>(index)};
  }
  template <class T> Array<T> array(unsigned index) const {
    return {value<T *>(index), size(index)};
  }
  template <class T> List<T> list(unsigned index) const {
    return {value<T *>(index), size(index)};
  }
};

} // namespace __forkrepl_glue
