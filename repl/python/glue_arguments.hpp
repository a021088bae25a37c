// What an argument of Python's is in a wrapper: `arguments.py` says which of these is tried when.
// It follows `glue.hpp`.
namespace std {
template <class> class initializer_list; // as both libraries declare it
}

namespace __forkrepl_glue {
// Where an object is made.
struct Here {
  void *place;
};
struct WrongCount {};
} // namespace __forkrepl_glue

inline void *operator new(__forkrepl_glue::Size, __forkrepl_glue::Here here) noexcept {
  return here.place;
}

namespace __forkrepl_glue {

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

// A text of Python's, in UTF-8, as what else than `const char *` and std::string it may be. What
// is made of it for that lives as long as this: until the call has returned.
struct Text {
  const char *text;
  Size size;
  mutable void *made = nullptr;
  mutable void (*destroy)(void *) = nullptr;
  explicit Text(const char *text) : text(text), size(__builtin_strlen(text)) {}
  Text(const char *text, Size size) : text(text), size(size) {}
  Text(const Text &) = delete;
  ~Text() {
    if (made)
      destroy(made);
  }
  template <class Char> const Widened<Char> &wide() const {
    if (!made) {
      made = new Widened<Char>(text, size);
      destroy = [](void *found) { delete (Widened<Char> *)found; };
    }
    return *(Widened<Char> *)made;
  }
};

// What is made of characters that are none of `char`: it has an array of them, and their number.
template <class T, class Char> constexpr bool is_made_of() {
  return is_char<Char>() && !__is_same(Char, char) &&
         __is_constructible(T, const Char *, Size);
}
template <class T> struct IsWideText {
  template <class U>
  static typename If<is_made_of<U, typename U::value_type>(), char>::Type
  test(typename U::traits_type *);
  template <class U> static long test(...);
  static constexpr bool value = is_object<T>() && sizeof(test<T>(nullptr)) == 1;
};
struct WideText : Text {
  using Text::Text;
  template <class To, class = typename If<IsWideText<To>::value>::Type>
  operator To() const {
    const auto &wide = this->wide<typename To::value_type>();
    return To(wide.first, wide.count);
  }
};

enum TextKind { NO_TEXT, A_LETTER, A_NARROW_TEXT, A_WIDE_TEXT };
template <class T, bool = is_object<T>()> struct TextKindOf {
  static constexpr TextKind value = is_char<T>() ? A_LETTER : NO_TEXT;
};
template <class T> struct TextKindOf<T, true> {
  static constexpr TextKind value = __is_constructible(T, const char *) ? A_NARROW_TEXT
                                    : IsWideText<T>::value              ? A_WIDE_TEXT
                                                                        : NO_TEXT;
};
template <class To, TextKind = TextKindOf<To>::value> struct OfText;
template <class To> struct OfText<To, A_LETTER> {
  static To make(const Text &from) { return character_of<To>(from.text, from.size); }
};
template <class To> struct OfText<To, A_NARROW_TEXT> {
  static To make(const Text &from) { return To(from.text); }
};
template <class To> struct OfText<To, A_WIDE_TEXT> {
  static To make(const Text &from) {
    const auto &wide = from.wide<typename To::value_type>();
    return To(wide.first, wide.count);
  }
};
struct Letter : Text {
  using Text::Text;
  operator const char *() const { return text; }
  template <class To, class = typename If<TextKindOf<To>::value != NO_TEXT>::Type>
  operator To() const {
    return OfText<To>::make(*this);
  }
};
// As pointers only: a wide string can be assigned these, and would not know which of all that
// `Letter` may be.
struct WidePointer : Text {
  using Text::Text;
  operator const wchar_t *() const { return wide<wchar_t>().first; }
  operator const char16_t *() const { return wide<char16_t>().first; }
  operator const char32_t *() const { return wide<char32_t>().first; }
#ifdef __cpp_char8_t
  operator const char8_t *() const { return wide<char8_t>().first; }
#endif
};
// An element of a list of texts. Nothing is kept for it: a view of characters has to be of `char`.
struct Word {
  const char *text;
  template <class To, class = typename If<(TextKindOf<To>::value == A_NARROW_TEXT) ||
                                          (TextKindOf<To>::value == A_WIDE_TEXT &&
                                           !__is_trivially_copyable(To))>::Type>
  operator To() const {
    return OfText<To>::make(Text(text));
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

// What a list is, too, if it is none of these: std::initializer_list, std::array, and of texts an
// array of pointers. What is made for it lives as long as this.
template <class T> struct Braces : List<T> {
  mutable void *made = nullptr;
  mutable void (*destroy)(void *, Size) = nullptr;
  explicit Braces(const List<T> &list) : List<T>(list) {}
  Braces(const Braces &) = delete;
  ~Braces() {
    if (made)
      destroy(made, this->count);
  }
  template <class E, class = typename If<can_become<T, E>()>::Type>
  operator std::initializer_list<E>() const {
    Elements<E, typename Mutable<T>::Type>::check(this->first, this->count);
    // In both libraries it is these two, which only the compiler can make.
    struct {
      const E *first;
      Size count;
    } parts = {elements(static_cast<E *>(nullptr)), this->count};
    std::initializer_list<E> list;
    static_assert(sizeof list == sizeof parts, "not as it is known");
    copy((Bytes)&list, &parts, sizeof parts);
    return list;
  }
  template <class To, class = typename If<__is_aggregate(To)>::Type,
            class = typename If<can_become<T, typename To::value_type>()>::Type,
            class = decltype(some<To &>().size())>
  operator To() const {
    To made{};
    if (made.size() != this->count)
      throw WrongCount{};
    Elements<typename To::value_type, typename Mutable<T>::Type>::check(this->first,
                                                                        this->count);
    for (Size index = 0; index < this->count; ++index)
      made[index] = static_cast<typename To::value_type>(this->first[index]);
    return made;
  }
  template <class To, class = typename If<__is_same(T, const char *) &&
                                          (__is_same(To, const char *) ||
                                           __is_same(To, const char *const) ||
                                           __is_same(To, char *))>::Type>
  operator To *() const {
    return (To *)this->first;
  }

private:
  const T *elements(T *) const { return this->first; }
  template <class E> const E *elements(E *) const {
    if (!this->count)
      return nullptr;
    E *all = (E *)__builtin_malloc(this->count * sizeof(E));
    if (!all)
      throw OutOfRange{"a list, for which there is no memory"};
    made = all;
    destroy = [](void *found, Size count) {
      while (count)
        ((E *)found)[--count].~E();
      __builtin_free(found);
    };
    for (Size index = 0; index < this->count; ++index)
      new (Here{all + index}) E(this->first[index]);
    return all;
  }
};
template <class T> struct IsBraces<std::initializer_list<T>> {
  static constexpr bool value = true;
};

// A variable of Python's, for a reference or a pointer to another type of the same numbers:
// `long long` beside `long`.
template <class T> struct Variable {
  T *address;
  template <class To> static constexpr bool is_alike() {
    return __is_integral(To) && !is_char<To>() && sizeof(To) == sizeof(T) &&
           !__is_same(To, bool) && (To(-1) < To(0)) == (T(-1) < T(0));
  }
  template <class To, class = typename If<is_alike<To>()>::Type> operator To &() const {
    return *(To *)address;
  }
  template <class To, class = typename If<is_alike<To>()>::Type> operator To *() const {
    return (To *)address;
  }
};
template <class T> Variable<T> variable(T &value) { return {&value}; }

// What is assigned to. An array takes as many values as it has elements; a pointer to characters
// gets a text of its own, that stays, because nobody knows for how long it is wanted.
template <class T> T &target(T &value) { return value; }
struct TextTarget {
  const char *&pointer;
  void operator=(const char *text) const {
    pointer = text ? __builtin_strdup(text) : nullptr;
    if (text && !pointer)
      throw OutOfRange{"a text, for which there is no memory"};
  }
};
inline TextTarget target(const char *&pointer) { return {pointer}; }
template <class T> struct Flat {
  using Type = T;
};
template <class T, Size COUNT> struct Flat<T[COUNT]> : Flat<T> {};
template <class T, Size COUNT> struct ArrayTarget {
  T (&array)[COUNT];
  template <class From> void operator=(const List<From> &list) const {
    put(list, static_cast<T *>(nullptr));
  }
  void operator=(const char *text) const {
    static_assert(__is_same(T, char), "a text is for an array of characters");
    put_text(text, __builtin_strlen(text));
  }
  void operator=(const WidePointer &text) const {
    const auto &wide = text.wide<T>();
    put_text(wide.first, wide.count);
  }
  void operator=(const T (&other)[COUNT]) const {
    for (Size index = 0; index < COUNT; ++index)
      array[index] = other[index];
  }

private:
  template <class From, class To> void put(const List<From> &list, To *) const {
    if (list.count != COUNT)
      throw WrongCount{};
    Elements<To, typename Mutable<From>::Type>::check(list.first, COUNT);
    for (Size index = 0; index < COUNT; ++index)
      array[index] = static_cast<To>(list.first[index]);
  }
  // Of several dimensions: lists of lists, or all numbers in a row.
  template <class From, class Row, Size ROW>
  void put(const List<List<From>> &list, Row (*)[ROW]) const {
    if (list.count != COUNT)
      throw WrongCount{};
    for (Size index = 0; index < COUNT; ++index)
      ArrayTarget<Row, ROW>{array[index]} = list.first[index];
  }
  template <class From, class Row, Size ROW>
  void put(const List<From> &list, Row (*)[ROW]) const {
    using Number = typename Flat<Row>::Type;
    constexpr Size all = sizeof array / sizeof(Number);
    ArrayTarget<Number, all>{reinterpret_cast<Number(&)[all]>(array)} = list;
  }
  template <class Char> void put_text(const Char *text, Size count) const {
    if (count > COUNT)
      throw WrongCount{};
    for (Size index = 0; index < COUNT; ++index)
      array[index] = index < count ? text[index] : Char(0);
  }
};
template <class T, Size COUNT> ArrayTarget<T, COUNT> target(T (&array)[COUNT]) {
  return {array};
}

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
