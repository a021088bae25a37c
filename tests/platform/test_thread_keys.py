"""Thread-specific data: destructors run at the end of threads, while their code is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.exit_handlers import COMMON, linked, natively, whole
from tests.support.program import Run
from tests.support.runtime import running_program

PROGRAMS = {
    "values of threads are destroyed, main's is not": """
pthread_key_t key;
void destroy(void *text) { say((char *)text); }
int main() {
    pthread_key_create(&key, destroy);
    pthread_setspecific(key, "never");
    std::thread([] { pthread_setspecific(key, "thread"); }).join();
    return 0;
}
""",
    "a destructor sets the value again": """
pthread_key_t key;
void destroy(void *text) { say((char *)text); pthread_setspecific(key, "again"); }
int main() {
    pthread_key_create(&key, destroy);
    std::thread([] { pthread_setspecific(key, "thread"); }).join();
    return 0;
}
""",
    "thread-local objects go first": """
thread_local Noisy mine{"thread-local"};
pthread_key_t key;
void destroy(void *text) { say((char *)text); }
int main() {
    pthread_key_create(&key, destroy);
    std::thread([] { pthread_setspecific(key, "thread"); say(mine.name); }).join();
    return 0;
}
""",
    "a deleted key": """
pthread_key_t key;
void destroy(void *text) { say("never"); }
int main() {
    pthread_key_create(&key, destroy);
    std::thread([] { pthread_setspecific(key, "thread"); pthread_key_delete(key); }).join();
    printf("%d\\n", pthread_setspecific(key, "no more") == EINVAL);
    return 0;
}
""",
    "C11": """
#include <threads.h>
tss_t key;
void destroy(void *text) { say((char *)text); }
int main() {
    printf("%d\\n", tss_create(&key, destroy) == thrd_success);
    tss_set(key, (void *)"never");
    std::thread([] { tss_set(key, (void *)"thread"); }).join();
    tss_delete(key);
    std::thread([] { tss_set(key, (void *)"no more"); }).join();
    return 0;
}
""",
    "too many keys": """
int main() {
    pthread_key_t key;
    int count = 0, error;
    while (!(error = pthread_key_create(&key, nullptr)))
        ++count;
    printf("%d %d\\n", error == EAGAIN, count > 900);
    return 0;
}
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_natively(forkrepl: Run, tmp_path: Path, name: str) -> None:
    source = "#include <cerrno>\n" + whole(PROGRAMS[name])
    expected = natively(tmp_path, source)
    (tmp_path / "script.cpp").write_text(source)
    script = forkrepl("script.cpp")
    assert (script.stdout, script.returncode) == expected
    seen = linked(forkrepl, tmp_path, source)
    assert seen == dict.fromkeys(seen, expected)


def test_a_key_goes_with_its_destructor(forkrepl: Run) -> None:
    """The value of the thread that takes it back is destroyed."""
    result = forkrepl(
        input="#include <cerrno>\n" + COMMON + "pthread_key_t key;\n"
        'const char *value = "mine";\n'
        "void destroy(void *text) { say((char *)text); }\n"
        "pthread_key_create(&key, destroy);\n"
        "pthread_setspecific(key, value);\n"
        "%undo 3\n"
        'say("gone");\n'
        'pthread_setspecific(key, "no more") == EINVAL\n'
    )
    assert result.stdout == "mine\ngone\n(bool) true\n"
    assert (result.stderr, result.returncode) == ("", 0)


def test_other_threads_do_not_call_what_is_gone(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <semaphore.h>\n#include <thread>\n"
        + COMMON
        + "pthread_key_t key;\nsem_t set, end;\n"
        'void run() { sem_wait(&set); pthread_setspecific(key, "left"); sem_post(&end); '
        "sem_wait(&set); }\n"
        "std::thread thread(run);\n"
        'void destroy(void *) { say("never"); }\n'
        "pthread_key_create(&key, destroy);\n"
        "sem_post(&set); sem_wait(&end);\n"
        "%undo 3\n"
        "sem_post(&set); thread.join();\n"
        'say("ended");\n'
    )
    assert (result.stdout, result.stderr, result.returncode) == ("ended\n", "", 0)


def test_a_finalizer_may_delete_its_key(forkrepl: Run) -> None:
    """Then nobody destroys the values any more, and no other key is deleted."""
    result = forkrepl(
        input=COMMON + "pthread_key_t other;\npthread_key_create(&other, nullptr);\n"
        "struct Key { pthread_key_t key; Key() { pthread_key_create(&key, destroy); "
        'pthread_setspecific(key, "never"); } ~Key() { pthread_key_delete(key); } '
        "static void destroy(void *text) { say((char *)text); } };\n"
        "Key key;\n%undo\n"
        'pthread_setspecific(other, "still there")\n'
    )
    assert (result.stdout, result.stderr, result.returncode) == ("(int) 0\n", "", 0)


@pytest.mark.parametrize("destructor", ["destroy", "0"])
def test_keys_are_given_back(destructor: str) -> None:
    """There are 1,024 of them."""
    with running_program() as program:
        for _ in range(1100):
            unit = program.load_c(
                "#include <pthread.h>\npthread_key_t key; int error, destroyed;\n"
                "static void destroy(void *value) { ++*(int *)value; }\n"
                f"void go(void) {{ error = pthread_key_create(&key, {destructor});\n"
                " pthread_setspecific(key, &destroyed); }"
            )
            program.call("go")
            assert program.integer("error") == 0
            program.session.unload(unit)
