/* SPDX-License-Identifier: Apache-2.0 */
#include "search_faiss.h"

#include <faiss/IndexFlat.h>
#include <omp.h>

extern "C" {
char *openblas_get_config(void);
char *openblas_get_corename(void);
}

struct faiss_flat {
	explicit faiss_flat(uint32_t dimension) : index(dimension)
	{
	}

	faiss::IndexFlatIP index;
};

struct faiss_flat *faiss_flat_create(uint32_t dimension, size_t rows)
{
	auto *flat = new faiss_flat(dimension);

	omp_set_num_threads(1);
	flat->index.codes.reserve(rows * dimension * sizeof(float));
	return flat;
}

void faiss_flat_add(struct faiss_flat *flat, const float *rows, size_t count)
{
	flat->index.add(static_cast<faiss::Index::idx_t>(count), rows);
}

void faiss_flat_search(struct faiss_flat *flat, const float *probes, size_t count, uint32_t top,
	float *ret_scores, int64_t *ret_rows)
{
	flat->index.search(
		static_cast<faiss::Index::idx_t>(count), probes, top, ret_scores, ret_rows);
}

const float *faiss_flat_rows(const struct faiss_flat *flat)
{
	return flat->index.get_xb();
}

void faiss_flat_destroy(struct faiss_flat *flat)
{
	delete flat;
}

const char *faiss_flat_blas(void)
{
	static char text[256];

	(void)snprintf(
		text, sizeof(text), "%s, %s", openblas_get_corename(), openblas_get_config());
	return text;
}
