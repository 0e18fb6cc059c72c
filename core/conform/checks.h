/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_CHECKS_H
#define PST_CONFORM_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "conform/check_map.h"
#include "postern/entry.h"

/** Where and in which company a check runs. */
enum pst_check_group {
	PST_CHECK_GROUP_UNSET = 0,
	PST_CHECK_GROUP_FILES,	 /* in postern itself: nothing of the plugin is loaded */
	PST_CHECK_GROUP_LIBRARY, /* each of the others in a process of its own */
	PST_CHECK_GROUP_LIFE,
	PST_CHECK_GROUP_OPTION,
	PST_CHECK_GROUP_FRAME,
	PST_CHECK_GROUP_PICTURE,
	PST_CHECK_GROUP_KIND,
	PST_CHECK_GROUP_CONDUCT, /* decided by all that happened in the others */
};

enum pst_check {
#define PST_CHECK_ENUM(symbol, id, kinds, group, summary, promise) PST_CHECK_##symbol,
	PST_CHECK_MAP(PST_CHECK_ENUM)
#undef PST_CHECK_ENUM
		PST_CHECKS,
};

enum pst_mark {
	PST_MARK_UNSET = 0,
	PST_MARK_FAIL,
	PST_MARK_SKIP,
	PST_MARK_PASS,
};

struct pst_check_info {
	const char *id;
	uint32_t kinds; /* mask of 1 << enum pst_plugin_kind */
	enum pst_check_group group;
	const char *summary;
	const char *promise;
};

/** @return of a check below PST_CHECKS */
const struct pst_check_info *pst_check_info(enum pst_check check);

/** @return the check of that id, or -1 */
int pst_check_find(const char *id);

/** @return the id nearest to a misspelt one, or NULL */
const char *pst_check_nearest(const char *id);

/** @return whether the check is for plugins of that kind */
bool pst_check_is_for(enum pst_check check, enum pst_plugin_kind kind);

/** @return "pass", "fail", "skip"; "unset" */
const char *pst_mark_name(enum pst_mark mark);

#endif
