/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target without libFuzzer: every file of a seed corpus, then deterministic mutations
 * of them, so that the plain tests cover each parser with any compiler.
 *
 *   fuzz_NOUN CORPUS_DIR COUNT [ONLY]
 *
 * A crash names the number of the run; with that number as ONLY, nothing but it runs.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX (1u << 20)
#define SEEDS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seed {
	uint8_t *data;
	size_t size;
};

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;
static char where[64];

static uint64_t random_next(uint64_t *state)
{
	/* splitmix64, Steele, Lea and Flood 2014 */
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit)
{
	return limit ? (size_t)(random_next(state) % limit) : 0;
}

static void on_crash(int signal_number)
{
	(void)!write(STDERR_FILENO, where, strlen(where));
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void add_seed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy || seed_count == SEEDS_MAX) {
		fprintf(stderr, "too many seeds\n");
		exit(2);
	}
	memcpy(copy, data, size);
	seeds[seed_count++] = (struct seed){copy, size};
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_corpus(const char *folder)
{
	static uint8_t data[INPUT_MAX];
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, NULL, by_name);

	for (int i = 0; i < count; i++) {
		char path[4096];
		FILE *file = NULL;

		if (entries[i]->d_name[0] != '.' &&
			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) <
				(int)sizeof(path)) {
			file = fopen(path, "rb");
		}
		if (file) {
			add_seed(data, fread(data, 1, sizeof(data), file));
			fclose(file);
		}
		free(entries[i]);
	}
	free(entries);
}

/* Moves the tail of the input to make or close a gap of `gap` bytes at `at`. */
static size_t move_tail(uint8_t *data, size_t size, size_t at, size_t gap, int open)
{
	if (open) {
		memmove(data + at + gap, data + at, size - at);
		return size + gap;
	}
	memmove(data + at, data + at + gap, size - at - gap);
	return size - gap;
}

static size_t mutate(uint8_t *data, size_t size, uint64_t *state)
{
	static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\n', ':', '-', '{', '0', '9'};
	size_t at = below(state, size + 1);
	size_t span = 1 + below(state, size - at < 64 ? size - at : 64);

	switch (below(state, 7)) {
	case 0:
		if (at < size) {
			data[at] ^= (uint8_t)(1u << below(state, 8));
		}
		return size;
	case 1:
		if (at < size) {
			data[at] = edges[below(state, sizeof(edges))];
		}
		return size;
	case 2:
		return at;
	case 3:
		return span <= size - at ? move_tail(data, size, at, span, 0) : size;
	case 4: {
		if (size + span > INPUT_MAX) {
			return size;
		}
		size = move_tail(data, size, at, span, 1);
		for (size_t i = 0; i < span; i++) {
			data[at + i] = (uint8_t)random_next(state);
		}
		return size;
	}
	case 5: {
		size_t from = below(state, size - (span < size ? span : size) + 1);

		if (span > size || at + span > size) {
			return size;
		}
		memmove(data + at, data + from, span);
		return size;
	}
	default: {
		const struct seed *other = &seeds[below(state, seed_count)];
		size_t from = below(state, other->size + 1);

		if (at + other->size - from > INPUT_MAX) {
			return size;
		}
		memcpy(data + at, other->data + from, other->size - from);
		return at + other->size - from;
	}
	}
}

static void run(const uint8_t *data, size_t size, size_t number)
{
	(void)snprintf(where, sizeof(where), "\ncrashed in run %zu\n", number);
	(void)LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	static uint8_t data[INPUT_MAX];

	if (argc < 3) {
		fprintf(stderr, "usage: %s CORPUS_DIR COUNT [ONLY]\n", argv[0]);
		return 2;
	}
	size_t count = strtoul(argv[2], NULL, 10);
	size_t only = argc > 3 ? strtoul(argv[3], NULL, 10) : SIZE_MAX;
	const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		signal(fatal[i], on_crash);
	}
	add_seed(data, 0);
	load_corpus(argv[1]);
	for (size_t number = 0; number < seed_count + count; number++) {
		uint64_t state = number;
		const struct seed *seed =
			&seeds[number < seed_count ? number : below(&state, seed_count)];
		size_t size = seed->size;

		if (only != SIZE_MAX && only != number) {
			continue;
		}
		memcpy(data, seed->data, size);
		if (number >= seed_count) {
			for (size_t left = 1 + below(&state, 6); left > 0; left--) {
				size = mutate(data, size, &state);
			}
		}
		run(data, size, number);
	}
	printf("%zu seeds, %zu mutations\n", seed_count, count);
	return seed_count > 1 ? 0 : 1;
}
