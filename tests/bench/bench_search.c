/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cosine matcher beside FAISS's exact index and the machine's read bandwidth, all on one thread
 * and in turns: one probe, and batches of probes. Times are the thread's processor time, so that
 * other programs count less; ratios are medians of the ratios within each turn.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "support/guest.h"

#include "search_data.h"
#include "search_faiss.h"

#define TOP 10u
#define BATCH 64u
#define SINGLES 31 /* probes that are timed alone */
#define BATCHES 7
#define CHANGES 1000u
#define CHUNK 4096u

enum timed { READ_ROWS, READ_CODES, FAISS, PLAIN, TWO_STAGE, TIMED };

struct bench {
	struct search_data data;
	struct faiss_flat *faiss;
	struct guest plain;
	struct guest two_stage;
	uint8_t *buffer; /* read to learn what memory gives; as large as the rows */
	size_t rows_size;
	size_t codes_size;
	float *probes; /* BATCH */
	double ms[TIMED][SINGLES];
};

static const char *const labels[TIMED] = {[READ_ROWS] = "read, as large as the rows",
	[READ_CODES] = "read, as large as the codes",
	[FAISS] = "FAISS IndexFlatIP",
	[PLAIN] = "cosine, scan: float",
	[TWO_STAGE] = "cosine, scan: two-stage"};

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static double median(const double *values, size_t count)
{
	double sorted[SINGLES];

	memcpy(sorted, values, count * sizeof(values[0]));
	qsort(sorted, count, sizeof(sorted[0]), by_size);
	return sorted[count / 2];
}

static double now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double median_ratio(const double *of, const double *to, size_t count)
{
	double ratios[SINGLES];

	for (size_t i = 0; i < count; i++) {
		ratios[i] = of[i] / to[i];
	}
	return median(ratios, count);
}

static void need(bool is_good, const char *what)
{
	if (!is_good) {
		(void)fprintf(stderr, "bench_search: %s\n", what);
		exit(1);
	}
}

static uint64_t read_scalar(const uint8_t *bytes, size_t size)
{
	const uint64_t *words = (const uint64_t *)(const void *)bytes;
	uint64_t sum[4] = {0};

	for (size_t i = 0; i + 4 <= size / 8; i += 4) {
		for (size_t k = 0; k < 4; k++) {
			sum[k] += words[i + k];
		}
	}
	return sum[0] + sum[1] + sum[2] + sum[3];
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static uint64_t read_avx2(const uint8_t *bytes, size_t size)
{
	__m256i sum[4] = {0};

	for (size_t i = 0; i + 128 <= size; i += 128) {
		for (size_t k = 0; k < 4; k++) {
			const __m256i *at = (const __m256i *)(const void *)(bytes + i) + k;

			_mm_prefetch((const char *)at + 4096, _MM_HINT_T0);
			sum[k] = _mm256_add_epi64(sum[k], _mm256_load_si256(at));
		}
	}
	sum[0] = _mm256_add_epi64(
		_mm256_add_epi64(sum[0], sum[1]), _mm256_add_epi64(sum[2], sum[3]));
	return (uint64_t)(sum[0][0] + sum[0][1] + sum[0][2] + sum[0][3]);
}
#endif

static double read_ms(const uint8_t *bytes, size_t size)
{
	static volatile uint64_t sink;
	double start = now_ms();

#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		sink = read_avx2(bytes, size);
		return now_ms() - start;
	}
#endif
	sink = read_scalar(bytes, size);
	(void)sink;
	return now_ms() - start;
}

static void open_matcher(struct guest *guest, const char *const *settings)
{
	need(guest_open(guest, NULL, "cosine", settings, NULL) == 0,
		"the cosine plugin does not start");
}

static int add(struct guest *guest, uint64_t key, const float *row, uint32_t dimension)
{
	return guest_matcher(guest)->add(
		guest->instance, key, (const uint8_t *)row, dimension * (uint32_t)sizeof(float));
}

static void search(struct guest *guest, const float *probe, uint32_t dimension,
	struct pst_candidate *ret_candidates)
{
	int count = guest_matcher(guest)->search(guest->instance, (const uint8_t *)probe,
		dimension * (uint32_t)sizeof(float), ret_candidates, TOP);

	need(count == (int)TOP, "a search did not give its candidates");
}

static void search_batch(struct guest *guest, const float *probes, uint32_t dimension,
	struct pst_candidate *ret_candidates)
{
	uint32_t counts[BATCH];

	need(guest_matcher(guest)->search_batch(guest->instance, (const uint8_t *)probes,
		     dimension * (uint32_t)sizeof(float), BATCH, ret_candidates, TOP, counts) == 0,
		"a batch failed");
}

static void fill(struct bench *bench)
{
	static const char *const plain[] = {"scan", "float", NULL};
	const uint32_t dimension = bench->data.dimension;
	float *chunk = calloc(CHUNK, dimension * sizeof(float));
	double start, spent = 0;

	need(chunk != NULL, "no memory");
	bench->faiss = faiss_flat_create(dimension, bench->data.rows);
	open_matcher(&bench->plain, plain);
	open_matcher(&bench->two_stage, NULL);
	for (size_t row = 0; row < bench->data.rows; row += CHUNK) {
		size_t left = bench->data.rows - row;
		size_t count = left < CHUNK ? left : CHUNK;

		search_data_rows(&bench->data, row, count, chunk);
		faiss_flat_add(bench->faiss, chunk, count);
		start = now_ms();
		for (size_t i = 0; i < count; i++) {
			need(add(&bench->two_stage, row + i, chunk + i * dimension, dimension) == 0,
				"a row was not taken");
		}
		spent += now_ms() - start;
		for (size_t i = 0; i < count; i++) {
			need(add(&bench->plain, row + i, chunk + i * dimension, dimension) == 0,
				"a row was not taken");
		}
	}
	(void)guest_matcher(&bench->plain)->seal(bench->plain.instance);
	(void)guest_matcher(&bench->two_stage)->seal(bench->two_stage.instance);
	(void)printf("  %-28s %8.2f us a row\n", "added, two-stage",
		spent * 1e3 / (double)bench->data.rows);
	free(chunk);
}

static double exact_score(const float *a, const float *b, uint32_t dimension)
{
	double sum = 0;

	for (uint32_t i = 0; i < dimension; i++) {
		sum += (double)a[i] * (double)b[i];
	}
	return sum;
}

/* The score, in double, that the TOP-th best row has. */
static double worst_of_best(const struct bench *bench, const float *probe)
{
	const float *rows = faiss_flat_rows(bench->faiss);
	double best[TOP];
	uint32_t count = 0;

	for (size_t row = 0; row < bench->data.rows; row++) {
		double score = exact_score(
			rows + row * bench->data.dimension, probe, bench->data.dimension);
		uint32_t at = count < TOP ? count++ : TOP;

		for (; at > 0 && score > best[at - 1]; at--) {
			if (at < TOP) {
				best[at] = best[at - 1];
			}
		}
		if (at < TOP) {
			best[at] = score;
		}
	}
	return best[TOP - 1];
}

/* Rounding of float may swap rows whose scores differ by less than 1e-6; those count as found. */
static uint32_t found(const struct bench *bench, const float *probe, uint64_t row, double least)
{
	const float *rows = faiss_flat_rows(bench->faiss);

	return row < bench->data.rows && exact_score(rows + row * bench->data.dimension, probe,
						 bench->data.dimension) >= least - 1e-6;
}

static void bench_single(struct bench *bench)
{
	const uint32_t dimension = bench->data.dimension;
	uint32_t right = 0, faiss_right = 0, same = 0;

	for (int round = 0; round < SINGLES; round++) {
		const float *probe = bench->probes + (size_t)round % BATCH * dimension;
		struct pst_candidate plain[TOP], two_stage[TOP];
		float faiss_scores[TOP];
		int64_t faiss_rows[TOP];
		double least = worst_of_best(bench, probe);
		double start;

		bench->ms[READ_ROWS][round] = read_ms(bench->buffer, bench->rows_size);
		start = now_ms();
		faiss_flat_search(bench->faiss, probe, 1, TOP, faiss_scores, faiss_rows);
		bench->ms[FAISS][round] = now_ms() - start;
		start = now_ms();
		search(&bench->plain, probe, dimension, plain);
		bench->ms[PLAIN][round] = now_ms() - start;
		bench->ms[READ_CODES][round] = read_ms(bench->buffer, bench->codes_size);
		start = now_ms();
		search(&bench->two_stage, probe, dimension, two_stage);
		bench->ms[TWO_STAGE][round] = now_ms() - start;
		for (uint32_t i = 0; i < TOP; i++) {
			right += found(bench, probe, two_stage[i].key, least);
			faiss_right += found(bench, probe, (uint64_t)faiss_rows[i], least);
			same += plain[i].key == two_stage[i].key &&
				plain[i].score == two_stage[i].score;
		}
	}
	(void)printf("  recall of two-stage %.4f, of FAISS %.4f; two-stage as float, bit for bit: "
		     "%u of %u\n",
		(double)right / (SINGLES * TOP), (double)faiss_right / (SINGLES * TOP), same,
		SINGLES * TOP);
}

static void print_single(const struct bench *bench)
{
	(void)printf(
		"  %-28s %9s %8s %8s %14s\n", "one probe", "ms", "ratio", "GB/s", "of bandwidth");
	for (int i = 0; i < TIMED; i++) {
		bool is_codes = i == READ_CODES || i == TWO_STAGE;
		size_t size = is_codes ? bench->codes_size : bench->rows_size;
		const double *read = bench->ms[is_codes ? READ_CODES : READ_ROWS];
		double ms = median(bench->ms[i], SINGLES);

		(void)printf("  %-28s %9.2f %8.2f %8.1f", labels[i], ms,
			median_ratio(bench->ms[FAISS], bench->ms[i], SINGLES),
			(double)size / 1e6 / ms);
		if (i >= FAISS) {
			(void)printf(" %12.0f %%", 100 * median_ratio(read, bench->ms[i], SINGLES));
		}
		(void)putchar('\n');
	}
}

static void bench_batch(struct bench *bench)
{
	static struct pst_candidate batch[BATCH * TOP], single[TOP];
	static float faiss_scores[BATCH * TOP];
	static int64_t faiss_rows[BATCH * TOP];
	const uint32_t dimension = bench->data.dimension;
	uint32_t same = 0, faiss_same = 0;

	for (int round = 0; round < BATCHES; round++) {
		double start = now_ms();

		faiss_flat_search(
			bench->faiss, bench->probes, BATCH, TOP, faiss_scores, faiss_rows);
		bench->ms[FAISS][round] = now_ms() - start;
		start = now_ms();
		search_batch(&bench->plain, bench->probes, dimension, batch);
		bench->ms[PLAIN][round] = now_ms() - start;
		start = now_ms();
		search_batch(&bench->two_stage, bench->probes, dimension, batch);
		bench->ms[TWO_STAGE][round] = now_ms() - start;
	}
	for (uint32_t i = 0; i < BATCH; i++) {
		search(&bench->two_stage, bench->probes + (size_t)i * dimension, dimension, single);
		for (uint32_t k = 0; k < TOP; k++) {
			same += batch[i * TOP + k].key == single[k].key &&
				batch[i * TOP + k].score == single[k].score;
			faiss_same += fabsf(faiss_scores[i * TOP + k] - single[k].score) < 1e-5F;
		}
	}
	(void)printf("  %-28s %9s %8s %8s\n", "64 probes at once", "ms", "ratio", "us each");
	for (int i = FAISS; i < TIMED; i++) {
		double ms = median(bench->ms[i], BATCHES);

		(void)printf("  %-28s %9.2f %8.2f %8.0f\n", labels[i], ms,
			median_ratio(bench->ms[FAISS], bench->ms[i], BATCHES), ms * 1e3 / BATCH);
	}
	(void)printf(
		"  batch as single searches, bit for bit: %u of %u; FAISS's batch within 1e-5 of "
		"these scores: %u\n",
		same, BATCH * TOP, faiss_same);
}

/* A traveler comes and goes, each change sealed. */
static void bench_changes(struct bench *bench)
{
	const struct pst_matcher *calls = guest_matcher(&bench->two_stage);
	void *self = bench->two_stage.instance;
	double start = now_ms();

	for (uint32_t i = 0; i < CHANGES; i++) {
		need(add(&bench->two_stage, UINT64_MAX - i, bench->probes, bench->data.dimension) ==
					0 &&
				calls->seal(self) == 0,
			"a row was not taken");
	}
	(void)printf("  %-28s %8.2f us\n", "one row added and sealed",
		(now_ms() - start) * 1e3 / CHANGES);
	start = now_ms();
	for (uint32_t i = 0; i < CHANGES; i++) {
		need(calls->remove(self, UINT64_MAX - i) == 1 && calls->seal(self) == 0,
			"a row was not removed");
	}
	(void)printf("  %-28s %8.2f us\n", "one row removed and sealed",
		(now_ms() - start) * 1e3 / CHANGES);
}

static void run(enum search_kind kind, size_t rows, uint32_t dimension)
{
	static struct bench bench;

	memset(&bench, 0, sizeof(bench));
	search_data_init(&bench.data, kind, rows, dimension);
	bench.rows_size = rows * dimension * sizeof(float);
	bench.codes_size = rows * (dimension + 2 * sizeof(float));
	bench.buffer = mmap(
		NULL, bench.rows_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bench.probes = calloc(BATCH, dimension * sizeof(float));
	need(bench.buffer != MAP_FAILED && bench.probes, "no memory");
	(void)madvise(bench.buffer, bench.rows_size, MADV_HUGEPAGE);
	memset(bench.buffer, 1, bench.rows_size);
	search_data_probes(&bench.data, BATCH, bench.probes);
	(void)printf(
		"\n%zu rows of %u floats, %s\n", rows, dimension, search_data_text(&bench.data));
	fill(&bench);
	bench_single(&bench);
	print_single(&bench);
	bench_batch(&bench);
	bench_changes(&bench);
	(void)fflush(stdout);
	guest_close(&bench.plain);
	guest_close(&bench.two_stage);
	faiss_flat_destroy(bench.faiss);
	search_data_finish(&bench.data);
	free(bench.probes);
	(void)munmap(bench.buffer, bench.rows_size);
}

/*
 * OpenBLAS falls back to kernels from before AVX on processors newer than itself; those of AVX-512
 * or AVX2 are the fair ones. It reads the variable as it is loaded, so the program starts again.
 */
static void want_fair_blas(char **argv)
{
	const char *core = NULL;

#if defined(__x86_64__)
	core = __builtin_cpu_supports("avx512bw") ? "SkylakeX"
	       : __builtin_cpu_supports("avx2")	  ? "Haswell"
						  : NULL;
#endif
	if (core && !getenv("OPENBLAS_CORETYPE") && strstr(faiss_flat_blas(), "Prescott")) {
		(void)setenv("OPENBLAS_CORETYPE", core, 1);
		(void)execv("/proc/self/exe", argv);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc % 2 != 1) {
		(void)fputs("usage: bench_search ROWS DIMENSION...\n", stderr);
		return 2;
	}
	want_fair_blas(argv);
	(void)printf("top %u, one thread, medians; FAISS multiplies with OpenBLAS: %s\n", TOP,
		faiss_flat_blas());
	for (int i = 1; i + 1 < argc; i += 2) {
		size_t rows = strtoul(argv[i], NULL, 10);
		uint32_t dimension = (uint32_t)strtoul(argv[i + 1], NULL, 10);

		need(rows >= TOP && dimension >= 16 && dimension % 16 == 0 && dimension <= 8192,
			"at least 10 rows of a multiple of 16 floats");
		run(SEARCH_RANDOM, rows, dimension);
		run(SEARCH_FACES, rows, dimension);
	}
	return 0;
}
