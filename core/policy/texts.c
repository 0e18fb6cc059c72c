/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/texts.h"

#include <string.h>

#include "base/clock.h"
#include "policy/compile.h"
#include "policy/language.h"

const struct pst_policy_wording *pst_policy_wording(
	const struct pst_policy *policy, const char *language)
{
	const struct pst_policy_texts *texts = &policy->texts;

	if (strcmp(texts->own.language, language) == 0) {
		return &texts->own;
	}
	for (size_t i = 0; i < texts->translation_count; i++) {
		if (strcmp(texts->translations[i].language, language) == 0) {
			return &texts->translations[i];
		}
	}
	return NULL;
}

static int take_wording(struct compiler *compiler, const char *where,
	const struct file_wording *from, struct pst_policy_wording *to)
{
	*to = (struct pst_policy_wording){
		.language = from->language ? from->language : PST_LANGUAGE_DEFAULT,
		.notice = from->notice,
		.withdraw = from->withdraw,
		.complain = from->complain,
		.disclaimer = from->disclaimer,
	};
	if (!pst_language_is_known(to->language)) {
		return policy_fail(compiler, where,
			"'%.32s' is no language; write a tag like es, zh-Hant or pt-BR",
			to->language);
	}
	return 0;
}

static int take_translations(struct compiler *compiler)
{
	const struct file_texts *from = compiler->top->texts;
	struct pst_policy_texts *texts = &compiler->policy->texts;
	struct pst_policy_wording *list =
		policy_alloc(compiler->policy, from->translations_count + 1, sizeof(*list));

	if (!list) {
		return policy_no_memory(compiler);
	}
	texts->translations = list;
	for (unsigned i = 0; i < from->translations_count; i++) {
		const char *where = policy_where(compiler, "texts.translations[%u].language", i);
		int status = take_wording(compiler, where, &from->translations[i], &list[i]);

		if (status < 0) {
			return status;
		}
		if (pst_policy_wording(compiler->policy, list[i].language)) {
			return policy_fail(compiler, where,
				"the texts stand twice in language '%s'", list[i].language);
		}
		texts->translation_count++;
	}
	return 0;
}

int policy_compile_texts(struct compiler *compiler)
{
	const struct file_texts *from = compiler->top->texts;
	struct pst_policy_texts *to = &compiler->policy->texts;
	int status;

	*to = (struct pst_policy_texts){
		.line = (int)pst_yaml_line(
			compiler->yaml, from->notice_until ? "texts.notice-until" : "texts.notice"),
		.notice_version = from->notice_version,
		.notice_until_day = INT32_MAX,
	};
	if (from->notice_until &&
		pst_clock_parse_day(from->notice_until, &to->notice_until_day) < 0) {
		return policy_fail(compiler, "texts.notice-until",
			"notice-until needs a date like 2026-12-31 (the last day on which the "
			"notice is current), not '%.32s'",
			from->notice_until);
	}
	status = take_wording(compiler, "texts.language", &from->own, &to->own);
	return status < 0 ? status : take_translations(compiler);
}
