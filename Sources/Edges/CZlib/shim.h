/* The system's zlib, seen by Swift as the module CZlib. */
#ifndef FORESTALL_CZLIB_SHIM_H
#define FORESTALL_CZLIB_SHIM_H

#include <zlib.h>

#endif
