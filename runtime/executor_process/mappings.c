#define _GNU_SOURCE
#include "mappings.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Reads a hexadecimal number and moves on to what comes after it.
static uint64_t number(const char **text) {
  uint64_t value = 0;
  for (;; ++*text) {
    char c = **text;
    if (c >= '0' && c <= '9')
      value = value << 4 | (uint64_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value << 4 | (uint64_t)(c - 'a' + 10);
    else
      return value;
  }
}

// A line of /proc/PID/maps: START-END rwxp OFFSET DEVICE INODE      NAME
static struct mapping parse(const char *line) {
  struct mapping mapping = {0};
  mapping.start = number(&line);
  line += *line == '-';
  mapping.end = number(&line);
  line += strspn(line, " ");
  for (; *line && *line != ' '; ++line)
    mapping.protection |= *line == 'r'   ? PROT_READ
                          : *line == 'w' ? PROT_WRITE
                          : *line == 'x' ? PROT_EXEC
                                         : 0;
  for (int field = 0; field < 3; ++field) {
    line += strspn(line, " ");
    line += strcspn(line, " ");
  }
  line += strspn(line, " ");
  size_t length = strnlen(line, sizeof mapping.name - 1);
  memcpy(mapping.name, line, length);
  return mapping;
}

struct search {
  uint64_t address;
  struct mapping *found;
  size_t count;
  int is_over;
};

static void consider(struct search *search, const char *line) {
  struct mapping mapping = parse(line);
  if (search->is_over)
    return;
  if (mapping.end <= search->address) {
    search->found[0] = mapping;
    search->count = 1;
    return;
  }
  search->found[search->count++] = mapping;
  search->is_over = mapping.start > search->address;
}

size_t mappings_around(uint64_t address, struct mapping found[3]) {
  static char piece[4096], line[640];
  struct search search = {.address = address, .found = found};
  size_t length = 0;
  ssize_t got;
  int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  while (!search.is_over && (got = read(file, piece, sizeof piece)) > 0)
    for (ssize_t i = 0; i < got; ++i) {
      if (piece[i] != '\n') {
        if (length < sizeof line - 1)
          line[length++] = piece[i];
        continue;
      }
      line[length] = 0;
      length = 0;
      consider(&search, line);
    }
  close(file);
  return search.count;
}
