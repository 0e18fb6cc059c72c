/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_LOG_H
#define PST_WORKER_LOG_H

#include <stdint.h>

#include "base/error.h"

/**
 * Sends one line to the lane, cut to PST_WIRE_LOG_MAX bytes, what isn't printable replaced. When
 * the lane doesn't keep up the line is dropped: a log never blocks.
 *
 * @param level  enum pst_log_level; anything else is taken as a warning
 */
void pst_worker_log(uint32_t level, const char *format, ...) PST_PRINTF(2, 3);

#endif
