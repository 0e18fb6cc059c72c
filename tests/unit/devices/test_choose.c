/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/choose.h"

static const struct pst_v4l2_mode offer[] = {
	{"H264", PST_FRAME_FORMAT_UNSET, 1280, 720, 1, {60}},
	{"YUYV", PST_FRAME_FORMAT_YUYV, 640, 480, 2, {30, 15}},
	{"YUYV", PST_FRAME_FORMAT_YUYV, 1280, 720, 2, {9, 5}},
	{"MJPG", PST_FRAME_FORMAT_MJPEG, 640, 480, 3, {60, 30, 15}},
	{"MJPG", PST_FRAME_FORMAT_MJPEG, 1280, 720, 2, {30, 15}},
	{"MJPG", PST_FRAME_FORMAT_MJPEG, 1920, 1080, 2, {29.97, 15}},
};

#define MODES(list) list, sizeof(list) / sizeof((list)[0])

static struct v4l2_choices choices;
static char text[512];

static void forget(void)
{
	free(choices.at);
}

TestSuite(choose, .fini = forget);

static const struct v4l2_candidate *best_of(
	const struct pst_v4l2_mode *modes, size_t count, struct v4l2_want want)
{
	choices.modes = (struct v4l2_modes){(struct pst_v4l2_mode *)(uintptr_t)modes, count, count};
	cr_assert_eq(pst_v4l2_choices_make(&choices, &want), 0);
	text[0] = 0;
	if (choices.count > 0) {
		pst_v4l2_candidate_describe(&choices.at[0], text, sizeof(text));
	}
	return choices.count ? &choices.at[0] : NULL;
}

static void chosen(struct v4l2_want want, const char *expected)
{
	(void)best_of(MODES(offer), want);
	cr_assert_str_eq(text, expected);
}

Test(choose, unasked_it_is_the_largest_fast_mode_up_to_720p)
{
	chosen((struct v4l2_want){0}, "MJPG 1280x720 at 30");
	chosen((struct v4l2_want){.format = PST_FRAME_FORMAT_YUYV}, "YUYV 640x480 at 30");
	/* 60 is offered, 30 is usual. */
	chosen((struct v4l2_want){.width = 640, .height = 480}, "MJPG 640x480 at 30");
	chosen((struct v4l2_want){.format = PST_FRAME_FORMAT_YUYV, .width = 1280, .height = 720},
		"YUYV 1280x720 at 9");
}

Test(choose, what_is_asked_for_is_kept)
{
	chosen((struct v4l2_want){.fps = 60}, "MJPG 640x480 at 60");
	chosen((struct v4l2_want){.fps = 15}, "MJPG 1280x720 at 15");
	/* 29.97 is as good as 30. */
	chosen((struct v4l2_want){.width = 1920, .height = 1080, .fps = 30},
		"MJPG 1920x1080 at 29.97");
	chosen(
		(struct v4l2_want){
			.format = PST_FRAME_FORMAT_YUYV, .width = 1280, .height = 720, .fps = 30},
		"");
	chosen((struct v4l2_want){.fps = 20}, "");
	chosen((struct v4l2_want){.fps = 29}, "");
	chosen((struct v4l2_want){.width = 1280, .height = 721}, "");
	chosen((struct v4l2_want){.format = PST_FRAME_FORMAT_NV12}, "");
}

Test(choose, rates_within_two_thousandths_are_one)
{
	cr_assert(pst_v4l2_rate_is(29.97, 30));
	cr_assert(pst_v4l2_rate_is(59.94, 60));
	cr_assert(pst_v4l2_rate_is(7.5, 7.5));
	cr_assert_not(pst_v4l2_rate_is(29.9, 30));
	cr_assert_not(pst_v4l2_rate_is(0, 30));
}

Test(choose, sizes_beyond_720p_are_taken_when_there_is_nothing_else)
{
	static const struct pst_v4l2_mode large[] = {
		{"MJPG", PST_FRAME_FORMAT_MJPEG, 3840, 2160, 1, {30}},
		{"MJPG", PST_FRAME_FORMAT_MJPEG, 1920, 1080, 1, {30}},
	};

	(void)best_of(MODES(large), (struct v4l2_want){0});
	cr_assert_str_eq(text, "MJPG 1920x1080 at 30");
}

Test(choose, colour_comes_before_grey_and_all_before_conversion)
{
	static const struct pst_v4l2_mode formats[] = {
		{"BA81", PST_FRAME_FORMAT_I420, 1280, 720, 1, {30}, .converted = true},
		{"Y16", PST_FRAME_FORMAT_Y16, 640, 480, 1, {30}},
		{"GREY", PST_FRAME_FORMAT_GREY, 640, 480, 1, {30}},
		{"UYVY", PST_FRAME_FORMAT_UYVY, 640, 480, 1, {30}},
		{"YUYV", PST_FRAME_FORMAT_YUYV, 640, 480, 1, {30}},
		{"NV12", PST_FRAME_FORMAT_NV12, 640, 480, 1, {30}},
	};
	static const char *const order[] = {"NV12", "YUYV", "UYVY", "GREY", "Y16", "BA81"};

	(void)best_of(MODES(formats), (struct v4l2_want){0});
	cr_assert_eq(choices.count, 6);
	for (size_t i = 0; i < 6; i++) {
		cr_assert_str_eq(choices.at[i].mode->fourcc, order[i]);
	}
	(void)best_of(MODES(formats), (struct v4l2_want){.format = PST_FRAME_FORMAT_I420});
	cr_assert_str_eq(text, "", "I420 is what it becomes, not what it is");
	(void)best_of(MODES(formats), (struct v4l2_want){.format = PST_FRAME_FORMAT_I420,
					      .converted = 'B' | 'A' << 8 | '8' << 16 | '1' << 24});
	cr_assert_str_eq(text, "BA81 1280x720 at 30");
}

Test(choose, ranges_of_rates_hold_what_lies_between)
{
	static const struct pst_v4l2_mode range[] = {
		{"GREY", PST_FRAME_FORMAT_GREY, 640, 480, 2, {120, 2}, .any_rate = true}};

	(void)best_of(MODES(range), (struct v4l2_want){0});
	cr_assert_str_eq(text, "GREY 640x480 at 30");
	(void)best_of(MODES(range), (struct v4l2_want){.fps = 47.5});
	cr_assert_str_eq(text, "GREY 640x480 at 47.5");
	(void)best_of(MODES(range), (struct v4l2_want){.fps = 121});
	cr_assert_str_eq(text, "");
	(void)best_of(MODES(range), (struct v4l2_want){.fps = 1});
	cr_assert_str_eq(text, "");
}

Test(choose, a_driver_that_tells_no_rates_is_asked_for_the_wanted_one)
{
	static const struct pst_v4l2_mode silent[] = {{"GREY", PST_FRAME_FORMAT_GREY, 640, 480}};

	(void)best_of(MODES(silent), (struct v4l2_want){0});
	cr_assert_str_eq(text, "GREY 640x480");
	(void)best_of(MODES(silent), (struct v4l2_want){.fps = 12});
	cr_assert_str_eq(text, "GREY 640x480 at 12");
}

static void nearest(struct v4l2_want want, const char *expected)
{
	(void)best_of(MODES(offer), want);
	pst_v4l2_choices_nearest(&choices, &want, text, sizeof(text));
	cr_assert_str_eq(text, expected);
}

Test(choose, the_nearest_offered_is_named)
{
	nearest((struct v4l2_want){.width = 1280, .height = 720, .fps = 25}, "MJPG 1280x720 at 30");
	nearest(
		(struct v4l2_want){
			.format = PST_FRAME_FORMAT_YUYV, .width = 1280, .height = 720, .fps = 30},
		"MJPG 1280x720 at 30");
	nearest(
		(struct v4l2_want){
			.format = PST_FRAME_FORMAT_YUYV, .width = 1280, .height = 720, .fps = 10},
		"YUYV 1280x720 at 9");
	nearest((struct v4l2_want){.width = 1900, .height = 1000}, "MJPG 1920x1080 at 29.97");
	(void)best_of(offer, 1, (struct v4l2_want){0});
	pst_v4l2_choices_nearest(&choices, &(struct v4l2_want){0}, text, sizeof(text));
	cr_assert_str_eq(text, "");
}

Test(choose, the_choice_is_explained)
{
	const struct v4l2_candidate *best = best_of(MODES(offer), (struct v4l2_want){0});

	pst_v4l2_choices_explain(&choices, &(struct v4l2_want){0}, best, text, sizeof(text));
	cr_assert_str_eq(text, "MJPG 1280x720 at 30; not YUYV 1280x720 at 9: slower; more than "
			       "1280x720, here up to 1920x1080, only when asked for");
	/* What doesn't fit is left out as a whole. */
	pst_v4l2_choices_explain(&choices, &(struct v4l2_want){0}, best, text, 60);
	cr_assert_str_eq(text, "MJPG 1280x720 at 30; not YUYV 1280x720 at 9: slower");
}

Test(choose, the_offer_is_told_as_far_as_it_fits)
{
	struct v4l2_modes modes = {(struct pst_v4l2_mode *)(uintptr_t)offer, 6, 6};

	pst_v4l2_modes_describe(&modes, text, 64);
	cr_assert_str_eq(text, "YUYV 640x480 at 30, YUYV 1280x720 at 9, MJPG 640x480 at 60");
	pst_v4l2_modes_describe(&modes, text, 30);
	cr_assert_str_eq(text, "YUYV 640x480 at 30");
	modes.count = 1;
	pst_v4l2_modes_describe(&modes, text, sizeof(text));
	cr_assert(strstr(text, "nothing that postern takes"));
}
