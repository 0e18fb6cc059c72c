/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_BENCH_SEARCH_FAISS_H
#define TEST_BENCH_SEARCH_FAISS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** FAISS's exact index by inner product, on one thread. */
struct faiss_flat;

struct faiss_flat *faiss_flat_create(uint32_t dimension, size_t rows);
void faiss_flat_add(struct faiss_flat *flat, const float *rows, size_t count);
void faiss_flat_search(struct faiss_flat *flat, const float *probes, size_t count, uint32_t top,
	float *ret_scores, int64_t *ret_rows);

/** @return the rows as they were added */
const float *faiss_flat_rows(const struct faiss_flat *flat);
void faiss_flat_destroy(struct faiss_flat *flat);

/** @return which kernels OpenBLAS took for its products, and its version */
const char *faiss_flat_blas(void);

#ifdef __cplusplus
}
#endif

#endif
