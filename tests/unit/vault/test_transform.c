/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "fixture.h"

#include <math.h>

#include "crypto/random.h"
#include "vault/transform.h"

#define LARGEST 512
#define PAIRS 10000
#define PEOPLE 2000	   /* for links between vaults */
#define SEARCHED 500	   /* of them */
#define FOUND_BY_CHANCE 12 /* one is to be expected */

TestSuite(transform, .init = fixture_make, .fini = fixture_remove, .timeout = 60);

static double normal(void)
{
	static uint32_t pool[1024];
	static size_t used = sizeof(pool) / sizeof(pool[0]);

	if (used == sizeof(pool) / sizeof(pool[0])) {
		pst_random_bytes(pool, sizeof(pool));
		used = 0;
	}
	const uint32_t *bits = pool + used;
	used += 2;
	return sqrt(-2 * log((bits[0] + 1.0) / 4294967296.0)) *
	       cos(2 * M_PI * bits[1] / 4294967296.0);
}

/* An embedding: of length 1, as nets give them, or not. */
static void draw(float *values, uint32_t dimension, double length)
{
	double squares = 0;

	for (uint32_t i = 0; i < dimension; i++) {
		values[i] = (float)normal();
		squares += (double)values[i] * values[i];
	}
	for (uint32_t i = 0; i < dimension; i++) {
		values[i] = (float)(values[i] * length / sqrt(squares));
	}
}

static double dot(const float *a, const float *b, uint32_t dimension)
{
	double sum = 0;

	for (uint32_t i = 0; i < dimension; i++) {
		sum += (double)a[i] * b[i];
	}
	return sum;
}

static double cosine(const float *a, const float *b, uint32_t dimension)
{
	return dot(a, b, dimension) / sqrt(dot(a, a, dimension) * dot(b, b, dimension));
}

static struct pst_vault_record_info info_of(const char *subject)
{
	struct pst_vault_record_info info = fixture_info();

	info.template_format = PST_VAULT_FORMAT_FLOAT32;
	info.subject = subject;
	return info;
}

static void renew(int expected)
{
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_transform_renew(vault, NOW, &error), expected, "%s", error.text);
}

static void turn(const float *from, float *to, uint32_t dimension)
{
	const uint8_t *probe;

	cr_assert_eq(pst_vault_transform_probe(vault, PST_VAULT_FORMAT_FLOAT32,
			     (const uint8_t *)from, dimension * sizeof(float), &probe, &error),
		0, "%s", error.text);
	memcpy(to, probe, dimension * sizeof(float));
	pst_vault_transform_probe_done(vault, dimension * sizeof(float));
}

/* Scores of pairs of all likenesses are what they were before both were turned. */
Test(transform, cosines_keep_to_1e_5)
{
	static const uint32_t dimensions[] = {2, 3, 128, 129, LARGEST};
	double worst = 0, worst_length = 0;
	unsigned pairs = 0;

	renew(0);
	for (size_t d = 0; d < sizeof(dimensions) / sizeof(dimensions[0]); d++) {
		uint32_t dimension = dimensions[d];

		for (unsigned i = 0; i < PAIRS / 4; i++, pairs++) {
			float a[LARGEST], b[LARGEST], c[LARGEST], ta[LARGEST], tb[LARGEST];

			draw(a, dimension, i % 2 ? 1 : 37.5);
			draw(c, dimension, 1);
			for (uint32_t j = 0; j < dimension; j++) {
				b[j] = a[j] * (float)(i % 5) + c[j];
			}
			turn(a, ta, dimension);
			turn(b, tb, dimension);
			double off = fabs(cosine(ta, tb, dimension) - cosine(a, b, dimension));
			double longer = fabs(dot(ta, ta, dimension) / dot(a, a, dimension) - 1);

			worst = fmax(worst, off);
			worst_length = fmax(worst_length, longer);
			cr_assert_lt(off, 1e-5, "dimension %u: %g", dimension, off);
			cr_assert_lt(longer, 1e-5, "dimension %u: %g", dimension, longer);
		}
	}
	cr_expect_lt(worst, 1e-6, "%g", worst);
	counted_tell("pairs scored", pairs, PAIRS);
}

/* Each row of the matrix has length 1 and is square to every other one. */
Test(transform, is_orthogonal_and_has_an_inverse)
{
	enum { DIMENSION = 64 };
	float rows[DIMENSION][DIMENSION], back[DIMENSION];
	struct pst_keyring *ring;
	struct pst_vault_transform *transform;
	uint8_t file[PST_KEYRING_FILE_SIZE];

	cr_assert_eq(pst_keyring_create(&ring, &fixture_key, file, NULL), 0);
	cr_assert_eq(pst_vault_transform_create(&transform, ring, 1, DIMENSION), 0);
	for (int i = 0; i < DIMENSION; i++) {
		float unit[DIMENSION] = {0};

		unit[i] = 1;
		cr_assert_eq(pst_vault_transform_apply(
				     transform, (const uint8_t *)unit, (uint8_t *)rows[i]),
			0);
		cr_assert_eq(pst_vault_transform_undo(
				     transform, (const uint8_t *)rows[i], (uint8_t *)back),
			0);
		for (int j = 0; j < DIMENSION; j++) {
			cr_assert_float_eq(back[j], unit[j], 1e-6);
		}
	}
	for (int i = 0; i < DIMENSION; i++) {
		for (int j = 0; j <= i; j++) {
			cr_assert_float_eq(dot(rows[i], rows[j], DIMENSION), i == j, 1e-6);
		}
	}
	cr_expect(pst_vault_transform_is(transform, 1, DIMENSION));
	cr_expect(!pst_vault_transform_is(transform, 2, DIMENSION));
	pst_vault_transform_destroy(&transform);
	cr_expect_eq(pst_vault_transform_create(&transform, ring, 1, 1), -EINVAL);
	cr_expect_eq(
		pst_vault_transform_create(&transform, ring, 1, PST_VAULT_TRANSFORM_FLOATS_MAX + 1),
		-EINVAL);
	cr_expect_eq(
		pst_vault_transform_create(&transform, ring, 1, PST_VAULT_TRANSFORM_FLOATS_MAX), 0,
		"the largest fits into locked memory");
	pst_vault_transform_destroy(&transform);
	pst_keyring_close(&ring);
}

/* Mean and deviation of scores between what two matrices make of people. */
struct links {
	double mean, deviation, largest;
};

static struct links links_between(float (*a)[128], float (*b)[128], int shift)
{
	struct links links = {0};
	double squares = 0;

	for (int i = 0; i < PEOPLE; i++) {
		double score = cosine(a[i], b[(i + shift) % PEOPLE], 128);

		links.mean += score / PEOPLE;
		squares += score * score / PEOPLE;
		links.largest = fmax(links.largest, fabs(score));
	}
	links.deviation = sqrt(squares - links.mean * links.mean);
	return links;
}

/* How many of one gallery have themselves as the most alike of the other. */
static int count_found(float (*a)[128], float (*b)[128])
{
	int found = 0;

	for (int i = 0; i < SEARCHED; i++) {
		int best = 0;
		double most = -1;

		for (int j = 0; j < SEARCHED; j++) {
			double score = fabs(dot(a[i], b[j], 128));

			best = score > most ? j : best;
			most = fmax(most, score);
		}
		found += best == i;
	}
	return found;
}

/* A gallery taken out of one vault, beside one of another vault or of the time after a renewal:
 * the same person is as far from itself as a stranger is. */
Test(transform, nobody_is_linked_between_vaults_or_renewals)
{
	static float people[PEOPLE][128], one[PEOPLE][128], two[PEOPLE][128], renewed[PEOPLE][128];
	char mine[64];

	renew(0);
	for (int i = 0; i < PEOPLE; i++) {
		draw(people[i], 128, 1);
		/* All lean one way, as faces of a net do: a shared direction must not show either.
		 */
		people[i][3] += 1;
		turn(people[i], one[i], 128);
	}
	renew(0);
	for (int i = 0; i < PEOPLE; i++) {
		turn(people[i], renewed[i], 128);
	}
	pst_vault_close(&vault);
	(void)strcpy(mine, fixture_dir);
	fixture_make();
	renew(0);
	for (int i = 0; i < PEOPLE; i++) {
		turn(people[i], two[i], 128);
	}
	float(*const others[])[128] = {two, renewed};
	for (int i = 0; i < 2; i++) {
		struct links same = links_between(one, others[i], 0);
		struct links strangers = links_between(one, others[i], 1);

		/* The trace of an orthogonal matrix varies about 0 with a deviation of 1. */
		cr_expect_lt(fabs(same.mean - strangers.mean), 0.5 * strangers.deviation,
			"%g and %g", same.mean, strangers.mean);
		cr_expect_lt(same.deviation, 1.2 * strangers.deviation);
		cr_expect_lt(same.largest, 0.9);
		cr_expect_lt(count_found(one, others[i]), FOUND_BY_CHANCE);
	}
	cr_expect_gt(links_between(one, one, 0).mean, 0.99, "the probe itself works");
	cr_expect_eq(count_found(one, one), SEARCHED);
	counted_tell("people in two vaults", PEOPLE, PEOPLE);
	fixture_remove();
	(void)strcpy(fixture_dir, mine);
}

struct gallery {
	float templates[32][128];
	int count;
};

static int take(void *user, uint64_t key, const uint8_t *template, size_t size)
{
	struct gallery *gallery = user;

	cr_assert_eq(size, sizeof(gallery->templates[0]));
	memcpy(gallery->templates[gallery->count++], template, size);
	return 0;
}

static void add_people(float (*people)[128], int count)
{
	char subject[16];

	for (int i = 0; i < count; i++) {
		draw(people[i], 128, 1);
		(void)snprintf(subject, sizeof(subject), "S%d", i);
		const struct pst_vault_record_info info = info_of(subject);
		cr_assert_eq(
			pst_vault_gallery_add(vault, "staff", &info, (const uint8_t *)people[i],
				sizeof(people[i]), NOW, NULL, &error),
			1, "%s", error.text);
	}
}

static void read_gallery(struct gallery *gallery)
{
	const struct pst_vault_record_info info = info_of("x");

	gallery->count = 0;
	error = (struct pst_error){0};
	cr_assert_eq(
		pst_vault_gallery_each(vault, "staff", info.contract, NOW, take, gallery, &error),
		32, "%s", error.text);
}

/* What is stored is turned; a probe turned beside it scores as before; renewing turns all of it. */
Test(transform, a_gallery_is_turned_and_renewed)
{
	static struct gallery first, before, after;
	float people[32][128], probe[128];

	add_people(people, 32);
	read_gallery(&first);
	cr_expect_arr_eq(first.templates, people, sizeof(people), "no transform yet");
	before = first;
	for (int round = 0; round < 3; round++) {
		renew(32);
		cr_expect_eq(pst_vault_transform_number(vault), (uint32_t)round + 1);
		pst_vault_close(&vault);
		fixture_open(NOW);
		cr_expect_eq(pst_vault_transform_number(vault), (uint32_t)round + 1);
		read_gallery(&after);
		for (int i = 0; i < 32; i++) {
			turn(people[i], probe, 128);
			cr_expect_gt(cosine(probe, after.templates[i], 128), 1 - 1e-6);
			cr_expect_lt(fabs(cosine(people[i], after.templates[i], 128)), 0.6);
			cr_expect_lt(
				fabs(cosine(before.templates[i], after.templates[i], 128)), 0.6);
		}
		before = after;
	}
	cr_expect(!fixture_dir_holds(first.templates[0], 16));
}

static int count_item(void *user, const struct pst_vault_item *item)
{
	int *counts = user;

	counts[0] += item->state == PST_VAULT_STATE_OPENS;
	counts[1] += (int)item->transform;
	return 0;
}

Test(transform, only_what_can_be_turned_is_stored)
{
	struct pst_vault_record_info info = info_of("S1");
	float people[1][128];
	uint8_t bytes[128] = {1};
	int counts[2] = {0};

	add_people(people, 1);
	renew(1);
	people[0][5] = NAN;
	cr_expect_eq(
		pst_vault_add(vault, &info, (const uint8_t *)people[0], 512, NOW, NULL, &error),
		-EINVAL);
	cr_expect_not_null(strstr(error.text, "no number"), "%s", error.text);
	cr_expect_eq(pst_vault_add(vault, &info, bytes, 127, NOW, NULL, &error), -EINVAL);
	cr_expect_eq(pst_vault_add(vault, &info, bytes, 4, NOW, NULL, &error), -EINVAL);
	info.template_format = 2;
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_add(vault, &info, bytes, 128, NOW, NULL, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "float32"), "%s", error.text);
	info.template_format = 257;
	cr_expect_eq(pst_vault_add(vault, &info, bytes, 128, NOW, NULL, &error), -EINVAL);
	cr_assert_eq(pst_vault_list(vault, NULL, NOW, count_item, counts, &error), 1);
	cr_expect_eq(counts[0], 1);
	cr_expect_eq(counts[1], 1, "turned by number 1");
}

/* A record that cannot be turned, or does not open, keeps the whole vault as it was. */
Test(transform, a_renewal_is_all_or_nothing)
{
	struct pst_vault_record_info info = info_of("bytes");
	struct pst_vault_set before, after;
	float people[32][128];
	uint8_t bytes[128] = {1}, record[PST_VAULT_ID_SIZE];

	add_people(people, 32);
	info.template_format = 2;
	cr_assert_eq(pst_vault_add(vault, &info, bytes, 128, NOW, record, &error), 1);
	pst_vault_set(vault, &before);
	cr_expect_eq(pst_vault_transform_renew(vault, NOW, &error), -EINVAL);
	cr_expect_eq(pst_vault_transform_number(vault), 0u);
	pst_vault_set(vault, &after);
	cr_expect_arr_eq(&before, &after, sizeof(before));
	cr_expect_eq(fixture_read(record, NOW), 0);
	pst_vault_close(&vault);
	fixture_sql("UPDATE record SET body=zeroblob(length(body)) WHERE place=33");
	fixture_open(NOW);
	cr_expect_eq(pst_vault_transform_renew(vault, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "nothing was renewed"), "%s", error.text);
	static struct gallery gallery;
	read_gallery(&gallery);
	cr_expect_arr_eq(gallery.templates, people, sizeof(people));
}

Test(transform, a_changed_number_is_refused)
{
	static const char *const edits[] = {
		"UPDATE meta SET value=CAST(x'00000000'||substr(value, 5) AS BLOB)"
		" WHERE key='transform'",
		"UPDATE meta SET value=CAST(x'4d000000'||substr(value, 5) AS BLOB)"
		" WHERE key='transform'",
		"DELETE FROM meta WHERE key='transform'",
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		renew(0);
		pst_vault_close(&vault);
		fixture_sql("CREATE TABLE saved AS SELECT * FROM meta WHERE key='transform'");
		fixture_sql(edits[i]);
		cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error),
			PST_E_VAULT, "%s", edits[i]);
		fixture_sql("INSERT OR REPLACE INTO meta SELECT * FROM saved; DROP TABLE saved");
		fixture_open(NOW);
	}
}

/* An older row of the same vault puts the number back: no template of another one is compared. */
Test(transform, templates_of_two_transforms_are_not_compared)
{
	struct pst_vault_record_info info = info_of("x");
	static struct gallery gallery;
	float people[32][128];

	add_people(people, 32);
	renew(32);
	pst_vault_close(&vault);
	fixture_sql("CREATE TABLE saved AS SELECT * FROM meta WHERE key='transform'");
	fixture_open(NOW);
	renew(32);
	pst_vault_close(&vault);
	fixture_sql("INSERT OR REPLACE INTO meta SELECT * FROM saved; DROP TABLE saved");
	fixture_open(NOW);
	cr_expect_eq(
		pst_vault_gallery_each(vault, "staff", info.contract, NOW, take, &gallery, &error),
		PST_E_MISMATCH);
	cr_expect_eq(gallery.count, 0);
}
