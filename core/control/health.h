/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_HEALTH_H
#define PST_CONTROL_HEALTH_H

#include <jansson.h>

#include "pipeline/health.h"

/** @return what the answer to "health" says beside "ok"; the caller drops it; NULL: no memory */
json_t *pst_control_health(const struct pst_health *health);

#endif
