// Shows objects in a notebook: as HTML, Markdown, pictures. On a terminal, and in a program that is
// compiled as any other, their text is printed. C++17, and nothing but the standard library.
//
//   display(x), display(x, "id"), update_display(x, "id"), clear_output()
//   display_html(text), display_markdown, display_latex, display_svg, display_json, display_png(bytes)
//
// How a type looks is said by a function beside it:
//
//   std::map<std::string, std::string> forkrepl_mime(const T &);  // by MIME type
#ifndef FORKREPL_DISPLAY_HPP
#define FORKREPL_DISPLAY_HPP

#if __cplusplus < 201703L
#error "forkrepl/display.hpp needs C++17: -std=c++17, or newer"
#endif

#include <forkrepl/notebook.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace forkrepl {

/// What an object looks like, by MIME type.
using mime_bundle = std::map<std::string, std::string>;

namespace detail {

template <typename T, typename = void> struct has_mime : std::false_type {};
template <typename T>
struct has_mime<T, std::void_t<decltype(forkrepl_mime(std::declval<const T &>()))>>
    : std::true_type {};

// As xeus has it, with nlohmann::json.
template <typename T, typename = void> struct has_xeus_mime : std::false_type {};
template <typename T>
struct has_xeus_mime<
    T, std::void_t<decltype(mime_bundle_repr(std::declval<const T &>()).dump())>>
    : std::true_type {};

template <typename T, typename = void> struct is_printable : std::false_type {};
template <typename T>
struct is_printable<T, std::void_t<decltype(std::declval<std::ostream &>()
                                            << std::declval<const T &>())>>
    : std::true_type {};

template <typename T, typename = void> struct is_range : std::false_type {};
template <typename T>
struct is_range<T, std::void_t<decltype(std::begin(std::declval<const T &>())),
                               decltype(std::end(std::declval<const T &>()))>>
    : std::true_type {};

template <typename T> struct is_pair : std::false_type {};
template <typename A, typename B> struct is_pair<std::pair<A, B>> : std::true_type {};

constexpr std::size_t most_rows = 100;

inline std::string escaped_html(std::string_view text) {
  std::string escaped;
  for (char character : text)
    switch (character) {
    case '&':
      escaped += "&amp;";
      break;
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    case '"':
      escaped += "&quot;";
      break;
    default:
      escaped += character;
    }
  return escaped;
}

inline std::string taken(forkrepl_text text) {
  if (!text.data)
    throw std::bad_alloc();
  std::string string(text.data, text.size);
  std::free(text.data);
  return string;
}

inline std::string quoted_json(std::string_view text) {
  forkrepl_text quoted = forkrepl_begin_text();
  forkrepl_add_json(&quoted, text.data(), text.size());
  return taken(quoted);
}

inline std::string base64(std::string_view bytes) {
  forkrepl_text text = forkrepl_begin_text();
  forkrepl_add_base64(&text, bytes.data(), bytes.size());
  return taken(text);
}

template <typename T> std::string text_of(const T &object) {
  if constexpr (std::is_convertible_v<const T &, std::string_view>) {
    return std::string(std::string_view(object));
  } else if constexpr (std::is_same_v<T, bool>) {
    return object ? "true" : "false";
  } else if constexpr (is_printable<T>::value) {
    std::ostringstream stream;
    stream << object;
    return stream.str();
  } else if constexpr (is_pair<T>::value) {
    return text_of(object.first) + ": " + text_of(object.second);
  } else if constexpr (is_range<T>::value) {
    std::string text = "{";
    std::size_t count = 0;
    for (const auto &each : object)
      if (count++ < most_rows)
        text += (count > 1 ? ", " : " ") + text_of(each);
    if (count > most_rows)
      text += ", ... " + std::to_string(count - most_rows) + " more";
    return text + (count ? " }" : "}");
  } else {
    return "<an object of " + std::to_string(sizeof object) +
           " bytes: it has no operator<<>";
  }
}

template <typename T> std::string cells_of(const T &row) {
  std::string cells;
  auto add = [&cells](const auto &each) {
    cells += "<td>" + escaped_html(text_of(each)) + "</td>";
  };
  if constexpr (is_pair<T>::value) {
    add(row.first);
    add(row.second);
  } else {
    std::size_t count = 0;
    for (const auto &each : row)
      if (count++ < most_rows)
        add(each);
  }
  return cells;
}

/// Ranges of ranges, and maps, are tables.
template <typename T> void add_table(const T &object, mime_bundle &bundle) {
  if constexpr (is_range<T>::value &&
                !std::is_convertible_v<const T &, std::string_view>) {
    using Row = std::decay_t<decltype(*std::begin(object))>;
    if constexpr (is_pair<Row>::value ||
                  (is_range<Row>::value &&
                   !std::is_convertible_v<const Row &, std::string_view> &&
                   !is_printable<Row>::value)) {
      std::string table = "<table>";
      std::size_t count = 0;
      for (const auto &row : object)
        if (count++ < most_rows)
          table += "<tr>" + cells_of(row) + "</tr>";
      table += "</table>";
      if (count > most_rows)
        table += "<p>... " + std::to_string(count - most_rows) + " more</p>";
      bundle["text/html"] = table;
    }
  }
}

/// Texts by MIME type, as a JSON object.
template <typename Bundle> std::string json_object(const Bundle &bundle) {
  std::string json;
  for (const auto &[type, text] : bundle)
    json += (json.empty() ? "" : ",") + quoted_json(type) + ":" + quoted_json(text);
  return "{" + json + "}";
}

/// What an object looks like, as a JSON object.
template <typename T> std::string json_of(const T &object) {
  if constexpr (has_mime<T>::value) {
    return json_object(forkrepl_mime(object));
  } else if constexpr (has_xeus_mime<T>::value) {
    return mime_bundle_repr(object).dump();
  } else {
    mime_bundle bundle{{"text/plain", text_of(object)}};
    add_table(object, bundle);
    return json_object(bundle);
  }
}

inline const char *notebook() { return forkrepl_notebook(); }

inline void send(const char *kind, const std::string &json, const std::string &id) {
  std::cout.flush();
  forkrepl_send(kind, json.data(), json.size(), id.data(), id.size());
}

/// Pictures on terminals that can.
inline bool show_on_terminal(const std::string &png) {
  if (!forkrepl_terminal_shows_pictures())
    return false;
  std::cout.flush();
  forkrepl_show_on_terminal(png.data(), png.size());
  return true;
}

inline void show(const mime_bundle &bundle, const char *kind, const std::string &id) {
  if (notebook()) {
    send(kind, json_object(bundle), id);
    return;
  }
  auto picture = bundle.find("image/png");
  if (picture != bundle.end() && show_on_terminal(picture->second))
    return;
  auto plain = bundle.find("text/plain");
  if (plain != bundle.end())
    std::cout << plain->second << std::endl;
  else if (!bundle.empty())
    std::cout << "<" << bundle.begin()->first << ">" << std::endl;
}

template <typename T>
void show_object(const T &object, const char *kind, const std::string &id) {
  if (notebook()) {
    send(kind, json_of(object), id);
  } else if constexpr (has_mime<T>::value) {
    mime_bundle bundle;
    for (const auto &[type, text] : forkrepl_mime(object))
      bundle[type] = text;
    show(bundle, kind, id);
  } else {
    std::cout << text_of(object) << std::endl;
  }
}

inline void show_text(const char *type, std::string_view text, const std::string &id) {
  show({{type, std::string(text)}, {"text/plain", std::string(text)}}, "display", id);
}

} // namespace detail

/// Show an object. With an ``id``, ``update_display`` can put another in its place.
template <typename T> void display(const T &object, const std::string &id = "") {
  detail::show_object(object, "display", id);
}

/// Put another object in the place of what is shown with this ``id``.
template <typename T> void update_display(const T &object, const std::string &id) {
  detail::show_object(object, "update", id);
}

/// Show something that is there in several forms.
inline void display_mime(const mime_bundle &bundle, const std::string &id = "") {
  detail::show(bundle, "display", id);
}

inline void display_html(std::string_view text, const std::string &id = "") {
  detail::show_text("text/html", text, id);
}
inline void display_markdown(std::string_view text, const std::string &id = "") {
  detail::show_text("text/markdown", text, id);
}
inline void display_latex(std::string_view text, const std::string &id = "") {
  detail::show_text("text/latex", text, id);
}
inline void display_svg(std::string_view text, const std::string &id = "") {
  detail::show({{"image/svg+xml", std::string(text)}, {"text/plain", "<a picture>"}},
               "display", id);
}
/// ``text``: of a JSON value.
inline void display_json(std::string_view text, const std::string &id = "") {
  if (detail::notebook())
    detail::send("display",
                 "{\"application/json\":" + std::string(text) +
                     ",\"text/plain\":" + detail::quoted_json(text) + "}",
                 id);
  else
    std::cout << text << std::endl;
}
/// ``bytes``: of a file.
inline void display_png(std::string_view bytes, const std::string &id = "") {
  detail::show({{"image/png", detail::base64(bytes)}, {"text/plain", "<a picture>"}},
               "display", id);
}
inline void display_jpeg(std::string_view bytes, const std::string &id = "") {
  detail::show({{"image/jpeg", detail::base64(bytes)}, {"text/plain", "<a picture>"}},
               "display", id);
}

/// Remove what the cell has shown so far; with ``wait``, when it shows the next thing.
inline void clear_output(bool wait = false) {
  std::cout.flush();
  forkrepl_clear(wait);
}

/// Strings that are more than text, to be shown or to be the value of a cell.
struct html {
  std::string text;
};
struct markdown {
  std::string text;
};
struct svg {
  std::string text;
};
/// The bytes of a picture.
struct png {
  std::string bytes;
};

inline mime_bundle forkrepl_mime(const html &x) {
  return {{"text/html", x.text}, {"text/plain", x.text}};
}
inline mime_bundle forkrepl_mime(const markdown &x) {
  return {{"text/markdown", x.text}, {"text/plain", x.text}};
}
inline mime_bundle forkrepl_mime(const svg &x) {
  return {{"image/svg+xml", x.text}, {"text/plain", "<a picture>"}};
}
inline mime_bundle forkrepl_mime(const png &x) {
  return {{"image/png", detail::base64(x.bytes)}, {"text/plain", "<a picture>"}};
}

/// The bytes of a file; none if it cannot be read.
inline std::string file_contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace forkrepl

#ifndef FORKREPL_NO_GLOBAL_NAMES
using forkrepl::clear_output;
using forkrepl::display;
using forkrepl::display_html;
using forkrepl::display_jpeg;
using forkrepl::display_json;
using forkrepl::display_latex;
using forkrepl::display_markdown;
using forkrepl::display_mime;
using forkrepl::display_png;
using forkrepl::display_svg;
using forkrepl::update_display;
#endif

#endif
