// pthread_key_create and tss_create for code that can be unmapped: a key goes with
// the unit that has its destructor.
#include "deadly_handlers.h"
#include "handlers.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <threads.h>

struct key {
  struct key *older;
  pthread_key_t key;
  void (*destructor)(void *);
  void *dso_handle;
};

static struct key *newest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// The record of a key, or of any key of a unit, taken off the list; NULL if none is.
static struct key *take(const pthread_key_t *key, const void *dso_handle) {
  struct key *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct key **at = &newest; *at; at = &(*at)->older)
    if (key ? (*at)->key == *key : (*at)->dso_handle == dso_handle) {
      found = *at;
      *at = found->older;
      break;
    }
  pthread_mutex_unlock(&lock);
  return found;
}

// Not by its value, which may be of the same address as another's before.
static struct forkrepl_handler_identity identity_of(const struct key *key) {
  return (struct forkrepl_handler_identity){(uint64_t)key->destructor, key->key};
}

static int create(pthread_key_t *key, void (*destructor)(void *), void *owner) {
  struct key *added = malloc(sizeof *added);
  if (!added)
    return ENOMEM;
  int error = pthread_key_create(key, destructor);
  if (error || !owner) {
    free(added);
    return error;
  }
  *added = (struct key){NULL, *key, destructor, owner};
  forkrepl_handler_is_new(identity_of(added));
  pthread_mutex_lock(&lock);
  added->older = newest;
  newest = added;
  pthread_mutex_unlock(&lock);
  return 0;
}

int forkrepl_key_create(unsigned *key, void (*destructor)(void *)) {
  return create(key, destructor,
                forkrepl_owner((const void *)destructor, __builtin_return_address(0)));
}

int forkrepl_key_delete(unsigned key) {
  free(take(&key, NULL));
  return pthread_key_delete(key);
}

int forkrepl_tss_create(unsigned *key, void (*destructor)(void *)) {
  int error =
      create(key, destructor,
             forkrepl_owner((const void *)destructor, __builtin_return_address(0)));
  return error ? thrd_error : thrd_success;
}

void forkrepl_tss_delete(unsigned key) { forkrepl_key_delete(key); }

// As at the end of a thread: the value is gone before the destructor is called,
// which may set another one, but not for ever.
static void destroy_value(const struct key *key, struct forkrepl_outcome *outcome) {
  for (int i = 0; key->destructor && i < PTHREAD_DESTRUCTOR_ITERATIONS; ++i) {
    void *value = pthread_getspecific(key->key);
    if (!value)
      break;
    pthread_setspecific(key->key, NULL);
    forkrepl_handler_call(identity_of(key), key->destructor, value, outcome);
  }
}

void forkrepl_keys_delete(void *dso_handle, struct forkrepl_outcome *outcome) {
  struct key *key;
  while ((key = take(NULL, dso_handle))) {
    destroy_value(key, outcome);
    pthread_key_delete(key->key);
    free(key);
  }
}
