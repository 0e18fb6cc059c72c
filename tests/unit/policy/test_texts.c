/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include <stdio.h>

#define TEXTS "texts: {notice-version: n1, notice: N, withdraw: W, complain: C, disclaimer: D}\n"
#define SPANISH "{language: es, notice: A, withdraw: P, complain: R, disclaimer: X}"
#define WITH(more)                                                                                 \
	"texts: {notice-version: n1, notice: N, withdraw: W, complain: C, disclaimer: D, " more    \
	"}\n"

static void refuse(const char *texts, const char *why)
{
	char *text = small_policy_with(TEXTS, texts);
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_expect_eq(small_policy_parse(text, &policy, &error), PST_E_CONFIG, "%s", texts);
	cr_expect(strstr(error.text, why), "'%s' lacks '%s'", error.text, why);
	free(text);
}

static struct pst_policy *take(const char *texts)
{
	char *text = small_policy_with(TEXTS, texts);
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), 0, "%s", error.text);
	free(text);
	return policy;
}

Test(texts, are_english_unless_they_say_otherwise)
{
	struct pst_policy *policy = small_policy();

	cr_expect_str_eq(policy->texts.own.language, "en");
	cr_expect_eq(policy->texts.translation_count, 0);
	cr_expect_eq(pst_policy_wording(policy, "en"), &policy->texts.own);
	cr_expect_null(pst_policy_wording(policy, "es"));
	cr_expect_null(pst_policy_wording(policy, ""));
	pst_policy_destroy(&policy);
	policy = take(WITH("language: pt-BR"));
	cr_expect_str_eq(policy->texts.own.language, "pt-BR");
	cr_expect_null(pst_policy_wording(policy, "en"));
	pst_policy_destroy(&policy);
}

Test(texts, in_other_languages)
{
	struct pst_policy *policy =
		take(WITH("translations: [" SPANISH
			  ", {language: zh-Hant, notice: B, withdraw: Q, complain: S, "
			  "disclaimer: Y}]"));
	const struct pst_policy_wording *wording = pst_policy_wording(policy, "es");

	cr_assert_eq(policy->texts.translation_count, 2);
	cr_assert_not_null(wording);
	cr_expect_str_eq(wording->notice, "A");
	cr_expect_str_eq(wording->withdraw, "P");
	cr_expect_str_eq(wording->complain, "R");
	cr_expect_str_eq(wording->disclaimer, "X");
	cr_expect_str_eq(pst_policy_wording(policy, "zh-Hant")->notice, "B");
	cr_expect_str_eq(pst_policy_wording(policy, "en")->notice, "N");
	cr_expect_null(pst_policy_wording(policy, "zh"));
	pst_policy_destroy(&policy);
}

Test(texts, what_is_no_translation)
{
	refuse(WITH("language: xx"), "'xx' is no language; write a tag like");
	refuse(WITH("language: EN"), "'EN' is no language");
	refuse(WITH("translations: [{language: es, notice: A, withdraw: P, complain: R}]"),
		"disclaimer");
	refuse(WITH("translations: [{notice: A, withdraw: P, complain: R, disclaimer: X}]"),
		"language");
	refuse(WITH("translations: [{language: es, notice: '', withdraw: P, complain: R, "
		    "disclaimer: X}]"),
		"notice");
	refuse(WITH("translations: [{language: spanish, notice: A, withdraw: P, complain: R, "
		    "disclaimer: X}]"),
		"'spanish' is no language");
	refuse(WITH("translations: [" SPANISH ", " SPANISH "]"),
		"the texts stand twice in language 'es'");
	refuse(WITH("language: es, translations: [" SPANISH "]"),
		"the texts stand twice in language 'es'");
	refuse(WITH("translations: [{language: en, notice: A, withdraw: P, complain: R, "
		    "disclaimer: X}]"),
		"the texts stand twice in language 'en'");
	refuse(WITH("translations: []"), "translations");
	refuse(WITH("translations: [{language: es, notice: A, withdraw: P, complain: R, "
		    "disclaimer: X, notice-until: 2030-01-01}]"),
		"notice-until");
}

Test(texts, an_error_names_the_line)
{
	refuse("texts:\n  notice-version: n1\n  notice: N\n  withdraw: W\n  complain: C\n"
	       "  disclaimer: D\n  translations:\n    - language: english\n      notice: A\n"
	       "      withdraw: P\n      complain: R\n      disclaimer: X\n",
		"small.yaml:14:");
}

Test(texts, at_most_so_many)
{
	char texts[8192];

	for (int count = PST_POLICY_TRANSLATIONS_MAX; count <= PST_POLICY_TRANSLATIONS_MAX + 1;
		count++) {
		int used = snprintf(texts, sizeof(texts), "%s",
			"texts: {notice-version: n1, notice: N, withdraw: W, complain: C, "
			"disclaimer: D, translations: [");

		for (int i = 0; i < count; i++) {
			used += snprintf(texts + used, sizeof(texts) - (size_t)used,
				"%s{language: q%c%c, notice: A, withdraw: P, complain: R, "
				"disclaimer: X}",
				i ? ", " : "", 'a' + i / 26, 'a' + i % 26);
		}
		(void)snprintf(texts + used, sizeof(texts) - (size_t)used, "]}\n");
		if (count > PST_POLICY_TRANSLATIONS_MAX) {
			refuse(texts, "translations");
		} else {
			struct pst_policy *policy = take(texts);

			cr_expect_eq(policy->texts.translation_count, (size_t)count);
			pst_policy_destroy(&policy);
		}
	}
}
