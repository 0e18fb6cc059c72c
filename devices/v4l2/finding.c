/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/finding.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *name;
	enum pst_v4l2_level level;
} causes[] = {[PST_V4L2_CAUSE_UNSET] = {"unset", PST_V4L2_LEVEL_UNSET},
#define ENTRY(value, name, level) [PST_V4L2_CAUSE_##value] = {name, PST_V4L2_LEVEL_##level},
	PST_V4L2_CAUSE_MAP(ENTRY)
#undef ENTRY
};

const char *pst_v4l2_cause_name(enum pst_v4l2_cause cause)
{
	return causes[cause].name;
}

enum pst_v4l2_level pst_v4l2_cause_level(enum pst_v4l2_cause cause)
{
	return causes[cause].level;
}

const char *pst_v4l2_level_name(enum pst_v4l2_level level)
{
	static const char *const names[] = {"unset", "note", "warning", "fatal"};

	return names[level];
}

enum pst_v4l2_level pst_v4l2_checkup_level(const struct pst_v4l2_checkup *checkup)
{
	enum pst_v4l2_level worst = PST_V4L2_LEVEL_UNSET;

	for (size_t i = 0; i < checkup->findings; i++) {
		enum pst_v4l2_level level = pst_v4l2_cause_level(checkup->finding[i].cause);

		worst = level > worst ? level : worst;
	}
	return worst;
}

struct pst_v4l2_finding *pst_v4l2_finding_add(
	struct pst_v4l2_checkup *checkup, enum pst_v4l2_cause cause, const char *camera)
{
	if (checkup->findings == PST_V4L2_FINDINGS_MAX) {
		return NULL;
	}
	struct pst_v4l2_finding *finding = &checkup->finding[checkup->findings++];

	*finding = (struct pst_v4l2_finding){.cause = cause};
	(void)snprintf(finding->camera, sizeof(finding->camera), "%s", camera);
	return finding;
}

void pst_v4l2_finding_text(struct pst_v4l2_finding *finding, const char *format, ...)
{
	va_list args;

	if (finding) {
		va_start(args, format);
		(void)vsnprintf(finding->text, sizeof(finding->text), format, args);
		va_end(args);
	}
}

void pst_v4l2_finding_fix(struct pst_v4l2_finding *finding, const char *format, ...)
{
	va_list args;

	if (finding) {
		va_start(args, format);
		(void)vsnprintf(finding->fix, sizeof(finding->fix), format, args);
		va_end(args);
	}
}
