/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/csv.h"

#include "fixture.h"

#include <stdlib.h>

#include "evaluate/scores_file.h"

static struct pst_csv csv;
static struct pst_error error;

static void refused(const char *text, const char *why)
{
	FILE *file = file_of(text);
	int status;

	memset(&error, 0, sizeof(error));
	pst_csv_init(&csv, file, "x.csv");
	while ((status = pst_csv_next(&csv, &error)) == 1) {
	}
	cr_assert_eq(status, PST_E_CONFIG, "'%s' was read", text);
	cr_assert(strstr(error.text, why), "'%s' lacks '%s'", error.text, why);
	pst_csv_finish(&csv);
	(void)fclose(file);
}

Test(csv, fields_quotes_comments_and_line_ends)
{
	FILE *file = file_of("# a comment\n\na,b\r\n\"c,d\",\"say \"\"e\"\"\",\nlast,");

	pst_csv_init(&csv, file, "x.csv");
	cr_assert_eq(pst_csv_next(&csv, &error), 1);
	cr_assert_eq(csv.fields, 2);
	cr_assert_eq(csv.line, 3);
	cr_assert_str_eq(csv.field[1], "b");
	cr_assert_eq(pst_csv_next(&csv, &error), 1);
	cr_assert_eq(csv.fields, 3);
	cr_assert_str_eq(csv.field[0], "c,d");
	cr_assert_str_eq(csv.field[1], "say \"e\"");
	cr_assert_str_eq(csv.field[2], "");
	cr_assert_eq(pst_csv_next(&csv, &error), 1);
	cr_assert_eq(csv.fields, 2);
	cr_assert_eq(pst_csv_next(&csv, &error), 0);
	pst_csv_finish(&csv);
	(void)fclose(file);
}

Test(csv, malformed_lines_are_named)
{
	refused("a\n\"b", "x.csv:2: a quote");
	refused("\"a\"b", "a quote");
	refused("1,2,3,4,5,6,7,8,9", "more than 8 fields");
}

Test(csv, what_is_written_is_read_back)
{
	static const char *const texts[] = {"plain", "a,b", "say \"x\"", "#hash", "", " two words"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[64] = {0};
		FILE *file = fmemopen(text, sizeof(text), "w");

		pst_csv_put(texts[i], file);
		(void)fputs(",end", file);
		(void)fclose(file);
		file = file_of(text);
		pst_csv_init(&csv, file, "x.csv");
		cr_assert_eq(pst_csv_next(&csv, &error), 1);
		cr_assert_eq(csv.fields, 2);
		cr_assert_str_eq(csv.field[0], texts[i]);
		pst_csv_finish(&csv);
		(void)fclose(file);
	}
}

static int read_scores(const char *text, struct pst_scores *scores, struct pst_names *people)
{
	FILE *file = file_of(text);

	memset(&error, 0, sizeof(error));
	int status = pst_scores_read(file, "s.csv", scores, people, &error);
	(void)fclose(file);
	return status;
}

Test(csv, scores_with_subjects)
{
	struct pst_scores scores;
	struct pst_names people;

	cr_assert_eq(
		read_scores("score,same,subject,subject\n0.5,1,ann,ann\n-1e-3,different,ann,bob\n"
			    "7,0,bob,ann,a.jpg,b.jpg\n",
			&scores, &people),
		0, "%s", error.text);
	cr_assert_eq(scores.genuine.count, 1);
	cr_assert_eq(scores.impostor.count, 2);
	cr_assert_eq(scores.impostor.at[0].score, -1e-3);
	cr_assert_eq(scores.impostor.at[1].reference, 1);
	cr_assert_eq(people.count, 2);
	cr_assert_eq(pst_names_find(&people, "bob"), 1);
	cr_assert_eq(pst_names_find(&people, "eve"), PST_NAMES_NONE);
	pst_scores_finish(&scores);
	pst_names_finish(&people);
}

Test(csv, scores_that_are_wrong_have_their_line)
{
	static const char *const wrong[][2] = {
		{"0.5\n", "SCORE,SAME"},
		{"0.5,1\nx,1\n", "s.csv:2: 'x' is no finite number"},
		{"nan,1\n", "no finite number"},
		{"1e999,1\n", "no finite number"},
		{"0.5,yes\n", "neither same (1) nor different (0)"},
		{"0.5,1\n0.5,1,a,a\n", "in all lines or in none"},
		{"0.5,1,a,b\n", "it says same"},
		{"0.5,0,a,a\n", "it says different"},
		{"0.5,0,a,\n", "without a name"},
	};
	struct pst_scores scores;
	struct pst_names people;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(read_scores(wrong[i][0], &scores, &people), PST_E_CONFIG, "%s",
			wrong[i][0]);
		cr_assert(strstr(error.text, wrong[i][1]), "'%s' lacks '%s'", error.text,
			wrong[i][1]);
	}
}

Test(csv, numbers_are_read_as_strtod_reads_them)
{
	static const char *const texts[] = {"0", "-0", "0.1", ".5", "5.", "-12.25",
		"0.123456789012345", "123456789012345", "1234567890123456", "0.1234567890123456",
		"1e-3", "0x1p-3", "000.100", "99999999999999.9", "-0.000000000000001", "+1.5"};

	srand(2);
	for (size_t i = 0; i < 3000; i++) {
		char number[40], line[64];
		struct pst_scores scores;
		struct pst_names people;

		(void)snprintf(number, sizeof(number), "%.*f", rand() % 16,
			(double)rand() / RAND_MAX * pow(10, rand() % 6) - 0.5);
		(void)snprintf(line, sizeof(line), "%s,1\n",
			i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : number);
		cr_assert_eq(read_scores(line, &scores, &people), 0, "%s", error.text);
		cr_assert_eq(scores.genuine.at[0].score, strtod(line, NULL), "%s", line);
		pst_scores_finish(&scores);
	}
	static const char *const none[] = {"", "-", ".", "1.2.3", "1-", "1 ", "--1"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		char line[16];
		struct pst_scores scores;
		struct pst_names people;

		(void)snprintf(line, sizeof(line), "%s,1\n", none[i]);
		cr_assert_eq(read_scores(line, &scores, &people), PST_E_CONFIG, "'%s'", none[i]);
	}
}
