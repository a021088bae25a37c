// A program that waits in the midst of an input, until its value has been looked at.
#pragma once

#include "connection.h"

// Values are shown to the controller from now on. in_control: whether this process is
// the one that the controller talks to.
void waiting_attend(int (*in_control)(void));

// How requests are answered while the program waits.
void waiting_serve_by(void (*serve)(struct request *request));
