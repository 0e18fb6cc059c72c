/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_VAULT_LANE_FIXTURE_H
#define PST_TEST_VAULT_LANE_FIXTURE_H

#include "fixture.h"
#include "vault/inbox.h"
#include "vault/ingest.h"
#include "vault/lane_key.h"

/* A lane that only seals, beside the vault of fixture.h: its key, its bulletin, its inbox. */

static char lane_dir[64];
static struct pst_sign_key *lane_key;
static struct pst_bulletin lane_bulletin;
static struct pst_inbox *inbox;

static inline struct pst_sign_key *lane_key_new(uint8_t mark)
{
	uint8_t seed[PST_SIGN_SEED_SIZE];
	struct pst_sign_key *key = NULL;

	memset(seed, mark, sizeof(seed));
	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	return key;
}

/* What fixture_info() names, and one gallery. */
static inline struct pst_vault_lane_order lane_order(
	const char *name, const struct pst_sign_key *key)
{
	static const char *const stores[] = {"matching", "identity", NULL};
	static const char *const categories[] = {"us-citizen", "nonimmigrant", NULL};
	static const char *const purposes[] = {"verify", "enrol", NULL};
	static const char *const galleries[] = {"gate", NULL};
	static const struct pst_vault_lane_class classes[] = {
		{"half-day", 12 * HOUR}, {"long", 75LL * 365 * 24 * HOUR}};
	struct pst_vault_lane_order order = {.lane = name,
		.stores = stores,
		.categories = categories,
		.purposes = purposes,
		.galleries = galleries,
		.classes = classes,
		.class_count = 2,
		.valid_s = 24 * HOUR};

	pst_sign_public(key, order.key);
	return order;
}

static inline int lane_issue(
	const struct pst_vault_lane_order *order, int64_t now_s, struct pst_bulletin *ret_bulletin)
{
	struct pst_bytes bytes = {0};

	error = (struct pst_error){0};
	int status = pst_vault_lane_issue(vault, order, now_s, &bytes, &error);
	if (status == 0) {
		cr_assert_eq(pst_bulletin_decode(bytes.data, bytes.size, ret_bulletin), 0);
		cr_assert_eq(pst_bulletin_verify(bytes.data, bytes.size), 0);
	}
	pst_bytes_finish(&bytes);
	return status;
}

static inline void lane_make(int64_t now_s)
{
	lane_key = lane_key_new(0x4b);
	const struct pst_vault_lane_order order = lane_order("lane-1", lane_key);

	(void)strcpy(lane_dir, "/tmp/postern-lane-XXXXXX");
	cr_assert_not_null(mkdtemp(lane_dir));
	cr_assert_eq(lane_issue(&order, now_s, &lane_bulletin), 0, "%s", error.text);
	cr_assert_eq(pst_inbox_open(&inbox, lane_dir, &lane_bulletin, lane_key, NULL, &error), 0,
		"%s", error.text);
}

static inline const char *lane_path(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" PST_INBOX "%s%s", lane_dir, name ? "/" : "",
		name ? name : "");
	return path;
}

/* @return how many files the inbox holds, parcels or others; the last one's name */
static inline int lane_files(char ret_name[64])
{
	DIR *dir = opendir(lane_path(NULL));
	const struct dirent *entry;
	int count = 0;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.') {
			count++;
			(void)snprintf(ret_name, 64, "%.63s", entry->d_name);
		}
	}
	(void)closedir(dir);
	return count;
}

static inline void lane_remove(void)
{
	char name[64];

	while (lane_files(name) > 0) {
		cr_assert_eq(remove(lane_path(name)), 0);
	}
	pst_inbox_close(&inbox);
	pst_bulletin_finish(&lane_bulletin);
	pst_sign_key_close(&lane_key);
	(void)rmdir(lane_path(NULL));
	(void)rmdir(lane_dir);
}

/* Seals a template of fixture_template(); the parcel's bytes, which the caller frees. */
static inline uint8_t *lane_parcel(const char *gallery, const struct pst_vault_record_info *info,
	size_t template_size, uint8_t mark, int64_t now_s, uint8_t record[PST_VAULT_ID_SIZE],
	size_t *ret_size)
{
	uint8_t template[4096], *data = NULL;
	char name[64], hex[2 * PST_VAULT_ID_SIZE + 1];

	fixture_template(template, template_size, mark);
	error = (struct pst_error){0};
	cr_assert_eq(
		pst_inbox_add(inbox, gallery, info, template, template_size, now_s, record, &error),
		1, "%s", error.text);
	pst_bytes_to_hex(record, PST_VAULT_ID_SIZE, hex);
	(void)snprintf(name, sizeof(name), "%s" PST_INBOX_SUFFIX, hex);
	cr_assert_eq(pst_fd_read_file(lane_path(name), 1u << 24, &data, ret_size, &error), 0);
	return data;
}

static inline void lane_put(const char *name, const uint8_t *data, size_t size)
{
	cr_assert_eq(pst_fd_replace_file(lane_path(name), data, size, 0600, NULL), 0);
}

#endif
