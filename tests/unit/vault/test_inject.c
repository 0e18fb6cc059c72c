/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLCipher 4.4.2: an encryption that failed in the middle of a transaction could corrupt a
 * database in WAL mode. Here each encryption of each transaction fails once, and then all do.
 */
#include "../counted.h"
#include "fixture.h"

#include <limits.h>

#define KEPT 20	 /* records before */
#define BATCH 24 /* of one transaction */
#define FAILURES_MIN 150

static int calls;	 /* since armed */
static int failing_from; /* 0: none; the first call that fails */
static int failing_to;

int __real_crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned char *c, unsigned long long *clen,
	const unsigned char *m, unsigned long long mlen, const unsigned char *ad,
	unsigned long long adlen, const unsigned char *nsec, const unsigned char *npub,
	const unsigned char *k);
int __wrap_crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned char *c, unsigned long long *clen,
	const unsigned char *m, unsigned long long mlen, const unsigned char *ad,
	unsigned long long adlen, const unsigned char *nsec, const unsigned char *npub,
	const unsigned char *k);

int __wrap_crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned char *c, unsigned long long *clen,
	const unsigned char *m, unsigned long long mlen, const unsigned char *ad,
	unsigned long long adlen, const unsigned char *nsec, const unsigned char *npub,
	const unsigned char *k)
{
	calls++;
	if (failing_from > 0 && calls >= failing_from && calls <= failing_to) {
		return -1;
	}
	return __real_crypto_aead_xchacha20poly1305_ietf_encrypt(
		c, clen, m, mlen, ad, adlen, nsec, npub, k);
}

static void arm(int from, int to)
{
	calls = 0;
	failing_from = from;
	failing_to = to;
}

static struct pst_vault_record_info infos[BATCH];
static struct pst_vault_entry entries[BATCH];
static uint8_t ids[BATCH][PST_VAULT_ID_SIZE];
static char subjects[BATCH][8];
static float template[128];

/* Captured ones, and references of which the vault holds some. */
static void make_batch(void)
{
	for (int i = 0; i < 128; i++) {
		template[i] = (float)(i + 1) / 128;
	}
	for (int i = 0; i < BATCH; i++) {
		infos[i] = fixture_info();
		infos[i].template_format = PST_VAULT_FORMAT_FLOAT32;
		(void)snprintf(subjects[i], sizeof(subjects[i]), "S%d", i);
		infos[i].subject = subjects[i];
		entries[i] = (struct pst_vault_entry){.info = &infos[i],
			.gallery = i % 2 ? "staff" : NULL,
			.template = (const uint8_t *)template,
			.size = sizeof(template),
			.ret_record = ids[i]};
	}
}

static void set_up(void)
{
	fixture_make();
	make_batch();
	cr_assert_eq(pst_vault_add_many(vault, entries, KEPT, NOW, &error), KEPT, "%s", error.text);
}

TestSuite(inject, .init = set_up, .fini = fixture_remove, .timeout = 60);

static int count_open(void *user, const struct pst_vault_item *item)
{
	*(int *)user += item->state == PST_VAULT_STATE_OPENS;
	return 0;
}

static void expect_as_before(const struct pst_vault_set *before, const char *where)
{
	struct pst_vault_set after;
	int opens = 0;

	pst_vault_set(vault, &after);
	cr_expect_arr_eq(before, &after, sizeof(after), "%s", where);
	cr_expect_eq(
		pst_vault_list(vault, NULL, NOW, count_open, &opens, &error), KEPT, "%s", where);
	cr_expect_eq(opens, KEPT, "%s", where);
}

static void expect_sound_file(const char *where)
{
	sqlite3 *db;
	sqlite3_stmt *row;

	pst_vault_close(&vault);
	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &row, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	cr_expect_str_eq((const char *)sqlite3_column_text(row, 0), "ok", "%s", where);
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
	fixture_open(NOW);
}

/* Does something that encrypts, with each call failing once, and from each call on. */
static unsigned fail_each(int (*act)(void), const char *name, int most)
{
	struct pst_vault_set before;
	unsigned failures = 0;

	pst_vault_set(vault, &before);
	for (int from = 1; from <= most; from++) {
		for (int lasting = 0; lasting < 2; lasting++) {
			char where[64];

			(void)snprintf(where, sizeof(where), "%s, call %d%s", name, from,
				lasting ? " and later" : "");
			error = (struct pst_error){0};
			arm(from, lasting ? INT_MAX : from);
			int status = act();
			arm(0, 0);
			cr_expect_eq(status, PST_E_VAULT, "%s: %d", where, status);
			failures++;
			expect_as_before(&before, where);
			if (from % 8 == 0) {
				expect_sound_file(where);
				expect_as_before(&before, where);
			}
		}
	}
	return failures;
}

static int add_batch(void)
{
	return pst_vault_add_many(vault, entries, BATCH, NOW, &error);
}

static int renew(void)
{
	return pst_vault_transform_renew(vault, NOW, &error);
}

Test(inject, sqlcipher_4_4_2_failed_encryption_in_a_transaction)
{
	static const uint8_t none[PST_VAULT_ID_SIZE];
	unsigned failures = fail_each(add_batch, "batch", 2 * BATCH);

	for (int i = 0; i < BATCH; i++) {
		cr_expect_arr_eq(ids[i], none, sizeof(none), "nothing is said to be stored");
	}
	failures += fail_each(renew, "renewal", 2 * KEPT);
	cr_expect_eq(pst_vault_transform_number(vault), 0u);
	cr_expect_eq(renew(), KEPT, "%s", error.text);
	cr_expect_eq(add_batch(), BATCH, "%s", error.text);
	expect_sound_file("at the end");
	counted_tell("encryptions that failed", failures, FAILURES_MIN);
}
