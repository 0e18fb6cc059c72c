/* SPDX-License-Identifier: Apache-2.0 */
/* Exports something, but no entry. */
#include "base.h"

extern const int pst_plugin_entries;
PST_EXPORT const int pst_plugin_entries = 1;
