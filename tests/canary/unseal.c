/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries whatever lies in the memory of processes and in files as the key of a parcel's body.
 *
 *   canary-unseal PARCEL pid:PID... file:PATH...
 *
 * Prints a line for each place that holds such a key, "PLACE OFFSET", and at the end "tried COUNT":
 * how many keys. Exit 0; 1 where something could not be read; 2 where it does not find a key in its
 * own memory that is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define HEADER_AT 40 /* core/vault/parcel.h */
#define HEADER_SIZE 136
#define BODY_AT 289
#define SIGNATURE_SIZE 64
#define KEY_SIZE 32
#define NONCE_SIZE 24
#define STEP 8	     /* bytes from one key to the next: keys are aligned to more */
#define DIFFERENT 20 /* bytes of a random key, at least; but for one in 10^9 */
#define CHUNK ((size_t)4 << 20)
#define BODY_MAX ((size_t)2 << 20)

struct sealed {
	const unsigned char *header;
	const unsigned char *body;
	size_t size;
};

struct search {
	struct sealed sealed;
	unsigned long long tried;
	unsigned long long found;
	int failed;
};

static unsigned char opened[BODY_MAX];

static int looks_random(const unsigned char *key)
{
	unsigned char seen[256] = {0};
	int different = 0;

	for (int i = 0; i < KEY_SIZE; i++) {
		different += !seen[key[i]];
		seen[key[i]] = 1;
	}
	return different >= DIFFERENT;
}

static int is_key(const struct sealed *sealed, const unsigned char *key)
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL,
		       sealed->body + NONCE_SIZE, sealed->size - NONCE_SIZE, sealed->header,
		       HEADER_SIZE, sealed->body, key) == 0;
}

static void look(struct search *search, const char *place, unsigned long long at,
	const unsigned char *data, size_t size)
{
	for (size_t i = 0; i + KEY_SIZE <= size; i += STEP) {
		if (!looks_random(data + i)) {
			continue;
		}
		search->tried++;
		if (is_key(&search->sealed, data + i)) {
			search->found++;
			if (place) {
				(void)printf("%s %llx\n", place, at + i);
			}
		}
	}
}

static void look_in_file(struct search *search, const char *path)
{
	static unsigned char buffer[CHUNK];
	FILE *file = fopen(path, "re");
	size_t size, kept = 0;
	unsigned long long at = 0;

	if (!file) {
		search->failed = 1;
		return;
	}
	while ((size = fread(buffer + kept, 1, CHUNK - kept, file)) > 0) {
		size += kept;
		look(search, path, at, buffer, size);
		kept = size < KEY_SIZE ? size : KEY_SIZE - STEP;
		memmove(buffer, buffer + size - kept, kept);
		at += size - kept;
	}
	(void)fclose(file);
}

static void look_in_range(struct search *search, const char *place, FILE *memory,
	unsigned long long begin, unsigned long long end)
{
	static unsigned char buffer[CHUNK];

	while (begin < end) {
		size_t size = end - begin < CHUNK ? (size_t)(end - begin) : CHUNK;

		if (fseeko(memory, (off_t)begin, SEEK_SET) != 0 ||
			fread(buffer, 1, size, memory) != size) {
			return; /* a guard page */
		}
		look(search, place, begin, buffer, size);
		begin += size == CHUNK ? size - (KEY_SIZE - STEP) : size;
	}
}

/* What can be written: nothing puts a key into a library's code. */
static void look_in_process(struct search *search, const char *pid, const char *place)
{
	char path[64], line[512], mode[8];
	unsigned long long begin, end;

	(void)snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	FILE *maps = fopen(path, "re");
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	FILE *memory = fopen(path, "re");
	if (!maps || !memory) {
		search->failed = 1;
	}
	while (maps && memory && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%llx-%llx %7s", &begin, &end, mode) == 3 && mode[0] == 'r' &&
			mode[1] == 'w') {
			look_in_range(search, place, memory, begin, end);
		}
	}
	if (maps) {
		(void)fclose(maps);
	}
	if (memory) {
		(void)fclose(memory);
	}
}

/* @return whether it finds the key of a body of its own, which stands in its heap */
static int finds_its_own(void)
{
	static unsigned char header[HEADER_SIZE], body[NONCE_SIZE + 100 + 16];
	unsigned char plain[100] = {1, 2, 3};
	struct search search = {.sealed = {header, body, sizeof(body)}};
	unsigned char *key = malloc(KEY_SIZE);

	if (!key) {
		return 0;
	}
	randombytes_buf(key, KEY_SIZE);
	randombytes_buf(body, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(body + NONCE_SIZE, NULL, plain,
		sizeof(plain), header, sizeof(header), NULL, body, key);
	look_in_process(&search, "self", /* place= */ NULL);
	free(key);
	return search.found > 0;
}

int main(int argc, char **argv)
{
	static unsigned char parcel[BODY_MAX];
	struct search search = {0};
	FILE *file = argc > 1 ? fopen(argv[1], "re") : NULL;
	size_t size = file ? fread(parcel, 1, sizeof(parcel), file) : 0;

	if (sodium_init() < 0 || size <= BODY_AT + SIGNATURE_SIZE + NONCE_SIZE + 16 ||
		!finds_its_own()) {
		return 2;
	}
	(void)fclose(file);
	search.sealed = (struct sealed){
		parcel + HEADER_AT, parcel + BODY_AT, size - BODY_AT - SIGNATURE_SIZE};
	for (int i = 2; i < argc; i++) {
		if (strncmp(argv[i], "pid:", 4) == 0) {
			look_in_process(&search, argv[i] + 4, argv[i]);
		} else if (strncmp(argv[i], "file:", 5) == 0) {
			look_in_file(&search, argv[i] + 5);
		} else {
			search.failed = 1;
		}
	}
	(void)printf("tried %llu\n", search.tried);
	return search.failed;
}
