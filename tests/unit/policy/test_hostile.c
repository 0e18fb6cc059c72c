/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include <stdio.h>
#include <sys/resource.h>

#include "policy/choices.h"

#define MIB (1u << 20)

/* Refused, with file, line and column, as a policy and as choices. */
static void refuse(const char *text, size_t size, const char *says)
{
	struct pst_policy *policy = NULL;
	struct pst_policy_choices *choices = NULL;
	struct pst_error error = {0};

	cr_expect_eq(pst_policy_parse("bad.yaml", text, size, &policy, &error), PST_E_CONFIG,
		"%.40s", text);
	cr_expect_null(policy);
	cr_expect_eq(strncmp(error.text, "bad.yaml:", 9), 0, "%s", error.text);
	cr_expect(strstr(error.text, says), "'%s' is not in '%s'", says, error.text);
	cr_expect_null(strchr(error.text, '\n'));
	error = (struct pst_error){0};
	cr_expect_eq(pst_policy_choices_parse("bad.yaml", text, size, &choices, &error),
		PST_E_CONFIG, "%.40s", text);
	cr_expect_null(choices);
	cr_expect_null(strchr(error.text, '\n'));
}

/* head, then what so often as fits into size bytes. */
static char *repeated(const char *head, const char *what, size_t size)
{
	char *text = malloc(size + 1);
	size_t used = strlen(head);

	cr_assert_not_null(text);
	memcpy(text, head, used);
	while (used + strlen(what) <= size) {
		memcpy(text + used, what, strlen(what));
		used += strlen(what);
	}
	text[used] = 0;
	return text;
}

static void refuse_repeated(const char *head, const char *what, size_t size, const char *says)
{
	char *text = repeated(head, what, size);

	refuse(text, strlen(text), says);
	free(text);
}

static long peak_kib(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* The limits of a test stand for "bounded": without one these take minutes or all memory. */
#define BOUNDED .timeout = 20

Test(hostile, deep_nesting, BOUNDED)
{
	long before = peak_kib();

	refuse_repeated("policy: ", "[", 100000, "nest");
	refuse_repeated("policy: ", "{a: ", 400000, "nest");
	refuse_repeated("rules: ", "[{id: ", 600000, "nest");
	refuse_repeated("axes:\n", "- ", 200000, "nest");
	refuse_repeated("", "? ", 200000, "nest");
	refuse_repeated("when: ", "[", MIB, "nest");
	cr_expect_lt(peak_kib() - before, 128 * 1024);
}

Test(hostile, aliases_and_what_they_multiply, BOUNDED)
{
	static const char laughs[] = "a: &a [x, x, x, x, x, x, x, x, x]\n"
				     "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
				     "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
				     "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
				     "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
				     "f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n"
				     "g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]\n"
				     "h: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g]\n";

	refuse(laughs, strlen(laughs), "anchor");
	refuse("policy: &loop {a: *loop}\n", 25, "anchor");
	refuse("policy: *nowhere\n", 17, "alias");
	refuse("policy: {<<: {a: 1}}\n", 21, "policy");
}

Test(hostile, a_line_without_an_end, BOUNDED)
{
	refuse_repeated("policy: ", "x", MIB, "policy");
	refuse_repeated("policy: \"", "x", MIB, "bad.yaml:");
	refuse_repeated("# ", "x", MIB, "bad.yaml:");
	refuse_repeated("policy: [", "a,", MIB, "not valid YAML");
	refuse_repeated("", "a: b, ", MIB, "bad.yaml:");
	refuse_repeated("%YAML ", "1", MIB, "bad.yaml:");
	refuse_repeated("", " ", MIB, "bad.yaml");
	refuse_repeated("policy: !", "x", MIB, "bad.yaml:");
}

Test(hostile, more_than_a_file_may_hold, BOUNDED)
{
	refuse_repeated("policy: small\n", "# comment\n", MIB + 64, "larger than");
	refuse_repeated("", "k: v\n", MIB, "k");
	refuse_repeated("rules:\n", "  - {}\n", MIB, "rules");
	refuse_repeated("sources:\n  - {", "source: a, ", MIB, "not valid YAML");
	refuse_repeated(
		"choice-window: 2s\npolicy: a\nchosen:\n", "  - {rule: a}\n", MIB, "bad.yaml:");
}

Test(hostile, more_keys_than_any_mapping_has, BOUNDED)
{
	char *text = malloc(MIB);
	size_t used = 0;

	for (int i = 0; used < MIB - 32; i++) {
		used += (size_t)snprintf(text + used, MIB - used, "key%d: 1\n", i);
	}
	refuse(text, used, "keys");
	free(text);
}

Test(hostile, bytes_that_are_no_text, BOUNDED)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *says;
	} files[] = {
		{"policy: a\0b\n", 12, "NUL"},
		{"\0", 1, "NUL"},
		{"policy: \xff\xfe\n", 11, "UTF-8"},
		{"policy: \xc0\xaf\n", 11, "UTF-8"},
		{"policy: \xed\xa0\x80\n", 12, "UTF-8"},
		{"policy: \xf4\x90\x80\x80\n", 13, "UTF-8"},
		{"policy: \xe2\x82\n", 11, "UTF-8"},
		{"\xff\xfep\0o\0l\0", 8, "bad.yaml"},
		{"policy: a\x07\n", 11, "bad.yaml:"},
		{"\tpolicy: a\n", 11, "bad.yaml:"},
		{"policy: a\npolicy: b\n", 20, "given twice"},
		{"policy: !!python/object:os.system a\n", 36, "tag"},
		{"%YAML 1.1\n---\npolicy: a\n", 24, "directive"},
		{"policy: a\n---\npolicy: b\n", 24, "document"},
		{"", 0, "bad.yaml"},
		{"---\n", 4, "bad.yaml"},
		{"- a\n", 4, "bad.yaml"},
		{"policy\n", 7, "bad.yaml"},
		{"policy: [a\n", 11, "bad.yaml:"},
		{"policy: 'a\n", 11, "bad.yaml:"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		refuse(files[i].bytes, files[i].size, files[i].says);
	}
}

/* As many rules as a file may hold, each with the longest lists, still load at once. */
Test(hostile, the_largest_lists_are_taken_in_bounded_time, BOUNDED)
{
	char *text = malloc(MIB);
	size_t used = (size_t)snprintf(text, MIB, "%s", SMALL_POLICY);
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	used += (size_t)snprintf(text + used, MIB - used, "expect:\n");
	for (int i = 0; i < 1000; i++) {
		used += (size_t)snprintf(text + used, MIB - used,
			"  - {case: c%d, given: {category: guest, date: 2025-06-01}, verdict: "
			"refuse, rule: built-in.missing-value}\n",
			i);
	}
	cr_assert_eq(pst_policy_parse("p.yaml", text, used, &policy, &error), 0, "%s", error.text);
	cr_expect_eq(policy->case_count, 1000);
	pst_policy_destroy(&policy);
	used += (size_t)snprintf(text + used, MIB - used,
		"  - {case: c1000, given: {date: 2025-06-01}, verdict: refuse, rule: not-known}\n");
	cr_expect_eq(pst_policy_parse("p.yaml", text, used, &policy, &error), PST_E_CONFIG);
	cr_expect(strstr(error.text, "1000"), "%s", error.text);
	free(text);
}
