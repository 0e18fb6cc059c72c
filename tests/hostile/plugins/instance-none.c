/* SPDX-License-Identifier: Apache-2.0 */
/* Has no memory of its own. */
#include "base.h"

HOSTILE_DETECTOR(base_detect, .instance_size = 0);
