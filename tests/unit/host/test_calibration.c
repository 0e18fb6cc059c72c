/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include "host/calibration.h"

#define CONTRACT "00112233445566778899aabbccddeeff"

static const char good[] = "calibration: 1\ncontract: " CONTRACT "\nmatcher: cosine\n"
			   "domain: photograph\norigin: measured\ngenuine: 2820\nimpostor: 30000\n"
			   "thresholds:\n"
			   "  - {fmr: \"1e-2\", score: 0.2768, fnmr: 0.042}\n"
			   "  - {fmr: \"1e-3\", score: 0.3654, fnmr: 0.066}\n"
			   "  - {fmr: \"1e-4\", score: 0.4370, fnmr: 0.127}\n"
			   "  - {fmr: \"1e-5\", score: 0.5214, fnmr: 0.230}\n";

static struct pst_calibration calibration;
static struct pst_error error;

static void setup(void)
{
	files_setup();
	memset(&error, 0, sizeof(error));
	memset(&calibration, 0, sizeof(calibration));
}

TestSuite(calibration, .init = setup, .fini = files_teardown);

static void load_good(void)
{
	cr_assert_eq(
		pst_calibration_load(files_write("x.calibration.yaml", good), &calibration, &error),
		0, "%s", error.text);
}

static void refused(const char *from, const char *to, const char *wanted)
{
	char changed[4096];
	const char *at = strstr(good, from);

	cr_assert_not_null(at);
	(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - good), good, to,
		at + strlen(from));
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_calibration_load(
			     files_write("x.calibration.yaml", changed), &calibration, &error),
		PST_E_CONFIG, "'%s' was taken", to);
	cr_assert(strstr(error.text, wanted), "'%s' lacks '%s'", error.text, wanted);
}

Test(calibration, loads)
{
	load_good();
	cr_assert_eq(calibration.point_count, 4);
	cr_assert_eq(calibration.impostor, 30000);
	cr_assert_str_eq(calibration.domain, "photograph");
	cr_assert_float_eq(calibration.point[1].score, 0.3654, 1e-9);
}

Test(calibration, each_wrong_field_has_its_line)
{
	refused("calibration: 1", "calibration: 2", "format 2 is not known");
	refused(CONTRACT, "1234", "32 hex digits");
	refused("matcher: cosine", "matcher: co/sine", "no plugin id");
	refused("domain: photograph", "domain: photograf", "did you mean 'photograph'");
	refused("\"1e-2\"", "\"0\"", "no rate between 0 and 1");
	refused("\"1e-2\"", "\"1.5\"", "no rate between 0 and 1");
	refused("\"1e-2\"", "\"1e-2x\"", "no rate between 0 and 1");
	refused("fnmr: 0.042", "fnmr: 1.042", "fnmr must lie between");
	refused("\"1e-3\"", "\"1e-2\"", "highest fmr to the lowest");
	refused("score: 0.3654", "score: 0.1", "rising scores");
	refused("genuine: 2820", "genuine: -1", "genuine");
	refused("impostor: 30000\n", "", "impostor");
	refused("origin: measured", "origins: measured", "origin");
}

Test(calibration, a_rate_gives_its_own_threshold_or_the_next_stricter)
{
	struct pst_threshold threshold;

	load_good();
	cr_assert_eq(pst_calibration_threshold(&calibration, 1e-3, &threshold, &error), 0);
	cr_assert_float_eq(threshold.score, 0.3654, 1e-6);
	cr_assert_float_eq(threshold.fmr, 1e-3, 1e-12);
	cr_assert_eq(pst_calibration_threshold(&calibration, 5e-3, &threshold, &error), 0);
	cr_assert_float_eq(threshold.fmr, 1e-3, 1e-12, "stricter, never laxer");
	cr_assert_eq(pst_calibration_threshold(&calibration, 0.5, &threshold, &error), 0);
	cr_assert_float_eq(threshold.fmr, 1e-2, 1e-12);
}

Test(calibration, too_few_comparisons_are_no_calibration)
{
	struct pst_threshold threshold;

	load_good(); /* 30 000 impostor comparisons carry 1e-4 and no more */
	cr_assert_eq(pst_calibration_threshold(&calibration, 1e-4, &threshold, &error), 0);
	cr_assert_eq(
		pst_calibration_threshold(&calibration, 1e-5, &threshold, &error), PST_E_NOT_FOUND);
	cr_assert(strstr(error.text, "needs 300000 impostor comparisons"), "%s", error.text);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_calibration_threshold(&calibration, 5e-5, &threshold, &error),
		PST_E_NOT_FOUND, "the next stricter one isn't supported either");
	memset(&error, 0, sizeof(error));
	cr_assert_eq(
		pst_calibration_threshold(&calibration, 1e-6, &threshold, &error), PST_E_NOT_FOUND);
	cr_assert(strstr(error.text, "lists no threshold as strict"), "%s", error.text);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_calibration_threshold(NULL, 1e-2, &threshold, &error), PST_E_NOT_FOUND);
	cr_assert_eq(pst_calibration_threshold(&calibration, 0, &threshold, NULL), PST_E_NOT_FOUND);
}

Test(calibration, only_the_same_contract_matcher_and_domain_counts)
{
	load_good();
	cr_assert_eq(pst_calibration_select(&calibration, 1, CONTRACT, "cosine", "photograph"),
		&calibration);
	cr_assert_null(pst_calibration_select(&calibration, 1, CONTRACT, "cosine", "drawn"));
	cr_assert_null(pst_calibration_select(&calibration, 1, CONTRACT, "other", "photograph"));
	cr_assert_null(pst_calibration_select(
		&calibration, 1, "ff112233445566778899aabbccddeeff", "cosine", "photograph"));
	cr_assert_null(pst_calibration_select(NULL, 0, CONTRACT, "cosine", "photograph"));
}

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const char full[] =
	"calibration: 1\ncontract: " CONTRACT "\nmatcher: cosine\n"
	"domain: photograph\norigin: measured\n"
	"extractor-sha256: " DIGEST_A "\nmatcher-sha256: " DIGEST_B "\n"
	"genuine: 100\nimpostor: 40000\nthresholds:\n"
	"  - {fmr: \"1e-2\", score: 0.2, fnmr: 0.1, impostor: 3000, matched: 30, "
	"upper: 0.0143, cohort: \"b\"}\n"
	"  - {fmr: \"1e-3\", score: 0.3, fnmr: 0.2, impostor: 2000, matched: 2, "
	"upper: 0.0036, cohort: \"b\"}\n";

/* Loads the full file with one part of it changed. */
static int load_changed(const char *from, const char *to)
{
	char changed[4096];
	const char *at = strstr(full, from);

	cr_assert_not_null(at);
	(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - full), full, to,
		at + strlen(from));
	memset(&error, 0, sizeof(error));
	return pst_calibration_load(
		files_write("x.calibration.yaml", changed), &calibration, &error);
}

Test(calibration, counts_that_do_not_fit_are_refused)
{
	static const char *const wrong[][3] = {
		{"impostor: 3000", "impostor: 40001", "more impostor comparisons than there are"},
		{"matched: 30", "matched: 3001", "more impostor comparisons than there are"},
		{"matched: 30", "matched: 31", "a false match rate of"},
		{"upper: 0.0143", "upper: 0.009", "upper must lie"},
		{"upper: 0.0143", "upper: 1.1", "upper must lie"},
		{DIGEST_A, "aa", "64 hex digits"},
		{DIGEST_B, "xb", "64 hex digits"},
	};

	cr_assert_eq(load_changed("photograph", "photograph"), 0, "%s", error.text);
	cr_assert_eq(calibration.point[0].impostor, 3000);
	cr_assert_eq(calibration.point[0].matched, 30);
	cr_assert_str_eq(calibration.point[0].cohort, "b");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(
			load_changed(wrong[i][0], wrong[i][1]), PST_E_CONFIG, "%s", wrong[i][1]);
		cr_assert(strstr(error.text, wrong[i][2]), "'%s' lacks '%s'", error.text,
			wrong[i][2]);
	}
}

Test(calibration, the_counts_of_a_point_decide_where_it_has_its_own)
{
	struct pst_threshold threshold;

	cr_assert_eq(load_changed("photograph", "photograph"), 0, "%s", error.text);
	cr_assert_eq(pst_calibration_threshold(&calibration, 1e-2, &threshold, &error), 0);
	cr_assert_eq(pst_calibration_threshold(&calibration, 1e-3, &threshold, &error),
		PST_E_NOT_FOUND, "2000 within the cohort are too few, whatever there is in all");
	cr_assert(strstr(error.text, "rests on 2000"), "%s", error.text);
}

Test(calibration, other_libraries_than_those_measured_are_uncalibrated)
{
	cr_assert_eq(load_changed("photograph", "photograph"), 0, "%s", error.text);
	cr_assert_eq(pst_calibration_check_libraries(&calibration, DIGEST_A, DIGEST_B, &error), 0);
	cr_assert_eq(pst_calibration_check_libraries(&calibration, DIGEST_B, DIGEST_B, &error),
		PST_E_NOT_FOUND);
	cr_assert(strstr(error.text, "another library of the extractor"), "%s", error.text);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_calibration_check_libraries(&calibration, DIGEST_A, DIGEST_A, &error),
		PST_E_NOT_FOUND);
	cr_assert(strstr(error.text, "another library of the matcher"), "%s", error.text);
	load_good();
	cr_assert_eq(pst_calibration_check_libraries(&calibration, DIGEST_A, DIGEST_A, &error), 0,
		"a file that names no library holds for every build");
}
