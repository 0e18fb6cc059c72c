/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every instruction set of the cosine matcher against the plain reference, in TAP. It needs no more
 * than the C library, so that it runs for other processors under an emulator too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/matcher.h"

#include "search.h"
#include "vectors.h"

#define ROWS 9u
#define DIMENSION_MAX 4096u
#define TOP_MAX 12u

static const uint32_t dimensions[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31,
	33, 127, 128, 129, 512, 4096};

static int number;
static int failed;
static bool is_brief; /* an emulator is slow: shorter vectors, smaller galleries */

static void result(bool is_good, const char *what, const struct simd *simd)
{
	(void)printf(
		"%sok %d - %s: %s\n", is_good ? "" : "not ", ++number, simd->instructions, what);
	failed += !is_good;
}

static void *room(size_t size)
{
	void *at = aligned_alloc(64, (size + 63) / 64 * 64);

	if (!at) {
		abort();
	}
	memset(at, 0, size);
	return at;
}

static bool scores_agree(const struct simd *simd)
{
	float *rows = room(ROWS * DIMENSION_MAX * sizeof(float));
	float *probe = room(DIMENSION_MAX * sizeof(float));
	float *values = room(DIMENSION_MAX * sizeof(float));
	uint64_t state = 11;
	bool is_good = true;

	for (size_t d = 0; d < sizeof(dimensions) / sizeof(dimensions[0]); d++) {
		uint32_t size = dimensions[d] * (uint32_t)sizeof(float);
		uint32_t stride = gallery_stride(dimensions[d]);

		for (int kind = 0; kind < VECTORS_KINDS && !(is_brief && stride > 512); kind++) {
			float wanted[ROWS], got[ROWS + 1] = {0};

			for (uint32_t r = 0; r <= ROWS; r++) {
				vectors_fill(kind, &state, dimensions[d], values);
				is_good &= gallery_normalise((const uint8_t *)values, size,
						   r < ROWS ? rows + r * stride : probe) == 0;
			}
			simd_portable.dot(rows, stride, ROWS, probe, wanted);
			for (uint32_t count = 1; count <= ROWS; count++) {
				got[count] = 77;
				simd->dot(rows, stride, count, probe, got);
				is_good &= memcmp(got, wanted, count * sizeof(float)) == 0;
				is_good &= got[count] == 77.0F;
			}
		}
	}
	free(rows);
	free(probe);
	free(values);
	return is_good;
}

/* Scales of 1 and errors of 0: the bound is the integer itself, the same however it is rounded. */
static void fill_blocks(struct coarse_block *blocks, size_t count, size_t stride, uint64_t *state)
{
	char *at = (char *)blocks;

	for (size_t b = 0; b < count; b++, at += coarse_block_size(stride)) {
		struct coarse_block *block = (struct coarse_block *)(void *)at;
		uint32_t extreme = vectors_bits(state) % 3;

		for (size_t i = 0; i < COARSE_ROWS; i++) {
			block->scale[i] = 1;
			block->error[i] = 0;
		}
		for (size_t i = 0; i < COARSE_ROWS * stride; i++) {
			int code = (int)(vectors_bits(state) % 255) - 127;

			block->codes[i] = (int8_t)(extreme == 0 ? code : extreme == 1 ? 127 : -127);
		}
	}
}

/* What the bound of a row is, so that a threshold can be just that. */
static float sum_of(const struct coarse_block *block, size_t lane, const struct coarse_group *group,
	size_t probe, size_t stride)
{
	int32_t sum = 0;

	for (size_t k = 0; k < stride; k++) {
		sum += block->codes[COARSE_ROWS * (k / 4 * 4) + 4 * lane + k % 4] *
		       group->codes[(k / 4 * group->width + probe) * 4 + k % 4];
	}
	return (float)sum;
}

static const struct coarse_block *block_at(
	const struct coarse_block *blocks, size_t block, size_t stride)
{
	return (const void *)((const char *)blocks + block * coarse_block_size(stride));
}

static bool blocks_agree(const struct simd *simd, uint32_t probes, size_t stride)
{
	enum { BLOCKS = 5 };
	struct coarse_block *blocks = room(BLOCKS * coarse_block_size(stride));
	int8_t *codes = room(COARSE_PROBES * stride);
	struct coarse_group group;
	uint64_t state = stride * 31 + probes;
	bool is_good = true;

	coarse_group_init(&group, probes, probes == 1 ? 1 : COARSE_PROBES, codes, stride);
	for (int round = 0; round < 12; round++) {
		fill_blocks(blocks, BLOCKS, stride, &state);
		memset(group.sum, 0, sizeof(group.sum));
		for (size_t i = 0; i < group.width * stride; i++) {
			uint32_t probe = (uint32_t)(i / 4 % group.width);

			codes[i] = (int8_t)(probe >= probes ? 0
					    : round % 3 == 0
						    ? 127 - 254 * (round & 1)
						    : (int)(vectors_bits(&state) % 255) - 127);
			group.sum[probe] += codes[i];
		}
		for (uint32_t i = 0; i < probes; i++) {
			group.scale[i] = 1;
			group.per_error[i] = 0;
			group.constant[i] = 0;
			group.threshold[i] =
				sum_of(block_at(blocks, vectors_bits(&state) % BLOCKS, stride),
					vectors_bits(&state) % COARSE_ROWS, &group, i, stride);
		}
		for (size_t from = 0; from < BLOCKS; from++) {
			uint32_t wanted[COARSE_PROBES] = {0}, got[COARSE_PROBES] = {0};
			const struct coarse_block *first = block_at(blocks, from, stride);
			size_t block =
				simd_portable.reach(first, BLOCKS - from, stride, &group, wanted);

			is_good &= simd->reach(first, BLOCKS - from, stride, &group, got) == block;
			is_good &= block == BLOCKS - from ||
				   memcmp(wanted, got, probes * sizeof(wanted[0])) == 0;
		}
	}
	free(blocks);
	free(codes);
	return is_good;
}

static bool codes_agree(const struct simd *simd)
{
	static const size_t strides[] = {16, 32, 48, 128, 144, 512, 8192};
	bool is_good = true;

	for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]); i++) {
		if (is_brief && strides[i] > 512) {
			continue;
		}
		for (uint32_t probes = 1; probes <= COARSE_PROBES; probes += probes < 4 ? 1 : 3) {
			is_good &= blocks_agree(simd, probes, strides[i]);
		}
	}
	return is_good;
}

/* Both scans on this path and the float scan of the reference: the same rankings, bit for bit. */
static bool searches_agree(const struct simd *simd, const struct gallery *gallery, int kind,
	uint32_t count, uint32_t cap, uint64_t *state)
{
	static struct pst_candidate candidates[3][20 * TOP_MAX];
	static float values[20][129];
	struct ranking rankings[3][20];
	struct probes probes = {0};
	uint32_t dimension = gallery->dimension ? gallery->dimension : 5;
	bool is_good = true;

	for (uint32_t i = 0; i < count; i++) {
		vectors_fill(kind, state, dimension, values[0] + i * dimension);
		for (int s = 0; s < 3; s++) {
			rankings[s][i] = (struct ranking){candidates[s] + i * cap, 0, cap};
		}
	}
	is_good &= probes_take(&probes, (const uint8_t *)values, dimension * 4, count) == 0;
	probes_encode(&probes);
	search_float(&simd_portable, gallery, &probes, rankings[0]);
	search_float(simd, gallery, &probes, rankings[1]);
	search_coarse(simd, gallery, &probes, rankings[2]);
	for (uint32_t i = 0; i < count; i++) {
		for (int s = 1; s < 3; s++) {
			is_good &= rankings[s][i].count == rankings[0][i].count;
			for (uint32_t k = 0; k < rankings[0][i].count; k++) {
				const struct pst_candidate *a = &candidates[0][i * cap + k];
				const struct pst_candidate *b = &candidates[s][i * cap + k];

				is_good &= a->key == b->key &&
					   memcmp(&a->score, &b->score, sizeof(float)) == 0;
			}
		}
	}
	probes_finish(&probes);
	return is_good;
}

static bool rankings_agree(const struct simd *simd)
{
	static const uint32_t counts[] = {0, 1, 2, 9, 10, 11, 16, 17, 700};
	static const uint32_t sizes[] = {1, 5, 16, 128, 129};
	static float values[129];
	uint64_t state = 5;
	bool is_good = true;

	for (int kind = 0; kind < VECTORS_KINDS; kind++) {
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
			uint32_t dimension = sizes[(c + (size_t)kind) % 5];
			uint32_t count = is_brief && counts[c] > 60 ? 60 : counts[c];
			struct gallery gallery = {.has_codes = true};

			for (uint32_t i = 0; i < count; i++) {
				vectors_fill(kind, &state, dimension, values);
				is_good &= gallery_add(&gallery, i * 7919 % 251,
						   (const uint8_t *)values, dimension * 4) == 0;
			}
			for (int p = 0; p < VECTORS_KINDS; p++) {
				uint32_t probes = p == kind ? 20 : 1 + (uint32_t)p % 3;

				is_good &= searches_agree(
					simd, &gallery, p, probes, p % 2 ? 1 : 10, &state);
			}
			gallery_finish(&gallery);
		}
	}
	return is_good;
}

int main(int argc, char **argv)
{
	is_brief = argc > 1 && strcmp(argv[1], "--brief") == 0;
	for (const struct simd *const *path = simd_paths; *path; path++) {
		if (!(*path)->is_here()) {
			(void)printf("ok %d - %s # SKIP this processor lacks it\n", ++number,
				(*path)->instructions);
			continue;
		}
		result(scores_agree(*path), "scores are the reference's bits", *path);
		result(codes_agree(*path), "bounds are the reference's", *path);
		result(rankings_agree(*path), "rankings are the float scan's", *path);
	}
	(void)printf("1..%d\n", number);
	return failed != 0;
}
