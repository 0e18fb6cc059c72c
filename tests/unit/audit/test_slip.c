/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "audit/slip.h"

/* SHA-256 of the canonical document below, by sha256sum. */
#define RECEIPT                                                                                    \
	"{\"choice\":\"decline\",\"id\":\"0123456789abcdef0123456789abcdef\","                     \
	"\"issued\":\"2025-12-26T08:00:00Z\",\"key\":\"00112233aabbccdd\",\"lane\":\"gate-7\","    \
	"\"outcome\":\"refer-opted-out\",\"receipt\":2,\"signature\":\"abcd\"}"
static const char slip_of_document[] =
	"POSTERN RECEIPT 2\n"
	"ID 0123456789ABCDEF0123456789ABCDEF\n"
	"LANE gate-7\n"
	"ISSUED 2025-12-26T08:00:00Z\n"
	"OUTCOME refer-opted-out\n"
	"CHOICE decline\n"
	"KEY 00112233AABBCCDD\n"
	"SHA256 026216B605B92648E82B25B6ACAB0265D4B2D8989D4E446ACA751552E5964E3D\n"
	"SIGNATURE ABCD\n";

static json_t *document;

static void set_up(void)
{
	document = json_loads(RECEIPT, 0, NULL);
	cr_assert_not_null(document);
}

static void tear_down(void)
{
	json_decref(document);
}

TestSuite(slip, .init = set_up, .fini = tear_down);

Test(slip, holds_what_tells_one_document_from_any_other)
{
	struct pst_error error = {0};
	char *slip = NULL;

	cr_assert_eq(pst_slip_write(document, &slip, &error), 0);
	cr_expect_str_eq(slip, slip_of_document);
	free(slip);
}

Test(slip, does_not_depend_on_how_the_document_was_written)
{
	struct pst_error error = {0};
	char *pretty = json_dumps(document, JSON_INDENT(4));
	json_t *again = json_loads(pretty, 0, NULL);

	cr_expect_eq(pst_slip_check(slip_of_document, again, &error), 0);
	json_decref(again);
	free(pretty);
}

Test(slip, says_none_of_a_choice_that_was_not_made)
{
	struct pst_error error = {0};
	char *slip = NULL;

	(void)json_object_set_new(document, "choice", json_null());
	cr_assert_eq(pst_slip_write(document, &slip, &error), 0);
	cr_expect_not_null(strstr(slip, "\nCHOICE none\n"));
	free(slip);
}

Test(slip, is_found_again_as_a_telephone_copies_it)
{
	struct pst_error error = {0};
	char copied[2 * sizeof(slip_of_document)];
	size_t used = 0;

	for (const char *c = slip_of_document; *c; c++) {
		if (*c == '\n') {
			used += (size_t)snprintf(
				copied + used, sizeof(copied) - used, " \r\n\r\n ");
		} else {
			copied[used++] = *c;
		}
	}
	copied[used] = '\0';
	cr_expect_eq(pst_slip_check(copied, document, &error), 0, "%s", error.text);
}

Test(slip, of_another_document_names_what_differs)
{
	struct pst_error error = {0};

	(void)json_object_set_new(document, "rule", json_string("added"));
	cr_assert_eq(pst_slip_check(slip_of_document, document, &error), PST_E_MISMATCH);
	cr_expect_not_null(strstr(error.text, "'SHA256 "), "%s", error.text);
}

Test(slip, that_is_cut_or_longer_is_of_no_document)
{
	struct pst_error error = {0};
	char *longer = NULL;

	for (size_t size = 0; size < sizeof(slip_of_document) - 2; size++) {
		char *cut = strndup(slip_of_document, size);

		cr_expect_eq(pst_slip_check(cut, document, &error), PST_E_MISMATCH);
		free(cut);
	}
	cr_assert_gt(asprintf(&longer, "%sLANE gate-8\n", slip_of_document), 0);
	cr_expect_eq(pst_slip_check(longer, document, &error), PST_E_MISMATCH);
	free(longer);
}

Test(slip, refuses_what_is_no_receipt)
{
	static const struct {
		const char *field;
		const char *value;
	} bad[] = {{"receipt", "1"}, {"id", "null"}, {"lane", "\"a\\nOUTCOME verified\""},
		{"outcome", "\"two words\""}, {"issued", "7"}, {"key", "\"\""},
		{"signature", "null"}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pst_error error = {0};
		json_t *changed = json_copy(document);
		char *slip = NULL;

		(void)json_object_set_new(
			changed, bad[i].field, json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		cr_expect_eq(
			pst_slip_write(changed, &slip, &error), PST_E_FORMAT, "%s", bad[i].field);
		cr_expect_null(slip);
		json_decref(changed);
	}
}
