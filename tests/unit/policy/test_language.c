/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/language.h"

Test(language, tags_as_they_are_written)
{
	static const char *const tags[] = {"en", "es", "fr", "zh", "ar", "aa", "zu", "fil",
		"zh-Hant", "zh-Hant-TW", "pt-BR", "es-419", "fil-Latn-PH"};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		cr_expect(pst_language_is_known(tags[i]), "%s", tags[i]);
	}
}

Test(language, what_is_none)
{
	static const char *const tags[] = {"", "-", "e", "xx", "sh", "bh", "a ", "EN", "En",
		"english", "en-", "-en", "en-us", "en_US", "en-USA", "en-41", "en-4190", "zh-hant",
		"zh-HANT", "zh-Han", "zh-Hant-", "zh-TW-Hant", "zh-Hant-Hans", "zh-Hant-TW-x",
		"en-US-POSIX", "e\xcc", "  ", "a a", "b a"};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		cr_expect_not(pst_language_is_known(tags[i]), "'%s'", tags[i]);
	}
}
