/* SPDX-License-Identifier: Apache-2.0 */
/* A detector that does not detect. */
#include <stddef.h>

#include "base.h"

HOSTILE_DETECTOR(NULL);
