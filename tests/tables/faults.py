"""Ways to break a session, a row each, for ``test_faults.py``.

A row's inputs are typed one after another into a session that has the world below; the
last of them is the fault. What they find there are the headers and names of the world.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """``leaves``: what the report of the last input must say; if empty, it succeeds.

    ``after``: inputs that take back what would be in the way of other rows.
    ``interrupt``: Ctrl-C is needed, once the input has called ``begin``.
    ``for_root``: only root can do it. ``pause``: what happens, happens a moment later.
    """

    name: str
    inputs: tuple[str, ...]
    leaves: str = ""
    after: tuple[str, ...] = ()
    interrupt: bool = False
    for_root: bool = False
    pause: bool = False


def _row(name: str, *inputs: str, leaves: str = "") -> Fault:
    return Fault(name, inputs, leaves)


def _interrupted(name: str, *inputs: str, leaves: str = "SIG") -> Fault:
    return Fault(name, inputs, leaves, interrupt=True)


HEADERS = (
    "#include <cassert>",
    "#include <cfenv>",
    "#include <csetjmp>",
    "#include <csignal>",
    "#include <cstdio>",
    "#include <cstdlib>",
    "#include <cstring>",
    "#include <climits>",
    "#include <clocale>",
    "#include <memory>",
    "#include <stdexcept>",
    "#include <string>",
    "#include <fcntl.h>",
    "#include <grp.h>",
    "#include <pthread.h>",
    "#include <unistd.h>",
    "#include <sys/mman.h>",
    "#include <sys/personality.h>",
    "#include <sys/prctl.h>",
    "#include <sys/ptrace.h>",
    "#include <sys/resource.h>",
    "#include <sys/socket.h>",
    "#include <sys/stat.h>",
    "#include <sys/syscall.h>",
    "#include <sys/time.h>",
    "#include <sys/wait.h>",
    'void begin() { (void)!write(1, "begun\\n", 6); }',
    "void *page(const void *p) { return (void *)((uintptr_t)p & -4096ul); }",
    "int control() { for (int fd = 4096; fd > 2; --fd) { int type; socklen_t n = sizeof type; "
    "if (!getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n)) return fd; } return -1; }",
    "void limit(int what, rlim_t soft) { rlimit l; getrlimit((__rlimit_resource)what, &l); "
    "l.rlim_cur = soft < l.rlim_max ? soft : l.rlim_max; setrlimit((__rlimit_resource)what, &l); }",
    "int deep(int n) { volatile char space[1000]; space[0] = n; return deep(n + 1) + space[0]; }",
    'void edit(const char *text) { FILE *f = fopen("edited.h", "w"); '
    'fprintf(f, "#pragma once\\n%s\\n", text); fclose(f); }',
    "void in_thread(void *(*run)(void *)) { pthread_t t; pthread_create(&t, 0, run, 0); "
    "pthread_join(t, 0); }",
    "void detached(void *(*run)(void *)) { pthread_t t; pthread_create(&t, 0, run, 0); "
    "pthread_detach(t); }",
)  # fmt: skip
"""In a file ``headers.h``: of the world, and what the rows use besides."""

WORLD = (
    '#include "headers.h"',
    "#include <vector>",
    "static short kept_count = 0;",
    "std::unique_ptr<int> kept_heap = std::make_unique<int>(0);",
    'std::string kept_string = "a string that is too long for the object itself: ";',
    "thread_local int kept_thread_local = 0;",
    "struct KeptClass { int n; virtual int get() { return n; } virtual ~KeptClass() {} };",
    "KeptClass *kept_object = new KeptClass();",
    "template <class T> T kept_template(T a) { return a + a; }",
    "#define KEPT_MACRO 6",
    "int kept_function(int n) { return n + KEPT_MACRO; }",
    "std::vector<int> kept_vector;",
    "FILE *kept_file = tmpfile();",
    'int kept_descriptor = open("kept", O_RDWR | O_CREAT | O_CLOEXEC, 0600);',
    "bool kept_trap = false, kept_child = false;",
    "void kept_handler() { if (kept_child) return; "
    "int fd = open(\"handled\", O_WRONLY | O_APPEND | O_CREAT, 0666); "
    "(void)!write(fd, \"once\", 4); close(fd); }",
    "int kept_registered = atexit(kept_handler);",
    # Looks at everything, changes everything, and counts.
    "short kept_now() { int n = kept_count; "
    "if (*kept_heap != n) return -1; ++*kept_heap; "
    "if (kept_string.size() != 49u + n) return -2; kept_string += 'x'; "
    "if (kept_thread_local != n) return -3; ++kept_thread_local; "
    "if (kept_vector.size() != (size_t)n) return -4; kept_vector.push_back(n); "
    "if (ftell(kept_file) != n) return -5; fputc('x', kept_file); "
    "struct stat s; if (fstat(kept_descriptor, &s) || !S_ISREG(s.st_mode)) return -6; "
    "return ++kept_count; }",
    # Short to type, which on a terminal takes longer than all else.
    "#define CHECK kept_object->get() == 0 && KEPT_MACRO == 6 && kept_template(4) == 8 && "
    "kept_function(1) == 7 && sizeof(std::vector<int>) == 24 ? kept_now() : (short)-7",
)  # fmt: skip
"""What every row of C++ must leave as it is."""

CHECK = "CHECK"
"""Gives the number of this check as a ``short``, or what is wrong, negative."""

C_WORLD = (
    "#include <fcntl.h>",
    "#include <signal.h>",
    "#include <stdio.h>",
    "#include <stdlib.h>",
    "#include <string.h>",
    "#include <unistd.h>",
    "static short kept_count = 0;",
    "short *kept_heap;",
    "kept_heap = calloc(1, sizeof *kept_heap);",
    "_Thread_local short kept_thread_local;",
    "struct Kept { int n; } kept_object = {5};",
    "#define KEPT_MACRO 6",
    "int kept_function(int n) { return n + KEPT_MACRO; }",
    'void kept_handler(void) { int fd = open("handled", O_WRONLY | O_APPEND | O_CREAT, 0666); '
    'write(fd, "once", 4); close(fd); }',
    "atexit(kept_handler);",
    "short kept_now(void) { if (*kept_heap != kept_count || kept_thread_local != kept_count) "
    "return -1; ++*kept_heap; ++kept_thread_local; return ++kept_count; }",
    'void begin(void) { write(1, "begun\\n", 6); }',
    "#define CHECK (short)(kept_object.n == 5 && kept_function(1) == 7 ? kept_now() : -7)",
)

_LOOK_AT = "(void)*(volatile char *)"

MEMORY_ACCESS = (
    _row("null_read", f"{_LOOK_AT}0;", leaves="SIGSEGV"),
    _row("null_write", "*(volatile int *)0 = 1;", leaves="SIGSEGV"),
    _row("null_call", "((void (*)())0)();", leaves="SIGSEGV"),
    _row("wild_pointer", "*(volatile int *)0x123456789000 = 1;", leaves="SIGSEGV"),
    _row("non_canonical", "*(volatile int *)0xdead000000000000 = 1;", leaves="SIGSEGV"),
    _row("kernel_address", "*(volatile int *)0xffffffff81000000 = 1;", leaves="SIGSEGV"),
    _row("write_to_const", '*(volatile char *)"text" = 1;', leaves="SIGSEGV"),
    _row("write_to_code", "*(volatile char *)kept_function = 0;", leaves="SIGSEGV"),
    _row(
        "execute_data",
        "static unsigned char code[] = {0xc3}; ((void (*)())code)();",
        leaves="SIGSEGV",
    ),
    _row(
        "beyond_the_end_of_a_file",
        f'{_LOOK_AT}mmap(0, 4096, PROT_READ, MAP_SHARED, memfd_create("empty", 0), 0);',
        leaves="SIGBUS",
    ),
    _row(
        "alignment_check",
        '{ asm volatile("pushf; orl $0x40000, (%rsp); popf; movl 1(%rsp), %eax"); }',
        leaves="SIGBUS",
    ),
    _row(
        "misaligned_vector",
        '{ asm volatile("lea -1023(%%rsp), %%rax; or $1, %%rax; movaps (%%rax), %%xmm0" '
        '::: "rax", "xmm0"); }',
        leaves="SIGSEGV",
    ),
    _row("ud2", '{ asm("ud2"); }', leaves="SIGILL"),
    _row("int3", '{ asm("int3"); }', leaves="SIGTRAP"),
    _row("hlt", '{ asm("hlt"); }', leaves="SIGSEGV"),
    _row("division_by_zero", "volatile int zero = 0; zero = 1 / zero;", leaves="SIGFPE"),
    _row("division_overflow", "volatile int n = INT_MIN, m = -1; n = n / m;", leaves="SIGFPE"),
)

ABORTS = (
    _row("abort", "abort();", leaves="SIGABRT"),
    _row("assertion", "assert(kept_count < 0);", leaves="SIGABRT"),
    _row("terminate", "std::terminate();", leaves="SIGABRT"),
    _row("throw_through_noexcept", "[]() noexcept { throw 1; }();", leaves="SIGABRT"),
    _row("throw_nothing", "throw;", leaves="SIGABRT"),
    _row(
        "pure_virtual_call",
        "struct A { A() { g(); } void g() { f(); } virtual void f() = 0; }; "
        "struct B : A { void f() override {} }; B b;",
        leaves="SIGABRT",
    ),
    _row("int_thrown", "throw 1;", leaves="uncaught exception of type int"),
    _row(
        "exception_thrown",
        'throw std::runtime_error("for a test");',
        leaves="uncaught exception of type std::runtime_error: for a test",
    ),
    _row("class_thrown", "struct Own {}; throw Own();", leaves="uncaught exception of type Own"),
    _row(
        "throwing_destructor",
        "{ struct T { ~T() noexcept(false) { throw 2; } } t; throw 1; }",
        leaves="SIGABRT",
    ),
    _row(
        "throw_in_a_thread",
        "in_thread([](void *) -> void * { throw 1; });",
        leaves="SIGABRT",
    ),
    _row(
        "throwing_initializer",
        "struct T { T() { throw 8; } }; T t;",
        leaves="uncaught exception of type int",
    ),
    _row("crashing_initializer", "struct T { T() { __builtin_trap(); } }; T t;", leaves="SIGILL"),
    _row("absurd_allocation", "new char[1ul << 60];", leaves="uncaught exception of type std::bad"),
)

STACK_AND_HEAP = (
    _row("recursion", "deep(0);", leaves="SIGSEGV"),
    _row(
        "recursion_in_a_thread",
        "in_thread([](void *) -> void * { deep(0); return 0; });",
        leaves="SIGSEGV",
    ),
    _row(
        "huge_alloca",
        "{ volatile char *p = (char *)__builtin_alloca(1 << 30); p[0] = 1; }",
        leaves="SIGSEGV",
    ),
    _row("big_array", "{ volatile char big[100 << 20]; big[0] = 1; }", leaves="SIGSEGV"),
    _row("double_free", "{ void *p = malloc(40); free(p); free(p); }", leaves="SIGABRT"),
    _row("free_of_the_stack", "{ long n[8] = {}; free(&n[4]); }", leaves="SIGABRT"),
    _row(
        "overflow_of_a_chunk",
        "{ char *p = (char *)malloc(2000), *q = (char *)malloc(2000); "
        "memset(p, 0x55, 2100); free(q); free(p); }",
        leaves="SIG",
    ),
    _row(
        "smashed_heap",
        "{ char *top = (char *)sbrk(0); memset(top - 100000, 0x55, 100000); "
        "for (int i = 0; i < 100; ++i) free(malloc(5000)); }",
        leaves="SIG",
    ),
    _row(
        "smashed_stack",
        "{ volatile char here[8]; memset((void *)here, 0x55, 2000); }",
        leaves="SIG",
    ),
    _row(
        "destroyed_virtual_table",
        "{ memset((void *)kept_object, 0, 8); kept_object->get(); }",
        leaves="SIGSEGV",
    ),
    _row(
        "jump_to_a_dead_frame",
        "static jmp_buf target; void set() { setjmp(target); } "
        "void wrap() { volatile char space[1000]; space[0] = 0; set(); } "
        "void jump() { volatile char space[4000]; "
        "memset((void *)space, 0, 4000); longjmp(target, 1); } { wrap(); jump(); }",
        leaves="SIG",
    ),
    _row(
        "endless_allocation",
        "for (;;) memset(new char[1 << 20], 1, 1 << 20);",
        leaves="uncaught exception of type std::bad_alloc",
    ),
    _row(
        "endless_allocation_unchecked",
        "for (;;) memset(malloc(1 << 20), 1, 1 << 20);",
        leaves="SIGSEGV",
    ),
    _row("everything_destroyed", "kept_heap.reset(); kept_string.clear(); abort();", leaves="SIG"),
)

SIGNALS = (
    _row("sigkill", "raise(SIGKILL);", leaves="SIGKILL"),
    _row("sigsegv", "kill(getpid(), SIGSEGV);", leaves="SIGSEGV"),
    _row("sigterm", "kill(getpid(), SIGTERM);", leaves="SIGTERM"),
    _row("sighup", "raise(SIGHUP);", leaves="SIGHUP"),
    _row("sigquit", "raise(SIGQUIT);", leaves="SIGQUIT"),
    _row("sigusr1", "raise(SIGUSR1);", leaves="SIGUSR1"),
    _row("sigalrm", "raise(SIGALRM);", leaves="SIGALRM"),
    _row("sigpipe", "raise(SIGPIPE);", leaves="SIGPIPE"),
    _row("sigsys", "raise(SIGSYS);", leaves="SIGSYS"),
    _row("sigxcpu", "limit(RLIMIT_CPU, 1); for (;;) ;", leaves="SIGXCPU"),
    _row("real_time_signal", "raise(SIGRTMIN + 6);", leaves="signal 40"),
    _row("broken_pipe", "{ int p[2]; (void)!pipe(p); close(p[0]); (void)!write(p[1], p, 1); }",
         leaves="SIGPIPE"),
    _row("sigint_of_its_own", "raise(SIGINT);", leaves="SIGINT"),
    _row("timer_in_the_input", "{ itimerval t = {{}, {0, 1000}}; setitimer(ITIMER_REAL, &t, 0); "
         "for (;;) ; }", leaves="SIGALRM"),
    Fault("timer_later", ("{ itimerval t = {{}, {0, 100000}}; setitimer(ITIMER_REAL, &t, 0); }",),
          pause=True),
    Fault("thread_crashes_later", ("detached([](void *) -> void * { usleep(100000); abort(); });",),
          pause=True),
    _row("handler_that_jumps", "static sigjmp_buf target;",
         "signal(SIGSEGV, [](int) { siglongjmp(target, 1); }); "
         "if (!sigsetjmp(target, 1)) *(volatile int *)0 = 1; signal(SIGSEGV, SIG_DFL);"),
    _row("no_alternate_stack", "stack_t none{}; none.ss_flags = SS_DISABLE;",
         "sigaltstack(&none, 0); deep(0);", leaves="SIGSEGV"),
)  # fmt: skip

EXITS = (
    _row("exit_without_a_word", "_exit(0);", leaves="status 0"),
    _row("exit_with_status_3", "_exit(3);", leaves="status 3"),
    _row("exit_group", "syscall(SYS_exit_group, 4);", leaves="status 4"),
    _row("exit_of_the_only_thread", "syscall(SYS_exit, 5);", leaves="status 5"),
    _interrupted(
        "exit_of_the_main_thread",
        "detached([](void *) -> void * { for (;;) pause(); }); begin(); syscall(SYS_exit, 0);",
        leaves="SIGINT",
    ),
    _row("another_program", 'execl("/bin/true", "true", (char *)0);', leaves="status 0"),
    _row("another_program_that_fails", 'execl("/bin/false", "false", (char *)0);',
         leaves="status 1"),
    _row("daemon", "(void)!daemon(1, 1); _exit(0);", leaves="status 0"),
    _row("exit_in_a_signal_handler", "signal(SIGUSR1, [](int) { _exit(6); }); raise(SIGUSR1);",
         leaves="status 6"),
)  # fmt: skip

ENDLESS = (
    _interrupted("endless_loop", "begin(); for (;;) ;"),
    _interrupted(
        "all_signals_blocked",
        "{ sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0); begin(); for (;;) ; }",
    ),
    _interrupted("interrupt_ignored", "signal(SIGINT, SIG_IGN); begin(); for (;;) ;"),
    _interrupted(
        "interrupt_handled_in_vain", "signal(SIGINT, [](int) {}); begin(); for (;;) ;"
    ),
    Fault(
        "interrupt_handled",
        (
            "volatile sig_atomic_t stop = 0;",
            "signal(SIGINT, [](int) { stop = 1; }); begin(); while (!stop) ;",
        ),
        after=("signal(SIGINT, SIG_DFL);",),
        interrupt=True,
    ),
    _interrupted("sleep", "begin(); for (;;) pause();"),
    _interrupted("wait_for_a_lock", "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;",
                 "begin(); for (;;) pthread_mutex_lock(&m);"),
    _interrupted("read_standard_input", "char c; begin(); while (read(0, &c, 1) >= 0) ;"),
    _interrupted("stopped", "begin(); raise(SIGSTOP);"),
    _interrupted(
        "handler_that_returns", "signal(SIGSEGV, [](int) {}); begin(); *(volatile int *)0 = 1;"
    ),
    _interrupted("waits_for_the_controller", "char c; begin(); read(control(), &c, 1);"),
    _interrupted("own_process_group", "setpgid(0, 0); begin(); for (;;) ;"),
    _interrupted("own_session", "setsid(); begin(); for (;;) ;"),
)  # fmt: skip

PROCESSES = (
    _row("child_returns", "fflush(0); if (fork() == 0) kept_child = true; else wait(0);"),
    _row("child_crashes", "if (fork() == 0) abort(); else wait(0);"),
    _row(
        "child_throws",
        "fflush(0); if (fork() == 0) { kept_child = true; throw 1; } else wait(0);",
    ),
    _row("child_exits", "if (fork() == 0) _exit(3); else wait(0);"),
    Fault(
        "child_never_ends",
        ("pid_t child;", "child = fork(); if (child == 0) for (;;) pause();"),
        after=("kill(child, SIGKILL); wait(0);",),
    ),
    _row("children_not_waited_for", "for (int i = 0; i < 20; ++i) if (fork() == 0) _exit(0);"),
    _row("vfork", "if (vfork() == 0) _exit(0); else wait(0);"),
    _row("command", '(void)!system("kill -9 $$");'),
    Fault("process_group", ("setpgid(0, 0);",), after=("setpgid(0, getppid());",)),
    _row("session", "setsid();"),
    _row("name", 'prctl(PR_SET_NAME, "another", 0, 0, 0);'),
    _row("no_parent_death_signal", "prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);"),
    _row("not_dumpable", "prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);"),
    _row("traced", "ptrace(PTRACE_TRACEME, 0, 0, 0);"),
    _row("crash_while_traced", "ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGUSR1);",
         leaves="SIGUSR1"),
    _row("seccomp", "prctl(PR_SET_SECCOMP, 1, 0, 0, 0);", leaves="SIGKILL"),
    _row("checkpoints_killed",
         "{ int keeper = getppid(); char name[64]; "
         "snprintf(name, 64, \"/proc/%d/task/%d/children\", keeper, keeper); "
         "FILE *f = fopen(name, \"r\"); for (int pid; fscanf(f, \"%d\", &pid) == 1;) "
         "if (pid != getpid()) kill(pid, SIGKILL); fclose(f); }"),
)  # fmt: skip

DESCRIPTORS = (
    _row("close_loop", "for (int fd = 3; fd < 4096; ++fd) close(fd);", leaves="the program"),
    _row("closefrom", "closefrom(3);", leaves="the program"),
    _row("close_range", "close_range(3, ~0u, 0);", leaves="the program"),
    _row("close_the_control_socket", "close(control());", leaves="the program"),
    _row("shut_the_control_socket_down", "shutdown(control(), SHUT_RDWR);", leaves="the program"),
    _row("replace_the_control_socket", "dup2(0, control());", leaves="the program"),
    _row("replace_all_descriptors", "for (int fd = 3; fd < 1024; ++fd) dup2(0, fd);",
         leaves="the program"),
    _row("garbage_for_the_controller",
         "{ char garbage[256]; memset(garbage, 0xee, 256); "
         "(void)!write(control(), garbage, 256); }",
         leaves="protocol"),
    _row("half_a_reply", "(void)!write(control(), \"\\0\\0\\0\", 3);", leaves="protocol"),
    Fault("close_0", ("int saved0 = dup(0);", "close(0);"), after=("dup2(saved0, 0);",)),
    Fault("close_1", ("int saved1 = dup(1);", "close(1);"), after=("dup2(saved1, 1);",)),
    Fault("close_2", ("int saved2 = dup(2);", "close(2);"), after=("dup2(saved2, 2);",)),
    Fault("not_blocking", ("for (int fd = 0; fd < 3; ++fd) fcntl(fd, F_SETFL, "
                           "fcntl(fd, F_GETFL) | O_NONBLOCK);",),
          after=("for (int fd = 0; fd < 3; ++fd) fcntl(fd, F_SETFL, "
                 "fcntl(fd, F_GETFL) & ~O_NONBLOCK);",)),
    _row("close_stdout", "fclose(stdout);"),
    _row("reopen_stdout", 'freopen("/dev/null", "w", stdout);'),
    Fault("all_descriptors_used", ("static std::vector<int> taken;",
                                   "for (int fd; (fd = dup(0)) >= 0;) taken.push_back(fd);"),
          after=("for (int fd : taken) close(fd);",)),
)  # fmt: skip

STATE = (
    Fault(
        "block_all_signals",
        ("sigset_t all; sigfillset(&all);", "sigprocmask(SIG_BLOCK, &all, 0);"),
        after=("sigprocmask(SIG_UNBLOCK, &all, 0);",),
    ),
    Fault("ignore_children", ("signal(SIGCHLD, SIG_IGN);",), after=("signal(SIGCHLD, SIG_DFL);",)),
    Fault("ignore_pipes", ("signal(SIGPIPE, SIG_IGN);",), after=("signal(SIGPIPE, SIG_DFL);",)),
    Fault("removed_folder",
          ('mkdir("gone", 0700); int folder = open(".", O_RDONLY);',
           '(void)!chdir("gone"); rmdir("../gone");'),
          after=("(void)!fchdir(folder);",)),
    Fault("mask", ("umask(0777);",), after=("umask(022);",)),
    Fault("no_descriptors", ("limit(RLIMIT_NOFILE, 0);",), after=("limit(RLIMIT_NOFILE, 1024);",)),
    Fault("three_descriptors", ("limit(RLIMIT_NOFILE, 3);",),
          after=("limit(RLIMIT_NOFILE, 1024);",)),
    Fault("no_address_space", ("limit(RLIMIT_AS, 100 << 20);",), after=("limit(RLIMIT_AS, -1);",)),
    Fault("no_data", ("limit(RLIMIT_DATA, 0);",), after=("limit(RLIMIT_DATA, 256 << 20);",)),
    Fault("small_stack", ("limit(RLIMIT_STACK, 16 << 10);",),
          after=("limit(RLIMIT_STACK, 8 << 20);",)),
    Fault("no_file_size",
          ("limit(RLIMIT_FSIZE, 0);",
           '{ int fd = open("large", O_WRONLY | O_CREAT, 0600); (void)!write(fd, "x", 1); }'),
          "SIGXFSZ", after=("limit(RLIMIT_FSIZE, -1);",)),
    Fault("no_processes", ("limit(RLIMIT_NPROC, 0);",), after=("limit(RLIMIT_NPROC, -1);",)),
    Fault("no_locked_memory", ("limit(RLIMIT_MEMLOCK, 0);",)),
    Fault("another_user", ("(void)!setegid(65534); (void)!seteuid(65534);",),
          after=("(void)!seteuid(0); (void)!setegid(0);",), for_root=True),
    Fault("another_root", ('mkdir("jail", 0700); open("/", O_RDONLY)', '(void)!chroot("jail");'),
          after=(), for_root=True),
    Fault("no_environment", ("clearenv();",)),
    Fault("environment_null", ("environ = nullptr;",)),
    Fault("locale", ('setlocale(LC_ALL, "C.UTF-8");',), after=('setlocale(LC_ALL, "C");',)),
    Fault("rounding", ("fesetround(FE_UPWARD);",), after=("fesetround(FE_TONEAREST);",)),
    _row("floating_point_trap", "feenableexcept(FE_DIVBYZERO);",
         "volatile double zero = 0; zero = 1 / zero;", leaves="SIGFPE"),
    _row("direction_flag", '{ asm volatile("std"); }'),
)  # fmt: skip

ADDRESS_SPACE = (
    _row("protect_code", "mprotect(page((void *)kept_function), 4096, PROT_NONE); "
         "kept_function(1);", leaves="SIGSEGV"),
    _row("protect_data", "mprotect(page(&kept_count), 4096, PROT_READ); kept_count = 9;",
         leaves="SIGSEGV"),
    _row("unmap_code", "munmap(page((void *)kept_function), 1 << 20); kept_function(1);",
         leaves="SIGSEGV"),
    _row("unmap_libc", "munmap(page((void *)munmap), 4096);", leaves="SIGSEGV"),
    _row("unmap_the_stack", "{ int here; munmap((char *)page(&here) - (64 << 10), 1 << 20); }",
         leaves="SIG"),
    _row("map_over_code", "{ void *p = mmap(page((void *)kept_function), 4096, PROT_READ | "
         "PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); "
         "memset(p, 0xcc, 4096); kept_function(1); }", leaves="SIGTRAP"),
    _row("forget_the_stack", "{ int here; madvise((char *)page(&here), 8192, MADV_DONTNEED); }",
         leaves="SIG"),
    Fault("no_copy_for_forks", ("madvise(page(&kept_count), 4096, MADV_DONTFORK);",),
          after=("madvise(page(&kept_count), 4096, MADV_DOFORK);",)),
    Fault("lock_memory", ("mlockall(MCL_CURRENT | MCL_FUTURE);",), after=("munlockall();",)),
    _row("personality", "personality(ADDR_NO_RANDOMIZE);"),
)  # fmt: skip

THREADS = (
    _row("thread_that_writes", "static volatile long written;",
         "detached([](void *) -> void * { for (;;) { ++written; usleep(100); } });"),
    _row("crash_beside_a_thread_that_allocates",
         "detached([](void *) -> void * { for (;;) free(malloc(100)); });", "abort();",
         leaves="SIGABRT"),
    _row("crash_beside_a_thread_with_a_lock",
         "pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;",
         "detached([](void *) -> void * { pthread_mutex_lock(&held); for (;;) pause(); });",
         "abort();", leaves="SIGABRT"),
    _row("crash_beside_a_thread_that_prints",
         "detached([](void *) -> void * { FILE *f = fopen(\"/dev/null\", \"w\"); "
         "for (;;) fprintf(f, \"%d\", 1); });", "abort();", leaves="SIGABRT"),
    _row("crash_with_a_lock_held", "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;",
         "pthread_mutex_lock(&m); abort();", leaves="SIGABRT"),
    _row("lock_is_free_again", "pthread_mutex_t m2 = PTHREAD_MUTEX_INITIALIZER;",
         "if (pthread_mutex_trylock(&m2)) abort();"),
    _row("many_threads", "for (int i = 0; i < 50; ++i) in_thread([](void *p) { return p; });"),
    _row("crash_with_output_unwritten", 'fputs("lost", kept_file); abort();', leaves="SIGABRT"),
)  # fmt: skip

UNDO = (
    Fault("handler_crashes_when_undone",
          ("int registered = atexit([] { if (kept_trap) __builtin_trap(); });",
           "kept_trap = true;", "%undo 2"), "SIGILL", after=("kept_trap = false;",)),
    Fault("destructor_crashes_when_undone",
          ("struct Bad { ~Bad() { if (kept_trap) __builtin_trap(); } };", "Bad bad;",
           "kept_trap = true;", "%undo 2"), "SIGILL", after=("kept_trap = false;",)),
    _row("destructor_throws_when_undone",
         "struct Thrower { ~Thrower() noexcept(false) { throw 7; } };",
         "Thrower *thrower = new Thrower;", "delete thrower;",
         leaves="uncaught exception of type int"),
    _row("signal_handler_undone", "signal(SIGUSR2, [](int) {});", "%undo", "raise(SIGUSR2);",
         leaves="SIGUSR2"),
    _row("undo_more_than_there_is", "%undo 100000", leaves="cannot undo 100000 inputs"),
    _row("undo_what_crashed", "int good = 1;", "abort();", leaves="SIGABRT"),
    _row("bad_pointer_shown", "(const char *)0x10"),
    _row("bad_string_shown", "std::string &nowhere = *(std::string *)0x10;", "nowhere",
         leaves="SIGSEGV"),
    _row("unknown_command", "%nonsense", leaves="unknown command %nonsense"),
    _row("missing_file", "%load nowhere.cpp", leaves="cannot read nowhere.cpp"),
    _row("missing_library", "%lib nowhere", leaves="nowhere"),
)  # fmt: skip

COMPILERS = (
    _row("unknown_name", "int n = missing;", leaves="undeclared identifier 'missing'"),
    _row("clang_crashes", "#pragma clang __debug crash", leaves="Clang crashed on this input"),
    _row("unknown_namespace", "{ int x; a::b(x); }", leaves="error: "),
    _row("endless_template", "template <int N> struct T { static constexpr int v = T<N + 1>::v; }; "
         "int n = T<0>::v;", leaves="recursive template instantiation"),
    _row("failed_assertion", 'static_assert(sizeof(int) == 1, "for a test");',
         leaves="static assertion failed"),
    _row("closing_brace", "}", leaves="extraneous closing brace"),
    _row("nonsense_instruction", 'asm("nonsense");', leaves="nonsense"),
    _row("unencodable_instruction", '{ asm("jmp *%eax"); }', leaves="64-bit mode"),
    _row("undefined_symbol", "void missing(); missing();", leaves="missing"),
    _row("undefined_variable", "extern int absent; absent = 1;", leaves="absent"),
    _row("address_too_far", 'asm(".pushsection .data; .byte puts; .popsection");',
         leaves="R_X86_64_8"),
    _row("defined_again", 'asm(".globl twice; twice:"); (void)0;',
         'asm(".globl twice; twice: nop");'),
)  # fmt: skip

RELOADS = (
    _row("reload_begins", 'edit("inline int edited() { return 1; }");', '#include "edited.h"',
         "int edited_caller() { return edited(); }", "%reload"),
    _row("reload_with_a_mistake", 'edit("inline int edited() { return missing; }");', "%reload",
         leaves="undeclared identifier 'missing'"),
    _row("reload_that_crashes",
         'edit("inline int edited() { return 2; } inline int e = *(volatile int *)0;");', "%reload",
         leaves="SIGSEGV"),
    _row("reload_that_throws",
         'edit("inline int edited() { return 2; } inline int e = [] { throw 1; return 1; }();");',
         "%reload", leaves="uncaught exception of type int"),
    _row("reload_that_aborts",
         'edit("inline int edited() { return 2; } inline int e = [] { abort(); return 1; }();");',
         "%reload", leaves="SIGABRT"),
    _row("reload_that_lacks_a_function",
         'edit("inline int edited() { return 3; } int absent(); inline int e = absent();");',
         "%reload", leaves="absent()"),
    _row("reload_that_crashes_clang", 'edit("#pragma clang __debug crash");', "%reload",
         leaves="Clang crashed"),
    _row("reload_without_what_is_used", 'edit("");', "%reload", leaves="identifier 'edited'"),
    _row("reload_of_what_is_gone", 'remove("edited.h");', "%reload", leaves="edited.h is gone"),
    _row("reload_of_what_nobody_read", "%reload nowhere.h", leaves="no input has read nowhere.h"),
    _row("none_was_reloaded", "if (edited_caller() != 1) abort();"),
    _row("reload_of_a_class", 'edit("inline int edited() { return 1; } struct E { int n = 5; };");',
         "%reload", "E *edited_object = new E;",
         'edit("inline int edited() { return 1; } struct E { long a, b; int n = 6; };");',
         "%reload"),
    _row("crash_after_a_reload", "abort();", leaves="SIGABRT"),
    _row("reload_undone",
         'edit("inline int edited() { return 9; } struct E { long a, b; int n = 6; };");',
         "%reload", "%undo", "if (edited_caller() != 1) abort();"),
)  # fmt: skip

SANITIZED = (
    _row("heap_overflow", "{ char *p = (char *)malloc(3); p[3] = 1; }", leaves="heap-buffer-over"),
    _row("heap_underflow", "{ int *p = new int[3]; p[-1] = 1; }", leaves="heap-buffer-overflow"),
    _row("stack_overflow", "volatile int far = 5;", "{ int many[3]; many[far] = 1; }",
         leaves="stack-buffer-overflow"),
    _row("global_overflow", "int globals[3];", "globals[far] = 1;",
         leaves="global-buffer-overflow"),
    _row("use_after_free", "int *freed = new int;", "delete freed;", "*freed = 1;",
         leaves="heap-use-after-free"),
    _row("free_again", "free(freed);", leaves="double-free"),
    _row("use_after_scope", "{ int *out; { int in = 3; out = &in; } *out = 1; }",
         leaves="stack-use-after-scope"),
    _row("wrong_deallocation", "delete (int *)malloc(4);", leaves="alloc-dealloc-mismatch"),
    _row("found_in_the_library", "{ char few[3]; strcpy(few, kept_string.c_str()); }",
         leaves="stack-buffer-overflow"),
    _row("overlapping_copy", "{ char c[9] = {}; volatile int n = 5; memcpy(c, c + 1, n); }",
         leaves="overlap"),
    _row("found_in_a_thread", "in_thread([](void *) -> void * { *freed = 1; return 0; });",
         leaves="heap-use-after-free"),
    _row("found_in_a_child", "fflush(0); if (fork() == 0) { *freed = 1; _exit(0); } else wait(0);"),
    _row("sanitized_null", "*(volatile int *)0 = 1;", leaves="SIGSEGV"),
    _row("sanitized_abort", "abort();", leaves="SIGABRT"),
    _row("sanitized_throw", "throw 1;", leaves="uncaught exception of type int"),
    _row("sanitized_mistake", "int n = missing;", leaves="undeclared identifier 'missing'"),
    _row("undefined_overflow", "{ volatile int big = 2147483647; big = big + 1; }"),
    _row("undefined_shift", "{ volatile int far_left = 99; far_left = 1 << far_left; }"),
)  # fmt: skip

C_FAULTS = (
    _row("c_null_write", "*(volatile int *)0 = 1;", leaves="SIGSEGV"),
    _row("c_abort", "abort();", leaves="SIGABRT"),
    _row("c_double_free", "{ void *p = malloc(40); free(p); free(p); }", leaves="SIGABRT"),
    _row("c_exit", "_exit(3);", leaves="status 3"),
    _row("c_close", "for (int fd = 3; fd < 4096; ++fd) close(fd);", leaves="the program"),
    _row("c_mistake", "int n = missing;", leaves="undeclared identifier 'missing'"),
    _row("c_undefined", "int missing(void); missing();", leaves="missing"),
    _row("c_fork", "if (fork() == 0) abort();"),
    _interrupted("c_endless_loop", "begin(); for (;;) ;"),
)

SESSIONS = {
    "crashes": MEMORY_ACCESS + ABORTS,
    "memory": STACK_AND_HEAP + ADDRESS_SPACE,
    "signals": SIGNALS + EXITS,
    "processes": ENDLESS + PROCESSES,
    "state": DESCRIPTORS + STATE,
    "others": THREADS + UNDO + COMPILERS,
    "reload": RELOADS,
    "sanitizers": SANITIZED,
    "C": C_FAULTS,
}
"""The rows of each come one after another in one session."""
