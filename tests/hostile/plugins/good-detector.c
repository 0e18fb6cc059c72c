/* SPDX-License-Identifier: Apache-2.0 */
#include "base.h"

HOSTILE_DETECTOR(base_detect);
