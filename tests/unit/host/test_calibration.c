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
