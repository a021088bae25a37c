// Printers that users have written run in a copy of the process that is thrown away.
#pragma once

#include "connection.h"

// The request PRINT; wire.h says what it is.
void printer_on_print(const struct request *request);
