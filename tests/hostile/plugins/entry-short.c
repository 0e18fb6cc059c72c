/* SPDX-License-Identifier: Apache-2.0 */
/* Its entry ends before the calls. */
#include "base.h"

HOSTILE_DETECTOR(base_detect, .size = 40);
