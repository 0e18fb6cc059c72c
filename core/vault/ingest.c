/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/ingest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "vault/inbox.h"
#include "vault/lane_row.h"
#include "vault/name.h"
#include "vault/tombstone.h"
#include "vault/turn.h"

#define BATCH 128	       /* files in one transaction */
#define BATCH_BYTES (8u << 20) /* of them, about */
#define HASH_SIZE 16
#define WHY_SIZE 160

struct entry {
	char *name;
	enum pst_vault_parcel_fate fate;
	char why[WHY_SIZE];
};

struct ingest {
	struct pst_vault *vault;
	int folder;
	const char *dir;
	struct entry *entries;
	size_t count;
	size_t room;
};

static void set_fate(struct entry *entry, enum pst_vault_parcel_fate fate, const char *why)
{
	entry->fate = fate;
	(void)snprintf(entry->why, sizeof(entry->why), "%.*s", WHY_SIZE - 1, why);
}

/* @return 0: judged, there is nothing more to find out */
static int refuse(struct entry *entry, const char *why)
{
	set_fate(entry, PST_VAULT_PARCEL_REFUSED, why);
	return 0;
}

static int skip(struct entry *entry, const char *why)
{
	set_fate(entry, PST_VAULT_PARCEL_SKIPPED, why);
	return 0;
}

/* The checks below: 1 go on, 0 the entry has its fate, or a status that ends all. */

static int check_lane(struct ingest *ingest, struct entry *entry, const struct pst_parcel *parcel,
	struct pst_vault_lane_row *ret_row, struct pst_error *error)
{
	int status = pst_vault_lane_row_find(ingest->vault, parcel->lane_key, ret_row, error);

	if (status == PST_E_NOT_FOUND) {
		return refuse(entry, "signed by a key that is no lane's here");
	}
	if (status == PST_E_CORRUPT) {
		return refuse(entry, "what the vault knows of its lane's key was changed");
	}
	if (status < 0) {
		return status;
	}
	if (ret_row->revoked_s != 0) {
		return refuse(entry, "its lane's key was revoked");
	}
	return ret_row->lane == parcel->header.lane
		       ? 1
		       : refuse(entry, "in the name of another lane than its key's");
}

static int check_grants(struct entry *entry, const struct pst_vault_header *header,
	const struct pst_vault_lane_row *row)
{
	bool granted =
		pst_vault_lane_row_grants(row, PST_VAULT_NAME_STORE, header->store, 0) &&
		pst_vault_lane_row_grants(row, PST_VAULT_NAME_CATEGORY, header->category, 0) &&
		pst_vault_lane_row_grants(row, PST_VAULT_NAME_PURPOSE, header->purpose, 0) &&
		(header->gallery == 0 || pst_vault_lane_row_grants(row, PST_VAULT_NAME_GALLERY,
						 header->gallery, 0)) &&
		pst_vault_lane_row_grants(row, PST_VAULT_NAME_RETENTION, header->retention,
			header->expires_s - header->created_s);

	return granted ? 1 : refuse(entry, "says what its lane was not granted");
}

static int check_times(const struct ingest *ingest, struct entry *entry,
	const struct pst_vault_header *header, const struct pst_vault_lane_row *row)
{
	if (header->created_s > ingest->vault->now_s + PST_INBOX_CLOCK_SLACK_S) {
		return refuse(entry, "made in the future; look at the lane's clock");
	}
	if (header->created_s > row->until_s) {
		return refuse(entry, "made after its lane's bulletin had ended");
	}
	if (header->created_s < row->since_s - PST_INBOX_CLOCK_SLACK_S) {
		return refuse(entry, "made before its lane was registered; look at its clock");
	}
	if (header->expires_s <= ingest->vault->now_s) {
		set_fate(entry, PST_VAULT_PARCEL_EXPIRED, "past its retention");
		return 0;
	}
	return 1;
}

/* @return 1 a row, 0 none, or a status; the statement's first column, if wanted */
static int look_up(struct pst_vault *vault, const char *sql,
	const struct pst_vault_db_value *values, int count, void *ret_blob, int size,
	struct pst_error *error)
{
	sqlite3_stmt *statement;
	int status = pst_vault_db_prepare(&vault->db, sql, values, count, &statement, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
	}
	if (status == 1 && ret_blob && pst_vault_db_blob(statement, 0, ret_blob, size) < 0) {
		status = pst_error_set(
			error, PST_E_VAULT, "%s: the vault's own data are damaged", vault->db_path);
	}
	(void)sqlite3_finalize(statement);
	return status;
}

static int check_unseen(struct ingest *ingest, struct entry *entry,
	const struct pst_vault_header *header, const uint8_t hash[HASH_SIZE],
	struct pst_error *error)
{
	struct pst_vault *vault = ingest->vault;
	struct pst_vault_db_value record[] = {
		PST_VAULT_BLOB(header->record, sizeof(header->record))};
	uint8_t known[HASH_SIZE];
	int status = look_up(vault, "SELECT hash FROM parcel WHERE record=?", record, 1, known,
		sizeof(known), error);

	if (status == 1) {
		return memcmp(known, hash, sizeof(known)) == 0
			       ? skip(entry, "taken before")
			       : refuse(entry, "another parcel of its record was taken");
	}
	if (status == 0) {
		status = look_up(
			vault, "SELECT 1 FROM record WHERE id=?", record, 1, NULL, 0, error);
	}
	if (status == 1) {
		return skip(entry, "its record is in the vault");
	}
	if (status == 0) {
		status = pst_vault_is_forgotten(vault, header->record, error);
	}
	if (status == 1) {
		return skip(entry, "its record was deleted");
	}
	return status < 0 ? status : 1;
}

/* A reference that was made later stays, in whatever order parcels come. */
static int check_newest(struct ingest *ingest, struct entry *entry,
	const struct pst_vault_header *header, struct pst_error *error)
{
	struct pst_vault *vault = ingest->vault;
	struct pst_vault_db_value values[] = {PST_VAULT_INT(header->gallery),
		PST_VAULT_BLOB(header->subject, sizeof(header->subject)),
		PST_VAULT_BLOB(header->contract, sizeof(header->contract))};
	uint8_t bytes[PST_SEAL_HEADER_SIZE];
	struct pst_vault_header there;
	int status = look_up(vault,
		"SELECT header FROM record WHERE gallery=? AND subject=? AND contract=?", values, 3,
		bytes, sizeof(bytes), error);

	if (status == 1 && pst_vault_header_decode(bytes, &there) == 0 &&
		there.created_s > header->created_s) {
		return skip(entry, "the subject's reference there is newer");
	}
	return status < 0 ? status : 1;
}

static int open_parcel(struct ingest *ingest, struct entry *entry, const struct pst_parcel *parcel,
	void **ret_plain, char *ret_subject, struct pst_error *error)
{
	int status = pst_secret_alloc_template(parcel->body_size - PST_SEAL_OVERHEAD, ret_plain);

	if (status == 0) {
		status = pst_parcel_open(ingest->vault->ring, parcel, *ret_plain, ret_subject);
	}
	switch (status) {
	case 0:
		return 1;
	case -ENOMEM:
		return pst_error_set(error, status, "no memory that can be locked for templates");
	case PST_E_EXPIRED:
		set_fate(entry, PST_VAULT_PARCEL_EXPIRED, "past its retention");
		return 0;
	case PST_E_NOT_FOUND:
		return refuse(entry, "sealed for a class that the vault does not have");
	default:
		return refuse(entry, "does not open: changed, or not sealed to this vault");
	}
}

/* What the vault does not take of anybody is the parcel's fault, all else ends the ingest. */
static int put(struct ingest *ingest, struct entry *entry, struct pst_vault_header *header,
	const uint8_t *template, struct pst_error *error)
{
	struct pst_error why = {0};

	header->transform = (uint8_t)ingest->vault->turn;
	int status = pst_vault_put(ingest->vault, header, template, &why);
	if (status == -EINVAL) {
		return refuse(entry, why.text);
	}
	if (status == PST_E_UNSAFE) {
		return refuse(entry, "what it would replace is under legal hold");
	}
	return status < 0 ? pst_error_set(error, status, "%s", why.text) : 1;
}

static int note_taken(struct ingest *ingest, struct entry *entry,
	const struct pst_vault_header *header, const uint8_t hash[HASH_SIZE],
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {
		PST_VAULT_BLOB(header->record, sizeof(header->record)),
		PST_VAULT_BLOB(hash, HASH_SIZE),
		PST_VAULT_INT(header->expires_s),
	};
	int status = pst_vault_db_exec(&ingest->vault->db,
		"INSERT INTO parcel(record, hash, until) VALUES(?,?,?)", values, 3, error);

	set_fate(entry, PST_VAULT_PARCEL_TAKEN, "");
	return status < 0 ? status : 0;
}

static int store(struct ingest *ingest, struct entry *entry, struct pst_vault_header *header,
	const char *subject, const uint8_t *template, const uint8_t hash[HASH_SIZE],
	struct pst_error *error)
{
	int status = 1;

	if (header->gallery != 0 && !subject[0]) {
		return refuse(entry, "a reference of nobody");
	}
	if (subject[0]) {
		pst_vault_pseudonym(ingest->vault, subject, header->subject);
	}
	if (header->gallery != 0) {
		status = check_newest(ingest, entry, header, error);
	}
	if (status == 1) {
		status = put(ingest, entry, header, template, error);
	}
	return status == 1 ? note_taken(ingest, entry, header, hash, error) : status;
}

static int judge_content(struct ingest *ingest, struct entry *entry, struct pst_parcel *parcel,
	const uint8_t hash[HASH_SIZE], struct pst_error *error)
{
	char subject[PST_PARCEL_SUBJECT_SIZE + 1];
	void *plain = NULL;
	int status = open_parcel(ingest, entry, parcel, &plain, subject, error);

	if (status == 1) {
		status = store(ingest, entry, &parcel->header, subject,
			(const uint8_t *)plain + PST_PARCEL_SUBJECT_SIZE, hash, error);
	}
	pst_secret_free(&plain);
	pst_secret_wipe(subject, sizeof(subject));
	return status;
}

static int judge_parcel(struct ingest *ingest, struct entry *entry, const uint8_t *data,
	size_t size, struct pst_error *error)
{
	struct pst_vault_lane_row row = {0};
	struct pst_parcel parcel;
	uint8_t hash[PST_DIGEST_SIZE];
	int status = pst_parcel_decode(data, size, &parcel);

	if (status < 0) {
		return refuse(entry, status == PST_E_FORMAT ? "no parcel that this program knows"
							    : "damaged, or cut short");
	}
	if (memcmp(parcel.header.vault, pst_keyring_id(ingest->vault->ring),
		    sizeof(parcel.header.vault)) != 0) {
		return refuse(entry, "sealed for another vault");
	}
	status = check_lane(ingest, entry, &parcel, &row, error);
	if (status == 1) {
		int verified = pst_parcel_verify(data, size);

		status = verified == 0
				 ? 1
				 : refuse(entry, "changed: its lane's signature is not of it");
	}
	if (status == 1) {
		status = check_grants(entry, &parcel.header, &row);
	}
	if (status == 1) {
		status = check_times(ingest, entry, &parcel.header, &row);
	}
	pst_vault_lane_row_finish(&row);
	if (status == 1) {
		pst_digest_bytes(data, size, hash);
		status = check_unseen(ingest, entry, &parcel.header, hash, error);
	}
	return status == 1 ? judge_content(ingest, entry, &parcel, hash, error) : status;
}

/* @return 0 or a status that ends all; the file's size beside it */
static int judge(
	struct ingest *ingest, struct entry *entry, size_t *ret_size, struct pst_error *error)
{
	struct stat st;
	uint8_t *data = NULL;
	int fd =
		openat(ingest->folder, entry->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int status = 0;

	*ret_size = 0;
	entry->fate = PST_VAULT_PARCEL_UNSET;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		pst_fd_close(&fd);
		return refuse(entry, "not a file that can be read");
	}
	if (st.st_size > PST_PARCEL_SIZE_MAX) {
		pst_fd_close(&fd);
		return refuse(entry, "larger than any parcel");
	}
	data = malloc((size_t)st.st_size + 1);
	if (!data) {
		pst_fd_close(&fd);
		return pst_error_set(error, -ENOMEM, "%s: out of memory", ingest->dir);
	}
	ssize_t size = pst_fd_read_full(fd, data, (size_t)st.st_size);
	pst_fd_close(&fd);
	if (size < 0) {
		status = refuse(entry, "not a file that can be read");
	} else {
		*ret_size = (size_t)size;
		status = judge_parcel(ingest, entry, data, (size_t)size, error);
	}
	free(data);
	return status;
}

static int remove_done(struct ingest *ingest, size_t from, size_t to, struct pst_error *error)
{
	bool removed = false;

	for (size_t i = from; i < to; i++) {
		const struct entry *entry = &ingest->entries[i];

		if (entry->fate == PST_VAULT_PARCEL_REFUSED) {
			continue;
		}
		if (unlinkat(ingest->folder, entry->name, 0) < 0 && errno != ENOENT) {
			return pst_error_set(error, -errno,
				"%s/%s: stored, but cannot be removed: %s; it will be skipped next "
				"time",
				ingest->dir, entry->name, strerror(errno));
		}
		removed = true;
	}
	if (removed && fsync(ingest->folder) < 0) {
		return pst_error_set(error, -errno, "%s: %s", ingest->dir, strerror(errno));
	}
	return 0;
}

static void count_fate(const struct entry *entry, struct pst_vault_ingested *ingested)
{
	ingested->taken += entry->fate == PST_VAULT_PARCEL_TAKEN;
	ingested->skipped += entry->fate == PST_VAULT_PARCEL_SKIPPED;
	ingested->expired += entry->fate == PST_VAULT_PARCEL_EXPIRED;
	ingested->refused += entry->fate == PST_VAULT_PARCEL_REFUSED;
}

/* One transaction. @return the index of the next file, or a status */
static int64_t take_batch(struct ingest *ingest, size_t from, bool dry_run, struct pst_error *error)
{
	struct pst_error dry = {0};
	size_t at = from, bytes = 0;
	int status = pst_vault_begin(ingest->vault, error);

	if (status < 0) {
		return status;
	}
	for (; status == 0 && at < ingest->count && at - from < BATCH && bytes < BATCH_BYTES;
		at++) {
		size_t size;

		status = judge(ingest, &ingest->entries[at], &size, error);
		bytes += size;
	}
	if (status == 0 && dry_run) {
		(void)!pst_vault_end(ingest->vault, -ECANCELED, &dry);
		return (int64_t)at;
	}
	status = pst_vault_end(ingest->vault, status, error);
	if (status == 0) {
		status = remove_done(ingest, from, at, error);
	}
	return status < 0 ? status : (int64_t)at;
}

static int take_name(struct ingest *ingest, const char *name)
{
	if (ingest->count == ingest->room) {
		size_t room = ingest->room ? 2 * ingest->room : 64;
		struct entry *entries = realloc(ingest->entries, room * sizeof(*entries));

		if (!entries) {
			return -ENOMEM;
		}
		ingest->entries = entries;
		ingest->room = room;
	}
	char *copy = strdup(name);
	if (!copy) {
		return -ENOMEM;
	}
	ingest->entries[ingest->count++] = (struct entry){.name = copy};
	return 0;
}

static bool is_parcel(const char *name)
{
	size_t length = strlen(name), suffix = sizeof(PST_INBOX_SUFFIX) - 1;

	return length > suffix && strcmp(name + length - suffix, PST_INBOX_SUFFIX) == 0;
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int list_folder(struct ingest *ingest, struct pst_error *error)
{
	DIR *folder = opendir(ingest->dir);
	const struct dirent *entry;
	int status = folder ? 0 : -errno;

	while (folder && status == 0 && (errno = 0, entry = readdir(folder))) {
		status = is_parcel(entry->d_name) ? take_name(ingest, entry->d_name) : 0;
	}
	if (status == 0 && errno != 0) {
		status = -errno;
	}
	if (folder) {
		(void)closedir(folder);
	}
	if (status == 0) {
		ingest->folder = open(ingest->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		status = ingest->folder < 0 ? -errno : 0;
	}
	if (status < 0) {
		return pst_error_set(error, status, "%s: %s", ingest->dir, strerror(-status));
	}
	if (ingest->count > 0) {
		qsort(ingest->entries, ingest->count, sizeof(*ingest->entries), by_name);
	}
	return 0;
}

/* What expired comes no more: nothing would open it. */
static int forget_expired(struct pst_vault *vault, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(vault->now_s)};
	int status = pst_vault_db_exec(
		&vault->db, "DELETE FROM parcel WHERE until <= ?", values, 1, error);

	return status < 0 ? status : 0;
}

int pst_vault_ingest(struct pst_vault *vault, const char *dir, bool dry_run, int64_t now_s,
	pst_vault_parcel_fn each, void *user, struct pst_vault_ingested *ret_ingested,
	struct pst_error *error)
{
	struct ingest ingest = {.vault = vault, .folder = -1, .dir = dir};
	int64_t at = 0;
	int status = pst_vault_advance(vault, now_s, error);

	*ret_ingested = (struct pst_vault_ingested){0};
	if (status == 0) {
		status = pst_vault_check_clock(vault, error);
	}
	if (status == 0) {
		status = list_folder(&ingest, error);
	}
	if (status == 0 && !dry_run) {
		status = forget_expired(vault, error);
	}
	ret_ingested->found = ingest.count;
	while (status == 0 && at < (int64_t)ingest.count) {
		int64_t next = take_batch(&ingest, (size_t)at, dry_run, error);

		status = next < 0 ? (int)next : 0;
		for (; at < next; at++) {
			const struct entry *entry = &ingest.entries[at];
			const struct pst_vault_parcel_item item = {
				.file = entry->name, .fate = entry->fate, .why = entry->why};

			count_fate(entry, ret_ingested);
			if (each) {
				each(user, &item, ret_ingested);
			}
		}
	}
	for (size_t i = 0; i < ingest.count; i++) {
		free(ingest.entries[i].name);
	}
	free(ingest.entries);
	pst_fd_close(&ingest.folder);
	return status;
}
