/* SPDX-License-Identifier: Apache-2.0 */
/* Made for another major version of the ABI. */
#include "base.h"

HOSTILE_DETECTOR(base_detect, .abi_major = PST_ABI_MAJOR + 1);
