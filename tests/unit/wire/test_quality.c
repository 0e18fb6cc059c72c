/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "wire/quality.h"

static struct pst_quality quality;
static const char *problem;

static void add(uint32_t measure, float score, float raw)
{
	quality.component[quality.count++] =
		(struct pst_quality_component){.measure = measure, .score = score, .raw = raw};
}

static void setup(void)
{
	quality = (struct pst_quality){0};
	problem = NULL;
	add(PST_MEASURE_UNIFIED_QUALITY_SCORE, 61.6F, 0);
}

TestSuite(quality, .init = setup);

Test(quality, the_unified_score_is_the_overall_one)
{
	cr_assert_eq(pst_quality_conclude(&quality, &problem), 0);
	cr_assert_eq(quality.overall, 62);
	cr_assert_eq(quality.flags, 0);
	quality = (struct pst_quality){.overall = 9, .flags = 9};
	cr_assert_eq(pst_quality_conclude(&quality, &problem), 0, "not measured is no fault");
	cr_assert_eq(quality.overall, 0);
	cr_assert_eq(quality.flags, 0);
}

Test(quality, each_threshold_is_where_the_header_says)
{
	static const struct {
		uint32_t measure;
		float score, fine, bad;
		uint32_t flag;
	} cases[] = {
		{PST_MEASURE_INTER_EYE_DISTANCE, 50, 20, 19.9F, PST_QUALITY_TOO_SMALL},
		{PST_MEASURE_LUMINANCE_MEAN, 50, 40, 39.9F, PST_QUALITY_TOO_DARK},
		{PST_MEASURE_LUMINANCE_MEAN, 50, 225, 225.1F, PST_QUALITY_TOO_BRIGHT},
		{PST_MEASURE_HEAD_POSE_YAW, 50, 35, 35.1F, PST_QUALITY_TURNED},
		{PST_MEASURE_HEAD_POSE_YAW, 50, -35, -35.1F, PST_QUALITY_TURNED},
		{PST_MEASURE_HEAD_POSE_ROLL, 50, -35, -35.1F, PST_QUALITY_TURNED},
		{PST_MEASURE_HEAD_POSE_PITCH, 50, 40, 40.1F, PST_QUALITY_TURNED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup();
		add(cases[i].measure, cases[i].score, cases[i].fine);
		cr_assert_eq(pst_quality_conclude(&quality, &problem), 0);
		cr_expect_eq(quality.flags, 0, "case %zu", i);
		quality.component[1].raw = cases[i].bad;
		cr_assert_eq(pst_quality_conclude(&quality, &problem), 0);
		cr_expect_eq(quality.flags, cases[i].flag, "case %zu", i);
		quality.component[1].status = PST_E_FORMAT;
		cr_assert_eq(pst_quality_conclude(&quality, &problem), 0);
		cr_expect_eq(quality.flags, 0, "case %zu: not told is no fault", i);
	}
	setup();
	add(PST_MEASURE_SHARPNESS, 19.9F, 0);
	cr_assert_eq(pst_quality_conclude(&quality, &problem), 0);
	cr_expect_eq(quality.flags, PST_QUALITY_BLURRED);
	quality.component[1].score = 20;
	cr_assert_eq(pst_quality_conclude(&quality, &problem), 0);
	cr_expect_eq(quality.flags, 0);
}

#define REFUSED(change)                                                                            \
	do {                                                                                       \
		setup();                                                                           \
		add(PST_MEASURE_SHARPNESS, 1, 1);                                                  \
		change;                                                                            \
		cr_expect_eq(pst_quality_conclude(&quality, &problem), PST_E_PLUGIN, #change);     \
		cr_expect_not_null(problem);                                                       \
		cr_expect_eq(quality.overall, 0);                                                  \
		cr_expect_eq(quality.flags, 0);                                                    \
	} while (0)

Test(quality, what_breaks_the_abi_is_refused)
{
	REFUSED(quality.count = PST_MEASURES_MAX + 1);
	REFUSED(quality.count = UINT32_MAX);
	REFUSED(quality.component[1].measure = 0);
	REFUSED(quality.component[1].measure = PST_MEASURE_NO_HEAD_COVERINGS + 1);
	REFUSED(quality.component[1].measure = UINT32_MAX);
	REFUSED(quality.component[1].measure = PST_MEASURE_UNIFIED_QUALITY_SCORE);
	REFUSED(quality.component[1].score = -0.1F);
	REFUSED(quality.component[1].score = 100.1F);
	REFUSED(quality.component[1].score = NAN);
	REFUSED(quality.component[1].raw = INFINITY);
	REFUSED(quality.component[1].status = -1);
	REFUSED(quality.component[1].status = 1);
	REFUSED(quality.component[0].status = PST_E_FORMAT);
	REFUSED(quality.component[0].measure = PST_MEASURE_EYES_OPEN);
}

Test(quality, every_measure_of_the_standard_has_its_name)
{
	cr_assert_str_eq(pst_measure_name(0x41), "unified-quality-score");
	cr_assert_str_eq(pst_measure_name(0x49), "sharpness");
	cr_assert_str_eq(pst_measure_name(0x5c), "no-head-coverings");
	for (uint32_t i = 0x41; i <= 0x5c; i++) {
		cr_assert_not_null(pst_measure_name(i));
	}
	cr_assert_null(pst_measure_name(0x40));
	cr_assert_null(pst_measure_name(0x5d));
	cr_assert_null(pst_measure_name(UINT32_MAX));
}
