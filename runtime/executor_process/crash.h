// A crash tells the controller where and why before it ends the process.
#pragma once

enum { CRASH_SIGNALS = 7 };
extern const int crash_signals[CRASH_SIGNALS]; // those that mean a crash

// From now on signals that mean a crash are reported, unless somebody has set them
// otherwise; then their default action ends the process. `is_controlled`: whether
// this process is the one that the controller talks to; a fork that the user's code
// made has nobody to tell and just dies.
void crash_attend(int (*is_controlled)(void));

// Whether a signal has its default action, or is reported.
int crash_is_default(int number);
