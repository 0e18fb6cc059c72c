/* SPDX-License-Identifier: Apache-2.0 */
/* Of another version than its manifest says. */
#include "base.h"

HOSTILE_DETECTOR(base_detect, .version = "1.0.1");
