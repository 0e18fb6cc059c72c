/* SPDX-License-Identifier: Apache-2.0 */
/* A library, but no plugin. */
#include "base.h"

extern const int entry;
const int entry = PST_ABI_MAJOR;
