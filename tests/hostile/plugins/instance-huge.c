/* SPDX-License-Identifier: Apache-2.0 */
/* Wants more memory for itself than the ABI allows. */
#include "base.h"

HOSTILE_DETECTOR(base_detect, .instance_size = 1ULL << 40);
