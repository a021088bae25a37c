// Thread-local variables of units (ELF Handling For Thread-Local Storage, the
// general and local dynamic models), and destructors of thread-local objects.
//
// A unit has one image; a thread gets its own copy when it first asks for it.
// Where the C library's module numbers end, ours begin: see MODULE_OF_UNIT.
#include "thread_locals.h"
#include "deadly_handlers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

extern void *__tls_get_addr(void *);
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object,
                                    void *dso_symbol);
extern void *__dso_handle;

struct image {
  const void *start;
  size_t size;
  size_t align;
};

struct destructor {
  struct destructor *older;
  void (*function)(void *);
  void *object;
  void *dso_handle;
};

struct thread {
  size_t count; // of blocks; by unit number
  void **blocks;
  struct destructor *newest;
  struct thread *next;
  int known; // is on the list of threads
};

static struct image *images;
static size_t image_count;
static struct thread *threads;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static __thread struct thread here __attribute__((tls_model("initial-exec")));

// The newest destructor of a thread that matches, taken off; NULL if none is.
static struct destructor *take_locked(struct thread *thread, void *dso_handle) {
  for (struct destructor **at = &thread->newest; *at; at = &(*at)->older)
    if (!dso_handle || (*at)->dso_handle == dso_handle) {
      struct destructor *found = *at;
      *at = found->older;
      return found;
    }
  return NULL;
}

// This thread's newest or, for a unit that goes, then those of the others.
static struct destructor *take(void *dso_handle) {
  pthread_mutex_lock(&lock);
  struct destructor *found = take_locked(&here, dso_handle);
  for (struct thread *thread = dso_handle ? threads : NULL; thread && !found;
       thread = thread->next)
    found = take_locked(thread, dso_handle);
  pthread_mutex_unlock(&lock);
  return found;
}

static void run_destructors(void *dso_handle, struct forkrepl_outcome *outcome) {
  struct destructor *destructor;
  while ((destructor = take(dso_handle))) {
    void (*function)(void *) = destructor->function;
    void *object = destructor->object;
    free(destructor);
    struct forkrepl_handler_identity identity = {(uint64_t)function, (uint64_t)object};
    if (dso_handle)
      forkrepl_handler_call(identity, function, object, outcome);
    else // the end of a thread, which may be one of several
      forkrepl_guarded_call(function, object, outcome);
  }
}

static void destroy_objects(void *unused) { run_destructors(NULL, NULL); }

// By then other keys' destructors may have made objects again.
static void at_thread_exit(void *unused) {
  run_destructors(NULL, NULL);
  pthread_mutex_lock(&lock);
  struct thread **at = &threads;
  while (*at != &here)
    at = &(*at)->next;
  *at = here.next;
  for (size_t i = 0; i < here.count; ++i)
    free(here.blocks[i]);
  free(here.blocks);
  memset(&here, 0, sizeof here);
  pthread_mutex_unlock(&lock);
}

static void create_key(void) { pthread_key_create(&key, at_thread_exit); }

static void know_this_thread(void) {
  if (here.known)
    return;
  pthread_once(&once, create_key);
  pthread_setspecific(key, &here);
  // The C library destroys objects before it calls any key's destructor.
  __cxa_thread_atexit_impl(destroy_objects, NULL, &__dso_handle);
  pthread_mutex_lock(&lock);
  here.next = threads;
  threads = &here;
  here.known = 1;
  pthread_mutex_unlock(&lock);
}

static void *make_block(size_t unit) {
  know_this_thread();
  pthread_mutex_lock(&lock);
  if (unit >= here.count) {
    size_t count = unit + 1 > 2 * here.count ? unit + 1 : 2 * here.count;
    void **blocks = realloc(here.blocks, count * sizeof *blocks);
    if (!blocks)
      abort();
    memset(blocks + here.count, 0, (count - here.count) * sizeof *blocks);
    here.blocks = blocks;
    here.count = count;
  }
  void *block = NULL;
  if (unit < image_count && images[unit].size) {
    const struct image *image = &images[unit];
    if (posix_memalign(&block, image->align, image->size))
      abort();
    memcpy(block, image->start, image->size);
    here.blocks[unit] = block;
  }
  pthread_mutex_unlock(&lock);
  return block;
}

// Apart, so that the other saves no registers.
__attribute__((noinline)) static void *find_or_make(const uint64_t *index) {
  if (!(index[0] & MODULE_OF_UNIT))
    return __tls_get_addr((void *)index);
  if (index[0] == STATIC_MODULE)
    return thread_pointer() + index[1];
  return (char *)make_block((size_t)(index[0] & ~MODULE_OF_UNIT)) + index[1];
}

void *forkrepl_tls_get_addr(const uint64_t *index) {
  // Of other modules, and of the static one, this is larger than any count.
  uint64_t unit = index[0] ^ MODULE_OF_UNIT;
  if (__builtin_expect(unit < here.count, 1)) {
    char *block = here.blocks[unit];
    if (__builtin_expect(block != NULL, 1))
      return block + index[1];
  }
  return find_or_make(index);
}

int forkrepl_thread_atexit(void (*function)(void *), void *object, void *dso_handle) {
  struct destructor *added = malloc(sizeof *added);
  if (!added)
    return -1;
  know_this_thread();
  *added = (struct destructor){NULL, function, object, dso_handle};
  forkrepl_handler_is_new(
      (struct forkrepl_handler_identity){(uint64_t)function, (uint64_t)object});
  pthread_mutex_lock(&lock);
  added->older = here.newest;
  here.newest = added;
  pthread_mutex_unlock(&lock);
  return 0;
}

int forkrepl_thread_locals_add(const struct forkrepl_unit *unit) {
  if (unit->tls_module == STATIC_MODULE)
    return forkrepl_static_thread_locals_set(unit, (void *)unit->tls_image);
  size_t number = (size_t)(unit->tls_module & ~MODULE_OF_UNIT);
  if (!unit->tls_size)
    return 0;
  int error = 0;
  pthread_mutex_lock(&lock);
  if (number >= image_count) {
    size_t count = number + 1 > 2 * image_count ? number + 1 : 2 * image_count;
    struct image *larger = realloc(images, count * sizeof *larger);
    if (larger) {
      memset(larger + image_count, 0, (count - image_count) * sizeof *larger);
      images = larger;
      image_count = count;
    } else
      error = ENOMEM;
  }
  if (!error)
    images[number] = (struct image){(const void *)unit->tls_image, unit->tls_size,
                                    unit->tls_align < sizeof(void *) ? sizeof(void *)
                                                                     : unit->tls_align};
  pthread_mutex_unlock(&lock);
  return error;
}

void forkrepl_thread_locals_run(void *dso_handle, struct forkrepl_outcome *outcome) {
  run_destructors(dso_handle, outcome);
}

void forkrepl_thread_locals_remove(const struct forkrepl_unit *unit) {
  if (unit->tls_module == STATIC_MODULE)
    forkrepl_static_thread_locals_set(unit, NULL);
  size_t number = (size_t)(unit->tls_module & ~MODULE_OF_UNIT);
  pthread_mutex_lock(&lock);
  if (unit->tls_size && number < image_count)
    images[number].size = 0;
  for (struct thread *thread = threads; thread; thread = thread->next)
    if (unit->tls_size && number < thread->count) {
      free(thread->blocks[number]);
      thread->blocks[number] = NULL;
    }
  pthread_mutex_unlock(&lock);
}
