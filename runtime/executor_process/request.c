#include "request.h"

#include <string.h>

void reply(const struct request *request, int error, const void *payload, size_t size) {
  if (request->refused) {
    if (!error)
      return;
    *request->refused = 1;
  }
  connection_reply(request->head.operation, error, payload, size);
}

void reply_error(const struct request *request, int error, const char *text) {
  reply(request, error, text, strlen(text));
}

uint64_t word(const struct request *request, size_t index) {
  uint64_t value = 0;
  if ((index + 1) * sizeof value <= request->head.size)
    memcpy(&value, request->payload + index * sizeof value, sizeof value);
  return value;
}

size_t strings(const struct request *request, size_t offset,
               void (*each)(size_t index, char *text, void *context), void *context) {
  size_t count = 0;
  while (offset < request->head.size) {
    char *text = (char *)request->payload + offset;
    if (each)
      each(count, text, context);
    offset += strlen(text) + 1;
    ++count;
  }
  return count;
}
