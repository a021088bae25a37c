// How a program tells a notebook what to show, for display.h and display.hpp; C and C++.
#ifndef FORKREPL_NOTEBOOK_H
#define FORKREPL_NOTEBOOK_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Bytes that grow; `data` is to be freed. Without memory for more they are NULL, and stay so.
typedef struct {
  char *data;
  size_t size, room;
} forkrepl_text;

static inline forkrepl_text forkrepl_begin_text(void) {
  forkrepl_text text;
  text.size = 0;
  text.room = 64;
  text.data = (char *)malloc(text.room);
  return text;
}

static inline void forkrepl_add(forkrepl_text *text, const void *bytes, size_t size) {
  if (text->data && text->room - text->size < size) {
    size_t room = 2 * text->room + size;
    char *moved = (char *)realloc(text->data, room);
    if (!moved)
      free(text->data);
    text->data = moved;
    text->room = room;
  }
  if (text->data && size) {
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
  }
}

static inline void forkrepl_add_string(forkrepl_text *text, const char *string) {
  forkrepl_add(text, string, strlen(string));
}

/// Text as JSON has it, in quotes.
static inline void forkrepl_add_json(forkrepl_text *text, const char *bytes,
                                     size_t size) {
  forkrepl_add(text, "\"", 1);
  size_t plain = 0; // where begins what has not been added
  for (size_t at = 0; at < size; ++at) {
    unsigned char character = (unsigned char)bytes[at];
    if (character >= 0x20 && character != '"' && character != '\\')
      continue;
    char code[8];
    int length = snprintf(code, sizeof code, "\\u%04x", character);
    forkrepl_add(text, bytes + plain, at - plain);
    forkrepl_add(text, code, (size_t)length);
    plain = at + 1;
  }
  if (plain < size)
    forkrepl_add(text, bytes + plain, size - plain);
  forkrepl_add(text, "\"", 1);
}

static inline void forkrepl_add_base64(forkrepl_text *text, const void *data,
                                       size_t size) {
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *bytes = (const unsigned char *)data;
  for (size_t at = 0; at < size; at += 3) {
    size_t count = size - at < 3 ? size - at : 3;
    unsigned group = 0;
    for (size_t each = 0; each < 3; ++each)
      group = group << 8 | (each < count ? bytes[at + each] : 0u);
    char code[4];
    for (size_t each = 0; each < 4; ++each)
      code[each] = (char)(each <= count ? digits[group >> (18 - 6 * each) & 63] : '=');
    forkrepl_add(text, code, sizeof code);
  }
}

/// The folder for messages to the notebook; NULL if there is none.
static inline const char *forkrepl_notebook(void) {
  return getenv("FORKREPL_NOTEBOOK");
}

static inline int forkrepl_write(int descriptor, const char *bytes, size_t size) {
  while (size) {
    ssize_t count = write(descriptor, bytes, size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return 0;
    bytes += count;
    size -= (size_t)count;
  }
  return 1;
}

/// Writes a message into a new file, whose name is given back: whether that went well. Other units
/// of the program have counters of their own, and forks have all of them.
static inline int forkrepl_write_message(const char *folder, const char *message,
                                         size_t size, char name[48]) {
  static unsigned counter = 0;
  int descriptor;
  do {
    snprintf(name, 48, "%ld-%u", (long)getpid(),
             __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED));
    forkrepl_text path = forkrepl_begin_text();
    forkrepl_add_string(&path, folder);
    forkrepl_add(&path, "/", 1);
    forkrepl_add(&path, name, strlen(name) + 1);
    if (!path.data)
      return 0;
    descriptor = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    free(path.data);
  } while (descriptor < 0 && (errno == EEXIST || errno == EINTR));
  if (descriptor < 0)
    return 0;
  int is_written = forkrepl_write(descriptor, message, size);
  return close(descriptor) == 0 && is_written;
}

/// Tell the notebook something, in order with what is printed: a file has it, and a mark in the
/// output says when it was written. A mark is short, so nothing gets between its bytes. Whether
/// there is a notebook that could be told.
static inline int forkrepl_tell(const char *message, size_t size) {
  const char *folder = forkrepl_notebook();
  char name[48];
  if (!folder || !forkrepl_write_message(folder, message, size, name))
    return 0;
  fflush(stdout);
  const char *slash = strrchr(folder, '/');
  forkrepl_text mark = forkrepl_begin_text();
  forkrepl_add_string(&mark, "\033]forkrepl;");
  forkrepl_add_string(&mark, slash ? slash + 1 : folder);
  forkrepl_add(&mark, ";", 1);
  forkrepl_add_string(&mark, name);
  forkrepl_add(&mark, "\a", 1);
  int is_told = mark.data && forkrepl_write(STDOUT_FILENO, mark.data, mark.size);
  free(mark.data);
  return is_told;
}

/// `kind`: "display" or "update"; `json`: an object of what there is to see, by MIME type.
static inline int forkrepl_send(const char *kind, const char *json, size_t size,
                                const char *id, size_t id_size) {
  forkrepl_text message = forkrepl_begin_text();
  forkrepl_add_string(&message, "{\"kind\":\"");
  forkrepl_add_string(&message, kind);
  forkrepl_add_string(&message, "\",\"id\":");
  forkrepl_add_json(&message, id, id_size);
  forkrepl_add_string(&message, ",\"data\":");
  forkrepl_add(&message, json, size);
  forkrepl_add(&message, "}", 1);
  int is_told = message.data && forkrepl_tell(message.data, message.size);
  free(message.data);
  return is_told;
}

/// Removes what the cell has shown so far; with `wait`, when it shows the next thing.
static inline void forkrepl_clear(int wait) {
  const char *message =
      wait ? "{\"kind\":\"clear\",\"wait\":true}" : "{\"kind\":\"clear\"}";
  forkrepl_tell(message, strlen(message));
}

/// Whether the terminal shows pictures by kitty's protocol.
static inline int forkrepl_terminal_shows_pictures(void) {
  const char *terminal = getenv("TERM");
  int is_kitty = getenv("KITTY_WINDOW_ID") || (terminal && strstr(terminal, "kitty"));
  return is_kitty && isatty(STDOUT_FILENO);
}

/// Shows a picture there: a PNG in base64.
static inline void forkrepl_show_on_terminal(const char *png, size_t size) {
  const size_t most = 4096;
  for (size_t at = 0; at < size; at += most) {
    size_t count = size - at < most ? size - at : most;
    printf("\033_G%sm=%d;", at ? "" : "a=T,f=100,", at + count < size);
    fwrite(png + at, 1, count, stdout);
    fputs("\033\\", stdout);
  }
  putchar('\n');
  fflush(stdout);
}

#endif
