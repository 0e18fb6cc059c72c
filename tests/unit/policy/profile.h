/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TESTS_PROFILE_H
#define PST_TESTS_PROFILE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "policy/policy.h"

/** A shipped profile, with every retention that it leaves unset set to an hour. */
struct profile {
	const char *name; /* of the file, without .yaml */
	char *text;	  /* with the hour in it */
	struct pst_policy *policy;
};

static const char *const profile_names[] = {"eu-ees", "gdpr-venue", "uk-egates", "us-border",
	"us-il-bipa", "us-tsa-checkpoint", "us-tx-cubi"};

#define PROFILE_COUNT (sizeof(profile_names) / sizeof(profile_names[0]))

static inline void profile_path(const char *name, char *path, size_t size)
{
	cr_assert_lt(snprintf(path, size, POLICIES "/%s.yaml", name), (int)size);
}

static inline int profile_parse(
	const char *name, const char *text, struct pst_policy **ret_policy, struct pst_error *error)
{
	return pst_policy_parse(name, text, strlen(text), ret_policy, error);
}

static inline void profile_load(struct profile *profile, const char *name)
{
	struct pst_error error = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	char path[1024];
	char *at;

	profile_path(name, path, sizeof(path));
	cr_assert_eq(pst_fd_read_file(path, PST_POLICY_FILE_MAX, &bytes, &size, &error), 0, "%s",
		error.text);
	*profile = (struct profile){.name = name, .text = strndup((const char *)bytes, size)};
	free(bytes);
	while ((at = strstr(profile->text, ": unset"))) {
		memcpy(at, ":    1h", strlen(":    1h"));
	}
	cr_assert_eq(
		profile_parse(name, profile->text, &profile->policy, &error), 0, "%s", error.text);
}

static inline void profile_finish(struct profile *profile)
{
	pst_policy_destroy(&profile->policy);
	free(profile->text);
}

#endif
