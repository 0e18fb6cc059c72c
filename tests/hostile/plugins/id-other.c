/* SPDX-License-Identifier: Apache-2.0 */
/* Calls itself otherwise than its manifest does. */
#include "base.h"

HOSTILE_DETECTOR(base_detect, .id = "cascade");
