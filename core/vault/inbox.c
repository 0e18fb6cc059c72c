/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "crypto/random.h"
#include "vault/inside.h"
#include "vault/name.h"

#define SUFFIX_SIZE (sizeof(PST_INBOX_SUFFIX) - 1)

struct pst_inbox {
	char dir[PATH_MAX];
	const struct pst_bulletin *bulletin;
	const struct pst_sign_key *signer;
	struct pst_inbox_limits limits;
	uint64_t count;
	uint64_t bytes;
	int64_t now_s; /* greatest time ever given */
};

/* @return whether the name is a parcel's, or one that was being written */
static bool is_parcel(const char *name, bool *ret_whole)
{
	const char *suffix = strstr(name, PST_INBOX_SUFFIX);

	*ret_whole = suffix && suffix[SUFFIX_SIZE] == 0;
	return suffix && (*ret_whole || suffix[SUFFIX_SIZE] == '.');
}

static int take_stock_of(struct pst_inbox *inbox, int folder, const char *name)
{
	struct stat st;
	bool whole;

	if (!is_parcel(name, &whole)) {
		return 0;
	}
	if (!whole) {
		return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	}
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	inbox->count++;
	inbox->bytes += (uint64_t)st.st_size;
	return 0;
}

/* Counts what waits; whoever carries parcels away does so while the lane runs. */
static int take_stock(struct pst_inbox *inbox, struct pst_error *error)
{
	DIR *folder = opendir(inbox->dir);
	const struct dirent *entry;
	int status = folder ? 0 : -errno;

	inbox->count = inbox->bytes = 0;
	while (folder && status == 0 && (errno = 0, entry = readdir(folder))) {
		status = take_stock_of(inbox, dirfd(folder), entry->d_name);
	}
	if (status == 0 && errno != 0) {
		status = -errno;
	}
	if (folder) {
		(void)closedir(folder);
	}
	return status < 0 ? pst_error_set(error, status, "%s: %s", inbox->dir, strerror(-status))
			  : 0;
}

static int check_lane(const struct pst_bulletin *bulletin, const struct pst_sign_key *signer,
	struct pst_error *error)
{
	uint8_t own[PST_SIGN_PUBLIC_SIZE];

	pst_sign_public(signer, own);
	if (memcmp(own, bulletin->lane_key, sizeof(own)) != 0) {
		return pst_error_set(error, PST_E_MISMATCH,
			"the bulletin of lane '%s' was made for another lane's key; export one for "
			"the key that 'vault lane-key new' prints here",
			bulletin->lane);
	}
	return 0;
}

int pst_inbox_open(struct pst_inbox **ret_inbox, const char *dir,
	const struct pst_bulletin *bulletin, const struct pst_sign_key *signer,
	const struct pst_inbox_limits *limits, struct pst_error *error)
{
	static const struct pst_inbox_limits standard = {PST_INBOX_COUNT_MAX, PST_INBOX_BYTES_MAX};
	struct pst_inbox *inbox = calloc(1, sizeof(*inbox));
	int status;

	*ret_inbox = NULL;
	if (!inbox) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", dir);
	}
	inbox->bulletin = bulletin;
	inbox->signer = signer;
	inbox->limits = limits ? *limits : standard;
	status = check_lane(bulletin, signer, error);
	if (status == 0 && pst_text_path(inbox->dir, sizeof(inbox->dir), dir, PST_INBOX) < 0) {
		status = pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	if (status == 0) {
		status = pst_fd_make_dirs(inbox->dir, error);
	}
	if (status == 0) {
		status = take_stock(inbox, error);
	}
	if (status < 0) {
		pst_inbox_close(&inbox);
		return status;
	}
	*ret_inbox = inbox;
	return 0;
}

void pst_inbox_close(struct pst_inbox **inbox)
{
	free(*inbox);
	*inbox = NULL;
}

uint64_t pst_inbox_count(const struct pst_inbox *inbox)
{
	return inbox->count;
}

int pst_inbox_check(const struct pst_inbox *inbox, int64_t now_s, struct pst_error *error)
{
	const struct pst_bulletin *bulletin = inbox->bulletin;
	char when[PST_CLOCK_TEXT_SIZE];

	if (now_s >= bulletin->valid_until_s) {
		pst_clock_format_s(bulletin->valid_until_s, when);
		return pst_error_set(error, PST_E_EXPIRED,
			"the bulletin of lane '%s' was valid until %s; bring a new one",
			bulletin->lane, when);
	}
	if (now_s < bulletin->issued_s - PST_INBOX_CLOCK_SLACK_S) {
		pst_clock_format_s(bulletin->issued_s, when);
		return pst_error_set(error, PST_E_EXPIRED,
			"the bulletin of lane '%s' was made at %s, after what this machine's clock "
			"shows; set the clock",
			bulletin->lane, when);
	}
	return 0;
}

int64_t pst_inbox_kept_until_s(const struct pst_inbox *inbox, int64_t retention_s)
{
	return pst_vault_round_expiry(retention_s, inbox->now_s + retention_s);
}

struct wanted {
	uint8_t kind;
	const char *what;
	const char *text;
	uint16_t number;
};

static int number_names(const struct pst_bulletin *bulletin, struct wanted *wanted, size_t count,
	struct pst_error *error)
{
	for (size_t i = 0; i < count; i++) {
		wanted[i].number = pst_bulletin_number(bulletin, wanted[i].kind, wanted[i].text);
		if (wanted[i].number == 0) {
			return pst_error_set(error, PST_E_NOT_FOUND,
				"the bulletin of lane '%s' has no %s '%s'; export it again with "
				"the lane's policy and gallery",
				bulletin->lane, wanted[i].what,
				wanted[i].text ? wanted[i].text : "");
		}
	}
	return 0;
}

static int find_key(const struct pst_bulletin *bulletin, const struct pst_vault_record_info *info,
	struct pst_vault_header *header, const uint8_t **ret_key, struct pst_error *error)
{
	const struct pst_bulletin_class *class =
		pst_bulletin_class_of(bulletin, info->retention, info->retention_s);

	if (!class) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"the bulletin of lane '%s' has no class '%s' of %lld s; export it again "
			"with the lane's policy",
			bulletin->lane, info->retention ? info->retention : "",
			(long long)info->retention_s);
	}
	header->retention = class->number;
	*ret_key = pst_bulletin_key(class, header->expires_s, &header->bucket);
	header->expires_s = (int64_t)header->bucket * class->width_s;
	return *ret_key ? 0
			: pst_error_set(error, PST_E_EXPIRED,
				  "the bulletin of lane '%s' has no key for what expires so late; "
				  "bring a new one",
				  bulletin->lane);
}

static int make_header(const struct pst_inbox *inbox, const char *gallery,
	const struct pst_vault_record_info *info, size_t size, struct pst_vault_header *ret_header,
	const uint8_t **ret_key, struct pst_error *error)
{
	const struct pst_bulletin *bulletin = inbox->bulletin;
	struct wanted wanted[] = {
		{PST_VAULT_NAME_STORE, "store", info->store, 0},
		{PST_VAULT_NAME_CATEGORY, "category", info->category, 0},
		{PST_VAULT_NAME_PURPOSE, "purpose", info->purpose, 0},
		{PST_VAULT_NAME_GALLERY, "gallery", gallery, 0},
	};
	int status = number_names(bulletin, wanted, gallery ? 4 : 3, error);

	if (status < 0) {
		return status;
	}
	*ret_header = (struct pst_vault_header){
		.store = (uint8_t)wanted[0].number,
		.category = wanted[1].number,
		.purpose = (uint8_t)wanted[2].number,
		.gallery = wanted[3].number,
		.lane = bulletin->lane_number,
		.role = gallery ? PST_VAULT_ROLE_REFERENCE : PST_VAULT_ROLE_CAPTURED,
		.created_s = inbox->now_s,
		.expires_s = inbox->now_s + info->retention_s,
		.format = info->template_format,
		.audit_sequence = info->audit_sequence,
		.plain_size = (uint32_t)size,
	};
	memcpy(ret_header->vault, bulletin->vault, sizeof(ret_header->vault));
	pst_random_bytes(ret_header->record, sizeof(ret_header->record));
	memcpy(ret_header->contract, info->contract, sizeof(ret_header->contract));
	memcpy(ret_header->permit, info->permit, sizeof(ret_header->permit));
	return find_key(bulletin, info, ret_header, ret_key, error);
}

static bool is_full(const struct pst_inbox *inbox, size_t size)
{
	return inbox->count >= inbox->limits.count ||
	       inbox->bytes + size + PST_PARCEL_OVERHEAD > inbox->limits.bytes;
}

static int check_room(struct pst_inbox *inbox, size_t size, struct pst_error *error)
{
	if (!is_full(inbox, size)) {
		return 0;
	}
	int status = take_stock(inbox, error);
	if (status == 0 && is_full(inbox, size)) {
		status = pst_error_set(error, -EDQUOT,
			"%s: full with %llu parcels; carry them to the vault and remove them here",
			inbox->dir, (unsigned long long)inbox->count);
	}
	return status;
}

static int check_info(const char *gallery, const struct pst_vault_record_info *info, size_t size,
	int64_t now_s, struct pst_error *error)
{
	if (size == 0 || size > PST_PARCEL_PLAIN_MAX) {
		return pst_error_set(error, -EINVAL, "a template has 1 to %u bytes, not %zu",
			PST_PARCEL_PLAIN_MAX, size);
	}
	if ((info->subject && !pst_text_is_id(info->subject)) || (gallery && !info->subject)) {
		return pst_error_set(error, -EINVAL,
			"a reference needs a subject, and a lane's subjects are ids: 1 to 64 "
			"letters, digits, - _ .");
	}
	if (now_s <= 0 || info->retention_s < 0 || info->retention_s > PST_VAULT_RETENTION_MAX_S ||
		now_s > INT64_MAX - PST_VAULT_RETENTION_MAX_S) {
		return pst_error_set(error, -EINVAL, "a clock or a retention that is not valid");
	}
	return 0;
}

static int write_parcel(struct pst_inbox *inbox, const struct pst_vault_header *header,
	const struct pst_bytes *parcel, struct pst_error *error)
{
	char name[2 * PST_VAULT_ID_SIZE + sizeof(PST_INBOX_SUFFIX)];
	char path[PATH_MAX + sizeof(name)];

	pst_bytes_to_hex(header->record, PST_VAULT_ID_SIZE, name);
	memcpy(name + (size_t)2 * PST_VAULT_ID_SIZE, PST_INBOX_SUFFIX, sizeof(PST_INBOX_SUFFIX));
	(void)snprintf(path, sizeof(path), "%s/%s", inbox->dir, name);
	int status = pst_fd_replace_file(path, parcel->data, parcel->size, 0600, error);
	if (status < 0) {
		(void)unlink(path); /* it may be in place, and not known to be durable */
		return status;
	}
	inbox->count++;
	inbox->bytes += parcel->size;
	return 0;
}

int pst_inbox_add(struct pst_inbox *inbox, const char *gallery,
	const struct pst_vault_record_info *info, const uint8_t *template, size_t size,
	int64_t now_s, uint8_t ret_record[PST_VAULT_ID_SIZE], struct pst_error *error)
{
	struct pst_vault_header header = {0};
	struct pst_bytes parcel = {0};
	const uint8_t *key = NULL;

	if (ret_record) {
		memset(ret_record, 0, PST_VAULT_ID_SIZE);
	}
	int status = check_info(gallery, info, size, now_s, error);
	if (status < 0 || info->retention_s == 0) {
		return status;
	}
	inbox->now_s = now_s > inbox->now_s ? now_s : inbox->now_s;
	status = pst_inbox_check(inbox, inbox->now_s, error);
	if (status == 0) {
		status = make_header(inbox, gallery, info, size, &header, &key, error);
	}
	if (status == 0) {
		status = check_room(inbox, size, error);
	}
	if (status == 0) {
		status = pst_parcel_seal(
			&header, key, info->subject, template, inbox->signer, &parcel);
		if (status < 0) {
			(void)pst_error_set(
				error, status, "not sealed: %s", pst_status_text(status));
		}
	}
	if (status == 0) {
		status = write_parcel(inbox, &header, &parcel, error);
	}
	pst_bytes_finish(&parcel);
	if (status < 0) {
		return status;
	}
	if (ret_record) {
		memcpy(ret_record, header.record, PST_VAULT_ID_SIZE);
	}
	return 1;
}
