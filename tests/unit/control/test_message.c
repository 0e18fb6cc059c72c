/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/message.h"

static struct pst_control_request request;
static struct pst_error error;

static void tear_down(void)
{
	pst_control_request_finish(&request);
}

TestSuite(message, .fini = tear_down);

static int parse(const char *line)
{
	pst_control_request_finish(&request);
	error = (struct pst_error){0};
	return pst_control_parse(&request, line, strlen(line), &error);
}

Test(message, every_field_of_an_opening)
{
	cr_assert_eq(parse("{\"v\":1,\"id\":7,\"do\":\"open\",\"category\":\"us-citizen\","
			   "\"known-by\":\"document\",\"age-band\":\"14-to-79\",\"direction\":"
			   "\"exit\",\"environment\":\"air\",\"subject\":\"S001\"}"),
		0, "%s", error.text);
	cr_expect_eq((int)request.what, PST_CONTROL_OPEN);
	cr_expect_eq(request.id, 7);
	cr_expect_str_eq(request.category, "us-citizen");
	cr_expect_str_eq(request.known_by, "document");
	cr_expect_str_eq(request.age_band, "14-to-79");
	cr_expect_str_eq(request.direction, "exit");
	cr_expect_str_eq(request.environment, "air");
	cr_expect_str_eq(request.subject, "S001");
	cr_expect_null(request.display);
}

Test(message, the_others)
{
	cr_assert_eq(parse("{\"v\":1,\"do\":\"notice\",\"display\":\"d1\",\"version\":\"2\"}"), 0);
	cr_expect_eq((int)request.what, PST_CONTROL_NOTICE);
	cr_expect_eq(request.id, -1);
	cr_expect_str_eq(request.version, "2");
	cr_expect_null(request.language);
	cr_assert_eq(parse("{\"v\":1,\"do\":\"notice\",\"display\":\"d1\",\"version\":\"2\","
			   "\"language\":\"zh-Hant\"}"),
		0);
	cr_expect_str_eq(request.language, "zh-Hant");
	cr_assert_eq(parse("{\"v\":1,\"do\":\"policy\"}"), 0);
	cr_expect_eq((int)request.what, PST_CONTROL_POLICY);
	cr_assert_eq(parse("{\"v\":1,\"do\":\"explain\",\"encounter\":9}"), 0);
	cr_expect_eq((int)request.what, PST_CONTROL_EXPLAIN);
	cr_expect_eq(request.encounter, 9);
	cr_assert_eq(parse("{\"v\":1,\"do\":\"receipt\",\"receipt\":\"ab\"}"), 0);
	cr_expect_eq((int)request.what, PST_CONTROL_RECEIPT);
	cr_expect_str_eq(request.receipt, "ab");
	cr_assert_eq(parse("{\"do\":\"decline\",\"encounter\":3,\"v\":1}"), 0);
	cr_expect_eq((int)request.what, PST_CONTROL_DECLINE);
	cr_expect_eq(request.encounter, 3);
	cr_assert_eq(parse("{\"v\":1,\"do\":\"review\",\"receipt\":\"ab\",\"officer\":\"D-1\","
			   "\"decision\":\"admitted\",\"evidence\":[\"document\",\"face-match\"]}"),
		0);
	cr_expect_eq(request.evidence_count, 2);
	cr_expect_str_eq(request.evidence[1], "face-match");
	cr_assert_eq(parse("{\"v\":1,\"do\":\"subscribe\"}"), 0);
	cr_expect_eq((int)request.what, PST_CONTROL_SUBSCRIBE);
}

Test(message, another_language_ends_the_talk)
{
	static const char *const lines[] = {"", "hello", "[]", "null", "7", "{", "{}", "{\"v\":2}",
		"{\"v\":\"1\",\"do\":\"status\"}", "{\"do\":\"status\"}",
		"{\"v\":1,\"v\":1,\"do\":\"status\"}", "{\"v\":1,\"do\":\"\xff\"}",
		"{\"v\":1,\"do\":\"status\"} x", "GET / HTTP/1.1"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_expect_eq(parse(lines[i]), PST_E_FORMAT, "%s", lines[i]);
		cr_expect_neq(error.text[0], 0);
	}
}

Test(message, what_does_not_hold_together_is_named)
{
	static const struct {
		const char *line;
		const char *text;
	} cases[] = {
		{"{\"v\":1}", "do: missing"},
		{"{\"v\":1,\"do\":7}", "do: missing"},
		{"{\"v\":1,\"do\":\"declin\"}", "did you mean 'decline'?"},
		{"{\"v\":1,\"id\":-1,\"do\":\"status\"}", "id: not a whole number from 0"},
		{"{\"v\":1,\"id\":\"a\",\"do\":\"status\"}", "id: not a whole number"},
		{"{\"v\":1,\"do\":\"status\",\"encounter\":1}",
			"status takes no field 'encounter', only: none"},
		{"{\"v\":1,\"do\":\"decline\",\"encouter\":1}",
			"decline takes no field 'encouter', only: encounter"},
		{"{\"v\":1,\"do\":\"decline\",\"encounter\":0}", "encounter: not a whole number"},
		{"{\"v\":1,\"do\":\"decline\",\"encounter\":1.5}", "encounter: not a whole"},
		{"{\"v\":1,\"do\":\"open\",\"category\":\"\"}", "category: not a text"},
		{"{\"v\":1,\"do\":\"open\",\"by\":\"x\"}", "open takes no field 'by'"},
		{"{\"v\":1,\"do\":\"open\",\"language\":\"es\"}", "open takes no field 'language'"},
		{"{\"v\":1,\"do\":\"notice\",\"language\":7}", "language: not a text"},
		{"{\"v\":1,\"do\":\"policy\",\"language\":\"es\"}",
			"policy takes no field 'language', only: none"},
		{"{\"v\":1,\"do\":\"explain\",\"receipt\":\"ab\"}",
			"explain takes no field 'receipt', only: encounter"},
		{"{\"v\":1,\"do\":\"receipt\",\"encounter\":1}",
			"receipt takes no field 'encounter', only: receipt"},
		{"{\"v\":1,\"do\":\"decline\",\"\":4}", "decline takes no field ''"},
		{"{\"v\":1,\"do\":\"review\",\"evidence\":\"document\"}", "evidence: not a list"},
		{"{\"v\":1,\"do\":\"review\",\"evidence\":[1]}", "evidence: not a text"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(parse(cases[i].line), PST_E_USAGE, "%s", cases[i].line);
		cr_expect_not_null(strstr(error.text, cases[i].text), "%s", error.text);
	}
}

Test(message, the_id_is_echoed_as_soon_as_it_is_read)
{
	cr_expect_eq(parse("{\"v\":1,\"id\":9,\"do\":\"nothing\"}"), PST_E_USAGE);
	cr_expect_eq(request.id, 9);
}

Test(message, answers)
{
	char *line = pst_control_answer(4, json_pack("{s:i}", "encounter", 2));

	cr_expect_str_eq(line, "{\"v\":1,\"id\":4,\"ok\":true,\"encounter\":2}\n");
	free(line);
	line = pst_control_answer(-1, NULL);
	cr_expect_str_eq(line, "{\"v\":1,\"ok\":true}\n");
	free(line);
}

Test(message, refusals_carry_a_code_that_leads_back_to_a_status)
{
	static const struct {
		int status;
		const char *code;
		int back;
	} cases[] = {
		{PST_E_USAGE, "bad", PST_E_USAGE},
		{-ENOTSUP, "bad", PST_E_USAGE},
		{-EBUSY, "no", PST_E_NOT_FOUND},
		{PST_E_NOT_FOUND, "no", PST_E_NOT_FOUND},
		{PST_E_ELECTIVE, "no", PST_E_NOT_FOUND},
		{PST_E_UNSAFE, "unsafe", PST_E_UNSAFE},
		{-ENOSPC, "failed", PST_E_DEVICE},
		{PST_E_FORMAT, "garbage", PST_E_FORMAT},
	};
	char wanted[96];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pst_error why = {0};

		(void)pst_error_set(&why, cases[i].status, "so");
		char *line = pst_control_refusal(1, &why);
		(void)snprintf(wanted, sizeof(wanted),
			"{\"v\":1,\"id\":1,\"ok\":false,\"code\":\"%s\",\"error\":\"so\"}\n",
			cases[i].code);
		cr_expect_str_eq(line, wanted);
		cr_expect_eq(pst_control_status_of(cases[i].code), cases[i].back);
		free(line);
	}
	cr_expect_eq(pst_control_status_of("other"), PST_E_FORMAT);
	cr_expect_eq(pst_control_status_of(NULL), PST_E_FORMAT);
}

Test(message, a_text_cut_within_a_letter_is_told_all_the_same)
{
	struct pst_error why = {.status = PST_E_USAGE, .text = "do: unknown '\xc3'"};
	char *line = pst_control_refusal(1, &why);

	cr_assert_not_null(line);
	cr_expect_not_null(strstr(line, "\"code\":\"bad\""));
	free(line);
}

/* An answer whose line has so many bytes. */
static char *answer_of(size_t size)
{
	const size_t frame = strlen("{\"v\":1,\"id\":1,\"ok\":true,\"x\":\"\"}\n");
	char *text = malloc(size - frame + 1);

	cr_assert_not_null(text);
	memset(text, 'x', size - frame);
	text[size - frame] = 0;
	char *line = pst_control_answer(1, json_pack("{s:s}", "x", text));
	free(text);
	return line;
}

Test(message, an_answer_that_is_too_long_is_a_refusal)
{
	char *line = answer_of(PST_CONTROL_ANSWER_MAX);

	cr_assert_not_null(line);
	cr_expect_eq(strlen(line), PST_CONTROL_ANSWER_MAX);
	cr_expect_not_null(strstr(line, "\"ok\":true"));
	free(line);
	line = answer_of(PST_CONTROL_ANSWER_MAX + 1);
	cr_assert_not_null(line);
	cr_expect_not_null(strstr(line, "\"id\":1,\"ok\":false,\"code\":\"failed\",\"error\":"
					"\"the answer has 65537 bytes, more than 65536"),
		"%s", line);
	free(line);
}
