/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/checks.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

#define DETECTOR (1U << PST_PLUGIN_DETECTOR)
#define EXTRACTOR (1U << PST_PLUGIN_EXTRACTOR)
#define MATCHER (1U << PST_PLUGIN_MATCHER)
#define QUALITY (1U << PST_PLUGIN_QUALITY)
#define PAD (1U << PST_PLUGIN_PAD)
#define SEES (DETECTOR | EXTRACTOR | QUALITY | PAD)
#define ANY (SEES | MATCHER)

static const struct pst_check_info infos[PST_CHECKS] = {
#define INFO(symbol, id, kinds, group, summary, promise)                                           \
	{id, kinds, PST_CHECK_GROUP_##group, summary, promise},
	PST_CHECK_MAP(INFO)
#undef INFO
};

const struct pst_check_info *pst_check_info(enum pst_check check)
{
	assert(check < PST_CHECKS);
	return &infos[check];
}

int pst_check_find(const char *id)
{
	for (int i = 0; i < PST_CHECKS; i++) {
		if (strcmp(infos[i].id, id) == 0) {
			return i;
		}
	}
	return -1;
}

const char *pst_check_nearest(const char *id)
{
	const char *names[PST_CHECKS + 1] = {NULL};

	for (int i = 0; i < PST_CHECKS; i++) {
		names[i] = infos[i].id;
	}
	return pst_text_nearest(names, id);
}

bool pst_check_is_for(enum pst_check check, enum pst_plugin_kind kind)
{
	return (pst_check_info(check)->kinds & (1U << kind)) != 0;
}

const char *pst_mark_name(enum pst_mark mark)
{
	static const char *const names[] = {"unset", "fail", "skip", "pass"};

	return names[mark <= PST_MARK_PASS ? mark : PST_MARK_UNSET];
}
