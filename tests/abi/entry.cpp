/* SPDX-License-Identifier: Apache-2.0 */
/* PST_PLUGIN_ENTRY in C++, where a const would be of this file alone. */
#include "postern/detector.h"

static int init(void *self, const struct pst_host *host)
{
	return self && host ? 0 : PST_E_PLUGIN;
}

static void finish(void *)
{
}

static int detect(void *, const struct pst_image *, struct pst_face *, uint32_t)
{
	return 0;
}

static const pst_detector calls = {sizeof(pst_detector), 0, detect};

PST_PLUGIN_ENTRY(DETECTOR, "version", "1.0.0", 1, init, finish, &calls);
