/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_BENCH_SEARCH_DATA_H
#define TEST_BENCH_SEARCH_DATA_H

#include <stddef.h>
#include <stdint.h>

enum search_kind {
	SEARCH_RANDOM, /* unit vectors of any direction alike */
	SEARCH_FACES,  /* in groups, people and takes, as embeddings of faces are */
};

/** Galleries and probes that come out the same in every run. */
struct search_data {
	enum search_kind kind;
	size_t rows;
	uint32_t dimension;
	float *groups; /* centres; faces only */
	float *spread; /* of each coordinate; faces only */
	char text[256];
};

void search_data_init(
	struct search_data *data, enum search_kind kind, size_t rows, uint32_t dimension);

/** @param ret_rows count * dimension floats: rows first to first + count - 1 */
void search_data_rows(const struct search_data *data, size_t first, size_t count, float *ret_rows);

/** Probes; of faces, other takes of people in the gallery. */
void search_data_probes(const struct search_data *data, size_t count, float *ret_probes);

/** @return what they are like, as measured */
const char *search_data_text(struct search_data *data);

void search_data_finish(struct search_data *data);

#endif
