// A process that has crashed, kept as it was then, for a debugger.
#pragma once

// Crashes are kept from now on, until the controller closes the other end of this socket.
// Before the keeper starts: the process that has started this one may debug it.
void kept_crash_open(int socket);

// Whether this is the socket.
int kept_crash_is(int descriptor);

// Lets the controller, and what it starts, attach to this process, where the kernel asks
// (Yama).
void kept_crash_let_attach(void);

// There has been a crash of which nothing is left behind: so the controller need not wait.
void kept_crash_refuse(void);

// In the handler of a crash: leaves a copy of the process behind. It returns here, and in
// a copy of that one, once a debugger has attached to it: then 1.
int kept_crash_keep(void);
