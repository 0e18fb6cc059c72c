/* SPDX-License-Identifier: Apache-2.0 */
/* Of another kind than its manifest says. */
#include "base.h"

HOSTILE_DETECTOR(base_detect, .kind = PST_PLUGIN_EXTRACTOR);
