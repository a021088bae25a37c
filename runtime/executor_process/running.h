// Requests that run the user's code.
#pragma once

#include "connection.h"
#include "forkrepl_platform.h"

#include <sys/types.h>

// This process is the one that the controller talks to; a fork that the user's code
// makes is not. Again in a checkpoint.
void running_begin(void);
pid_t running_pid(void);
int running_is_controlled(void);

// Answers with how a run has ended. In a fork that the program has made that ends.
void running_tell_outcome(uint16_t operation, const struct forkrepl_outcome *outcome);

// Requests; wire.h says what they are.
void running_on_run(const struct request *request);
void running_on_run_main(const struct request *request);
void running_on_run_program(const struct request *request);
void running_on_close(const struct request *request);
void running_on_set_arguments(const struct request *request);
void running_on_shutdown(const struct request *request);
