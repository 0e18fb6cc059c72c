/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

/* For tests on a real disk. */
volatile int disk_depth;
