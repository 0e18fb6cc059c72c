/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "pipeline/subject.h"

static const struct pst_zone zone = {.x = 200, .y = 0, .width = 400, .height = 600};

static void put(struct pst_wire_faces *faces, float x, float y, float width, uint32_t flags)
{
	faces->face[faces->count++] = (struct pst_wire_face){
		.face = {.x = x, .y = y, .width = width, .height = width, .score = 0.9f},
		.quality = {.overall = 70, .flags = flags, .count = 1},
	};
}

static struct pst_subject pick(const struct pst_wire_faces *faces)
{
	struct pst_subject subject;

	pst_subject_pick(faces, &zone, 60, &subject);
	return subject;
}

Test(subject, nobody_in_view)
{
	struct pst_wire_faces faces = {0};
	struct pst_subject subject = pick(&faces);

	cr_assert_null(subject.face);
	cr_assert_eq(subject.reason, PST_CAPTURE_REASON_NO_FACE);
	cr_assert_eq(subject.bystanders, 0);
}

Test(subject, a_face_outside_the_zone_is_a_bystander_however_large)
{
	struct pst_wire_faces faces = {0};

	put(&faces, 10, 100, 300, 0);
	put(&faces, 610, 100, 300, 0);
	struct pst_subject subject = pick(&faces);
	cr_assert_null(subject.face);
	cr_assert_eq(subject.reason, PST_CAPTURE_REASON_NO_FACE);
	cr_assert_eq(subject.bystanders, 2);
}

Test(subject, the_middle_of_the_box_decides)
{
	struct pst_wire_faces faces = {0};

	put(&faces, 149, 100, 100, 0); /* middle at 199 */
	cr_assert_null(pick(&faces).face);
	faces.face[0].face.x = 150; /* middle at 200: the zone's edge counts */
	cr_assert_not_null(pick(&faces).face);
	faces.face[0].face.x = 549; /* middle at 599 */
	cr_assert_not_null(pick(&faces).face);
	faces.face[0].face.x = 550; /* middle at 600: beyond */
	cr_assert_null(pick(&faces).face);
}

Test(subject, widest_in_zone_wins_over_distant_ones)
{
	struct pst_wire_faces faces = {0};

	put(&faces, 250, 100, 80, 0);
	put(&faces, 300, 100, 160, 0);
	put(&faces, 0, 0, 170, 0);
	struct pst_subject subject = pick(&faces);
	cr_assert_eq(subject.face, &faces.face[1]);
	cr_assert_eq(subject.reason, PST_CAPTURE_REASON_UNSET);
	cr_assert_eq(subject.bystanders, 2);
}

Test(subject, a_rival_makes_the_pick_doubtful)
{
	struct pst_wire_faces faces = {0};

	put(&faces, 250, 100, 100, 0);
	put(&faces, 400, 100, 70, 0);
	struct pst_subject subject = pick(&faces);
	cr_assert_null(subject.face);
	cr_assert_eq(subject.reason, PST_CAPTURE_REASON_SEVERAL_FACES);
	cr_assert_eq(subject.bystanders, 2);
	faces.face[1].face.width = 69;
	cr_assert_eq(pick(&faces).face, &faces.face[0]);
}

Test(subject, order_of_detection_does_not_matter)
{
	struct pst_wire_faces faces = {0};

	put(&faces, 400, 100, 95, 0);
	put(&faces, 250, 100, 100, 0);
	cr_assert_eq(pick(&faces).reason, PST_CAPTURE_REASON_SEVERAL_FACES);
}

Test(subject, says_why_a_face_is_not_fit)
{
	static const struct {
		uint32_t flags;
		enum pst_capture_reason reason;
	} cases[] = {
		{PST_QUALITY_TOO_SMALL, PST_CAPTURE_REASON_TOO_SMALL},
		{PST_QUALITY_BLURRED, PST_CAPTURE_REASON_BLURRED},
		{PST_QUALITY_TOO_DARK, PST_CAPTURE_REASON_TOO_DARK},
		{PST_QUALITY_TOO_BRIGHT, PST_CAPTURE_REASON_TOO_BRIGHT},
		{PST_QUALITY_TURNED, PST_CAPTURE_REASON_TURNED},
		{PST_QUALITY_TURNED | PST_QUALITY_TOO_DARK, PST_CAPTURE_REASON_TOO_DARK},
		{0, PST_CAPTURE_REASON_UNSET},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pst_wire_faces faces = {0};

		put(&faces, 300, 100, 120, cases[i].flags);
		struct pst_subject subject = pick(&faces);
		cr_assert_not_null(subject.face);
		cr_assert_eq(subject.reason, cases[i].reason, "flags %u", cases[i].flags);
	}
}

Test(subject, a_face_that_was_not_measured_is_not_fit)
{
	struct pst_wire_faces faces = {0};

	put(&faces, 300, 100, 120, 0);
	faces.face[0].quality.count = 0;
	cr_assert_eq(pick(&faces).reason, PST_CAPTURE_REASON_TOO_SMALL);
}

Test(subject, narrower_than_asked_is_too_small)
{
	struct pst_wire_faces faces = {0};

	put(&faces, 300, 100, 59.5f, 0);
	cr_assert_eq(pick(&faces).reason, PST_CAPTURE_REASON_TOO_SMALL);
	faces.face[0].face.width = 60;
	cr_assert_eq(pick(&faces).reason, PST_CAPTURE_REASON_UNSET);
}
