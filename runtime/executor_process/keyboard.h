// The keyboard's signals (Ctrl-C and its kin) are for the user's code while that runs,
// and for nobody in this process at other times: the controller then is what they
// interrupt.
#pragma once

// Around all of the user's code.
void keyboard_on(void);
void keyboard_off(void);
