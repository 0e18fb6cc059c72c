/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural check beside libjpeg: over drawn JPEGs of every kind, whole, cut, with flipped
 * bits, with holes, and with stale bytes behind a cut, as cameras and their buses damage them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/jpeg.h"
#include "jpegs.h"
#include "worker/jpeg.h"

#define DAMAGES 400 /* of each kind, per JPEG */
#define DHT 0xc4

static const struct jpegs_options kinds[] = {
	{.width = 64, .height = 48, .quality = 85, .across = 2, .down = 2},
	{.width = 97, .height = 61, .quality = 60, .across = 2, .down = 1},
	{.width = 40, .height = 40, .quality = 98},
	{.width = 50, .height = 33, .quality = 75, .grey = true},
	{.width = 50, .height = 33, .quality = 75, .grey = true, .across = 2, .down = 2},
	{.width = 64, .height = 64, .quality = 80, .across = 2, .down = 2, .interval = 1},
	{.width = 120, .height = 64, .quality = 80, .across = 2, .down = 1, .interval = 4},
	{.width = 64, .height = 48, .quality = 85, .across = 2, .down = 2, .optimal = true},
	{.width = 65, .height = 49, .quality = 85, .across = 2, .down = 2, .separate = true},
	{.width = 64, .height = 48, .quality = 70, .across = 4, .down = 1, .interval = 3},
	{.width = 64, .height = 48, .quality = 85, .across = 2, .down = 2, .progressive = true},
	{.width = 64, .height = 48, .quality = 85, .across = 2, .interval = 2, .progressive = true},
	{.width = 64, .height = 48, .quality = 85, .across = 2, .down = 2, .arithmetic = true},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum way { WAY_CUT, WAY_BIT, WAY_HOLE, WAY_STALE, WAY_ZEROS, WAY_HEADER, WAYS };

static const char *const ways[] = {"cut", "bit", "hole", "stale", "zeros", "header"};

struct tally {
	int tried;
	int both_whole;
	int both_damaged;
	int only_check[PST_JPEG_FINDING_COUNT]; /* refused, though libjpeg has no complaint */
	int only_libjpeg;			/* passed, though libjpeg complains */
	int worker_refuses;			/* of those passed, the worker's decoder */
	int quick_passed;
	int quick_wrong; /* passed in depth, not by the markers alone */
};

static uint64_t state;

static uint32_t below(size_t limit)
{
	/* Knuth's MMIX generator */
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((state >> 33) % limit);
}

static bool worker_takes(const struct pst_bytes *jpeg, const struct jpegs_options *kind)
{
	static uint8_t picture[128 * 128 * 3];
	struct pst_jpeg *decoder = NULL;

	cr_assert_eq(pst_jpeg_create(&decoder), 0);
	int status = pst_jpeg_decode(decoder, jpeg->data, jpeg->size, kind->width, kind->height, 1,
		PST_JPEG_PIXELS_BGR24, true, picture, kind->width * 3);

	pst_jpeg_destroy(&decoder);
	return status == 0;
}

static enum pst_jpeg_finding compare(struct pst_jpeg_check *check, const struct pst_bytes *jpeg,
	const struct jpegs_options *kind, struct tally *tally)
{
	/* A copy of exactly that size, so that a read beyond it is seen. */
	uint8_t *data = malloc(jpeg->size ? jpeg->size : 1);

	memcpy(data, jpeg->data, jpeg->size);
	enum pst_jpeg_finding quick = pst_jpeg_check(
		check, data, jpeg->size, kind->width, kind->height, PST_JPEG_DEPTH_MARKERS, NULL);
	enum pst_jpeg_finding finding = pst_jpeg_check(
		check, data, jpeg->size, kind->width, kind->height, PST_JPEG_DEPTH_BLOCKS, NULL);
	bool whole = finding == PST_JPEG_FINDING_WHOLE;
	bool theirs = jpegs_ask(data, jpeg->size, kind->width, kind->height) == JPEGS_ANSWER_WHOLE;
	bool worker = worker_takes(jpeg, kind);

	tally->tried++;
	tally->both_whole += whole && theirs;
	tally->both_damaged += !whole && !theirs;
	tally->only_libjpeg += whole && !theirs;
	tally->only_check[finding] += !whole && theirs;
	tally->worker_refuses += whole && !worker;
	tally->quick_passed += quick == PST_JPEG_FINDING_WHOLE;
	tally->quick_wrong += whole && quick != PST_JPEG_FINDING_WHOLE;
	free(data);
	return finding;
}

static void damage(struct pst_bytes *jpeg, const struct pst_bytes *stale, int way)
{
	size_t at = below(jpeg->size);
	size_t hole = 1 + below(jpeg->size / 4);

	switch (way) {
	case WAY_CUT: /* cut short */
		jpeg->size = at;
		break;
	case WAY_BIT: /* a bit */
		jpeg->data[at] ^= (uint8_t)(1 << below(8));
		break;
	case WAY_HOLE: /* a lost packet, the rest moved up */
		hole = hole < jpeg->size - at ? hole : jpeg->size - at;
		memmove(jpeg->data + at, jpeg->data + at + hole, jpeg->size - at - hole);
		jpeg->size -= hole;
		break;
	case WAY_STALE: /* cut short in a buffer that holds an earlier frame */
		if (at < stale->size) {
			jpeg->size = at;
			cr_assert_eq(pst_bytes_append(jpeg, stale->data + at, stale->size - at), 0);
		}
		break;
	case WAY_ZEROS: /* zeros where a packet was */
		hole = hole < jpeg->size - at ? hole : jpeg->size - at;
		memset(jpeg->data + at, 0, hole);
		break;
	default: /* a byte of the headers */
		jpeg->data[at % 700 % jpeg->size] = (uint8_t)below(256);
		break;
	}
}

static void draw(size_t kind, uint32_t seed, struct pst_bytes *jpeg)
{
	struct jpegs_options options = kinds[kind];

	options.seed = seed;
	jpegs_draw(&options, jpeg);
	if (kind == 0) {
		jpegs_strip(jpeg, DHT);
	}
}

static void print(const char *way, const char *what, const struct tally *tally)
{
	(void)printf("# %-6s %-8s %d damaged: both refuse %d, both pass %d, only libjpeg refuses "
		     "%d; passed here, refused by the worker %d; by markers alone passed %d;"
		     " only the check refuses",
		way, what, tally->tried, tally->both_damaged, tally->both_whole,
		tally->only_libjpeg, tally->worker_refuses, tally->quick_passed);
	for (int finding = 0; finding < PST_JPEG_FINDING_COUNT; finding++) {
		if (tally->only_check[finding] > 0) {
			(void)printf(" %s %d", pst_jpeg_finding_name(finding),
				tally->only_check[finding]);
		}
	}
	(void)printf("\n");
}

/* What libjpeg does not notice, and why that is damage all the same. */
static bool is_overlooked(const struct jpegs_options *kind, enum pst_jpeg_finding finding)
{
	switch (finding) {
	case PST_JPEG_FINDING_BAD_CODE: /* it drops coefficients that lie outside their block */
		return true;
	case PST_JPEG_FINDING_TOO_FEW_BLOCKS: /* it is content without a component's scan */
		return kind->separate;
	case PST_JPEG_FINDING_BAD_MARKER: /* it has taken up the bytes that no unit wanted */
		return kind->separate;
	case PST_JPEG_FINDING_RESTART_ORDER: /* the same before a restart marker */
		return kind->interval > 0;
	default:
		return false;
	}
}

static void damage_and_compare(
	struct pst_jpeg_check *check, size_t kind, int way, struct tally *tally)
{
	struct pst_bytes jpeg = {0};
	struct pst_bytes stale = {0};

	draw(kind, 1, &jpeg);
	draw(kind, 8, &stale);
	for (int i = 0; i < DAMAGES; i++) {
		struct tally before = *tally;
		struct pst_bytes copy = {0};

		cr_assert_eq(pst_bytes_append(&copy, jpeg.data, jpeg.size), 0);
		damage(&copy, &stale, way);
		enum pst_jpeg_finding finding = compare(check, &copy, &kinds[kind], tally);

		cr_assert(tally->only_check[finding] == before.only_check[finding] ||
				  is_overlooked(&kinds[kind], finding),
			"kind %zu, %s %d: libjpeg finds it whole, the check finds %s", kind,
			ways[way], i, pst_jpeg_finding_name(finding));
		pst_bytes_finish(&copy);
	}
	pst_bytes_finish(&jpeg);
	pst_bytes_finish(&stale);
}

static bool is_counted(size_t kind)
{
	return !kinds[kind].progressive && !kinds[kind].arithmetic;
}

Test(jpeg_agree, over_damaged_jpegs)
{
	struct pst_jpeg_check *check = NULL;

	state = 11;
	cr_assert_eq(pst_jpeg_check_create(&check), 0);
	for (int way = 0; way < WAYS; way++) {
		struct tally counted = {0};
		struct tally others = {0};

		for (size_t kind = 0; kind < KINDS; kind++) {
			damage_and_compare(check, kind, way, is_counted(kind) ? &counted : &others);
		}
		print(ways[way], "counted", &counted);
		print(ways[way], "others", &others);
		cr_expect_eq(counted.worker_refuses, 0);
		/* What stands behind a picture that is all there only libjpeg's end looks at. */
		cr_expect_leq(counted.only_libjpeg, counted.tried / 400);
		cr_expect_leq(others.worker_refuses, others.tried / 3);
		cr_expect_eq(counted.quick_wrong + others.quick_wrong, 0);
		if (way == WAY_CUT) {
			cr_expect_eq(counted.both_damaged + others.both_damaged,
				counted.tried + others.tried);
			cr_expect_eq(counted.quick_passed + others.quick_passed, 0);
		}
	}
	pst_jpeg_check_destroy(&check);
}

Test(jpeg_agree, over_whole_jpegs)
{
	struct pst_jpeg_check *check = NULL;

	state = 3;
	cr_assert_eq(pst_jpeg_check_create(&check), 0);
	for (int i = 0; i < 400; i++) {
		struct tally tally = {0};
		struct pst_bytes jpeg = {0};
		struct jpegs_options kind = {
			.width = 1 + below(128),
			.height = 1 + below(128),
			.quality = 1 + (int)below(100),
			.grey = below(4) == 0,
			.across = 1 << below(3),
			.down = 1 + (int)below(2),
			.interval = below(2) ? (int)below(40) : 0,
			.optimal = below(2),
			.progressive = below(8) == 0,

			.separate = below(4) == 0,
			.seed = below(1000),
		};

		kind.arithmetic = !kind.optimal && below(16) == 0;

		jpegs_draw(&kind, &jpeg);
		if (!kind.optimal && !kind.progressive && !kind.arithmetic && below(2)) {
			jpegs_strip(&jpeg, DHT);
		}
		cr_expect_eq(compare(check, &jpeg, &kind, &tally), PST_JPEG_FINDING_WHOLE,
			"%d: %ux%u", i, kind.width, kind.height);
		cr_expect_eq(tally.both_whole, 1, "%d: %ux%u", i, kind.width, kind.height);
		cr_expect_eq(tally.worker_refuses + tally.quick_wrong, 0);
		pst_bytes_finish(&jpeg);
	}
	pst_jpeg_check_destroy(&check);
}
