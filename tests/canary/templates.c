/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals marked templates through the vault's own calls, and does what it is told on its standard
 * input while somebody looks for the marks:
 *
 *   canary-templates DIR SEED COUNT
 *
 *   seal     adds all, one by one and in batches; some replace others; "sealed N"
 *   thin     removes and purges some; "thinned"
 *   open     opens the gallery; "opened N"
 *   hold     stops in the middle of an opened gallery, a template in its hands; "holding FRAME"
 *   go       on from there; "opened N"
 *   pageout  asks the kernel to swap out all memory; "paged out BYTES"
 *   leak     copies a template to where it must not be, in each form; "leaked"
 *   abort    dies with a core dump, if the kernel writes any
 *   close    closes the vault; "closed"
 *
 * A template is 512 bytes: 32 pieces, each the mark of a number of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "vault/vault.h"

#include "mark.h"

#define NOW 1700000000LL
#define PIECES 32
#define SIZE (PIECES * 16)
#define BATCH 100
#define SINGLES 500 /* of all, added one by one */

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static uint32_t seed;
static int count;
static struct pst_vault *vault;
static struct pst_error error;
static uint8_t *templates; /* locked memory for a batch */

static int check(int status)
{
	if (status < 0) {
		(void)fprintf(stderr, "%s\n", error.text[0] ? error.text : pst_status_text(status));
		exit(1);
	}
	return status;
}

static void make_template(int number, uint8_t *to)
{
	for (uint32_t piece = 0; piece < PIECES; piece++) {
		for (uint32_t place = 0; place < CANARY_WORDS; place++) {
			pst_bytes_put32(to + (size_t)16 * piece + (size_t)4 * place,
				canary_word(seed, (uint32_t)number * PIECES + piece, place));
		}
	}
}

static struct pst_vault_record_info info_of(const char *subject, int64_t retention_s)
{
	return (struct pst_vault_record_info){.store = "matching",
		.retention = retention_s < 86400 ? "brief" : "long",
		.retention_s = retention_s,
		.category = "us-citizen",
		.purpose = "verify",
		.lane = "canary",
		.subject = subject,
		.template_format = 2};
}

/* Every second one is a reference, every tenth of them replaces another. */
static void add(int first, int number)
{
	static struct pst_vault_record_info infos[BATCH];
	static struct pst_vault_entry entries[BATCH];
	static char subjects[BATCH][16];

	for (int i = 0; i < number; i++) {
		int at = first + i;

		make_template(at, templates + (size_t)i * SIZE);
		(void)snprintf(subjects[i], sizeof(subjects[i]), "S%d", at % 20 == 1 ? at / 2 : at);
		infos[i] = info_of(subjects[i], at % 3 ? 30 * 86400 : 7200);
		entries[i] = (struct pst_vault_entry){.info = &infos[i],
			.gallery = at % 2 ? "canary" : NULL,
			.template = templates + (size_t)i * SIZE,
			.size = SIZE};
	}
	check(pst_vault_add_many(vault, entries, (size_t)number, NOW, &error));
	pst_secret_wipe(templates, (size_t)number * SIZE);
}

static void seal_all(void)
{
	int at = 0;

	for (; at < count && at < SINGLES; at++) {
		add(at, 1);
	}
	for (; at < count; at += BATCH) {
		add(at, count - at < BATCH ? count - at : BATCH);
	}
	(void)printf("sealed %d\n", count);
}

/* Some are removed, a third expire. */
static void thin_out(void)
{
	char subject[16];

	for (int i = 3; i < count; i += 400) {
		(void)snprintf(subject, sizeof(subject), "S%d", i);
		int removed = pst_vault_gallery_remove(vault, "canary", subject, NOW, &error);
		check(removed == PST_E_NOT_FOUND ? 0 : removed);
	}
	check(pst_vault_purge(vault, NOW + 3 * 3600, &error));
}

static int ignore(void *user, uint64_t key, const uint8_t *template, size_t size)
{
	return 0;
}

static void page_out(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from, to, bytes = 0;
	char line[4352];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx rw", &from, &to) == 2 &&
			madvise((void *)from, to - from, MADV_PAGEOUT) == 0) {
			bytes += to - from;
		}
	}
	(void)fclose(maps);
	(void)printf("paged out %lu\n", bytes);
}

static void die_dumping(void)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_CORE, &limit);
	(void)prctl(PR_SET_DUMPABLE, 1);
	abort();
}

/* Every form in which a template might slip out, each of another one. */
static void leak(void)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char *forms[3]; /* on the heap, and still pointed at */
	uint8_t *bytes = templates;

	for (int form = 0; form < 3; form++) {
		forms[form] = calloc(1, 2 * SIZE + 4);
		make_template(count + form, bytes);
		if (!forms[form]) {
			exit(1);
		}
		if (form == 0) {
			memcpy(forms[form], bytes, SIZE);
		} else if (form == 1) {
			pst_bytes_to_hex(bytes, SIZE, forms[form]);
		} else {
			for (int i = 0; i + 3 <= SIZE; i += 3) {
				uint32_t three = (uint32_t)bytes[i] << 16 |
						 (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];

				for (int k = 0; k < 4; k++) {
					forms[form][i / 3 * 4 + k] =
						letters[three >> (18 - 6 * k) & 63];
				}
			}
		}
		pst_secret_wipe(bytes, SIZE);
	}
	(void)printf("leaked\n");
}

static bool obey(const char *line);

static int hold(void *user, uint64_t key, const uint8_t *template, size_t size)
{
	int *at = user;
	uint32_t word, frame, place;
	char line[32];

	if (++*at != 100) {
		return 0;
	}
	memcpy(&word, template, sizeof(word));
	if (!canary_read(seed, (uint32_t)count * PIECES, word, &frame, &place)) {
		exit(1);
	}
	(void)printf("holding %u\n", frame);
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "go\n") != 0) {
		(void)obey(line);
	}
	return 0;
}

/* @return whether there was such a thing to do */
static bool obey(const char *line)
{
	int at = 0;

	if (strcmp(line, "seal\n") == 0) {
		seal_all();
	} else if (strcmp(line, "thin\n") == 0) {
		thin_out();
		(void)printf("thinned\n");
	} else if (strcmp(line, "open\n") == 0) {
		(void)printf("opened %d\n", check(pst_vault_gallery_each(vault, "canary", NULL, NOW,
						    ignore, NULL, &error)));
	} else if (strcmp(line, "hold\n") == 0) {
		(void)printf("opened %d\n", check(pst_vault_gallery_each(vault, "canary", NULL, NOW,
						    hold, &at, &error)));
	} else if (strcmp(line, "pageout\n") == 0) {
		page_out();
	} else if (strcmp(line, "leak\n") == 0) {
		leak();
	} else if (strcmp(line, "abort\n") == 0) {
		die_dumping();
	} else if (strcmp(line, "close\n") == 0) {
		pst_vault_close(&vault);
		(void)printf("closed\n");
	} else {
		return false;
	}
	(void)fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	static char key_path[4096];
	const struct pst_key_source key = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	void *memory;
	char line[32];

	if (argc != 4) {
		return 2;
	}
	seed = (uint32_t)strtoul(argv[2], NULL, 10);
	count = atoi(argv[3]);
	(void)snprintf(key_path, sizeof(key_path), "%s/key", argv[1]);
	check(pst_secret_alloc((size_t)BATCH * SIZE, &memory));
	templates = memory;
	check(pst_keyring_make_key_file(key_path));
	check(pst_vault_init(argv[1], &key, NOW, &error));
	check(pst_vault_open(&vault, argv[1], &key, NOW, &error));
	(void)printf("ready\n");
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (!obey(line)) {
			return 2;
		}
	}
	pst_vault_close(&vault);
	pst_secret_free(&memory);
	return 0;
}
