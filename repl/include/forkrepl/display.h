// Shows things in a notebook, for C: HTML, Markdown, pictures. On a terminal, and in a program that
// is compiled as any other, their text is printed. C99 and POSIX. (For C++ there is display.hpp.)
//
//   display_html(text), display_markdown, display_latex, display_svg, display_json
//   display_png(bytes, size), display_jpeg(bytes, size)
//   display_data(type, data, size, id), update_display(type, data, size, id), clear_output(wait)
#ifndef FORKREPL_DISPLAY_H
#define FORKREPL_DISPLAY_H

#ifdef __cplusplus
#include <forkrepl/display.hpp>
#else

#include <forkrepl/notebook.h>

static inline int forkrepl_is_picture(const char *type) {
  return !strncmp(type, "image/", 6) && strcmp(type, "image/svg+xml");
}

static inline void forkrepl_add_bundle(forkrepl_text *json, const char *type,
                                       const char *data, size_t size) {
  int is_picture = !strncmp(type, "image/", 6);
  forkrepl_add(json, "{", 1);
  forkrepl_add_json(json, type, strlen(type));
  forkrepl_add(json, ":", 1);
  if (forkrepl_is_picture(type)) {
    forkrepl_add(json, "\"", 1);
    forkrepl_add_base64(json, data, size);
    forkrepl_add(json, "\"", 1);
  } else if (!strcmp(type, "application/json")) {
    forkrepl_add(json, data, size);
  } else {
    forkrepl_add_json(json, data, size);
  }
  if (strcmp(type, "text/plain")) {
    forkrepl_add_string(json, ",\"text/plain\":");
    const char *text = is_picture ? "<a picture>" : data;
    forkrepl_add_json(json, text, is_picture ? strlen(text) : size);
  }
  forkrepl_add(json, "}", 1);
}

static inline void forkrepl_print(const char *type, const char *data, size_t size) {
  if (!strcmp(type, "image/png") && forkrepl_terminal_shows_pictures()) {
    forkrepl_text png = forkrepl_begin_text();
    forkrepl_add_base64(&png, data, size);
    if (png.data)
      forkrepl_show_on_terminal(png.data, png.size);
    free(png.data);
  } else if (!strncmp(type, "image/", 6)) {
    puts("<a picture>");
  } else {
    fwrite(data, 1, size, stdout);
    putchar('\n');
  }
  fflush(stdout);
}

static inline void forkrepl_show(const char *kind, const char *type, const void *data,
                                 size_t size, const char *id) {
  const char *bytes = data && size ? (const char *)data : "";
  if (!data)
    size = 0;
  if (!id)
    id = "";
  if (!forkrepl_notebook()) {
    forkrepl_print(type, bytes, size);
    return;
  }
  forkrepl_text json = forkrepl_begin_text();
  forkrepl_add_bundle(&json, type, bytes, size);
  if (json.data)
    forkrepl_send(kind, json.data, json.size, id, strlen(id));
  free(json.data);
}

/// Shows `size` bytes of this MIME type: text, or a picture as a file has it. With an `id` (or
/// NULL) `update_display` can put something else in its place.
static inline void display_data(const char *type, const void *data, size_t size,
                                const char *id) {
  forkrepl_show("display", type, data, size, id);
}

/// Puts something else in the place of what is shown with this `id`.
static inline void update_display(const char *type, const void *data, size_t size,
                                  const char *id) {
  forkrepl_show("update", type, data, size, id);
}

static inline void forkrepl_show_string(const char *type, const char *text) {
  forkrepl_show("display", type, text, text ? strlen(text) : 0, "");
}

static inline void display_html(const char *text) {
  forkrepl_show_string("text/html", text);
}
static inline void display_markdown(const char *text) {
  forkrepl_show_string("text/markdown", text);
}
static inline void display_latex(const char *text) {
  forkrepl_show_string("text/latex", text);
}
static inline void display_svg(const char *text) {
  forkrepl_show_string("image/svg+xml", text);
}
/// `text`: of a JSON value.
static inline void display_json(const char *text) {
  forkrepl_show_string("application/json", text && *text ? text : "null");
}
/// `bytes`: of a file.
static inline void display_png(const void *bytes, size_t size) {
  forkrepl_show("display", "image/png", bytes, size, "");
}
static inline void display_jpeg(const void *bytes, size_t size) {
  forkrepl_show("display", "image/jpeg", bytes, size, "");
}

/// Removes what the cell has shown so far; with `wait`, when it shows the next thing.
static inline void clear_output(int wait) { forkrepl_clear(wait); }

#endif
#endif
