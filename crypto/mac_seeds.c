/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/keyfile.h"
#include "crypto/mac_key.h"
#include "crypto/secret.h"
#include "postern/status.h"

/* Files of seeds: their text never leaves locked memory. */

#define WORD "postern-audit-key-1 "
#define WORD_SIZE (sizeof(WORD) - 1)
#define LOG_DIGITS (2 * PST_MAC_LOG_SIZE)
#define SEED_DIGITS (2 * MAC_SEED_SIZE)
#define EPOCH_DIGITS 10
#define LINE_MAX_SIZE (WORD_SIZE + LOG_DIGITS + 1 + EPOCH_DIGITS + 1 + SEED_DIGITS + 1)
#define TEXT_SIZE (PST_MAC_EPOCHS_MAX * LINE_MAX_SIZE + 1)

struct seeds {
	char text[TEXT_SIZE]; /* NUL-terminated */
	size_t size;
	char line[LINE_MAX_SIZE + 1];
	char again[TEXT_SIZE];
	uint8_t seed[MAC_SEED_SIZE];
};

static int check_file(int fd, const char **ret_reason)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		*ret_reason = "the verification key cannot be examined";
		return -errno;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		*ret_reason = "the verification key is open to group or others; chmod 600 it";
		return PST_E_UNSAFE;
	}
	if (!S_ISREG(st.st_mode) || st.st_size >= (off_t)TEXT_SIZE) {
		*ret_reason = "not a verification key";
		return PST_E_FORMAT;
	}
	return 0;
}

static int read_text(const char *path, char *text, size_t *ret_size, const char **ret_reason)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*ret_size = 0;
	if (fd < 0) {
		*ret_reason = errno == ENOENT ? "the verification key is not there"
					      : "the verification key cannot be opened";
		return -errno;
	}
	int status = check_file(fd, ret_reason);
	while (status == 0) {
		ssize_t n = read(fd, text + *ret_size, TEXT_SIZE - 1 - *ret_size);

		if (n < 0 && errno != EINTR) {
			*ret_reason = "the verification key cannot be read";
			status = -errno;
		} else if (n == 0) {
			break;
		} else if (n > 0) {
			*ret_size += (size_t)n;
		}
	}
	text[*ret_size] = 0;
	(void)close(fd);
	return status;
}

static bool take_hex(const char **at, char *end, uint8_t *to, size_t size)
{
	size_t got = 0;
	const char *stop;

	if ((size_t)(end - *at) < 2 * size ||
		sodium_hex2bin(to, size, *at, 2 * size, NULL, &got, &stop) != 0 || got != size ||
		stop != *at + 2 * size) {
		return false;
	}
	*at = stop;
	return true;
}

/* A line without its newline. @return whether it is one; the seed stands in seeds->seed */
static bool parse_line(struct seeds *seeds, const char *at, char *end, struct pst_mac_name *ret)
{
	char *number_end;

	if ((size_t)(end - at) < WORD_SIZE || memcmp(at, WORD, WORD_SIZE) != 0) {
		return false;
	}
	at += WORD_SIZE;
	if (!take_hex(&at, end, ret->log, sizeof(ret->log)) || *at++ != ' ' || *at < '1' ||
		*at > '9') {
		return false;
	}
	unsigned long epoch = strtoul(at, &number_end, 10);
	if (epoch > UINT32_MAX || number_end >= end || *number_end != ' ') {
		return false;
	}
	ret->epoch = (uint32_t)epoch;
	at = number_end + 1;
	return take_hex(&at, end, seeds->seed, MAC_SEED_SIZE) && at == end;
}

/*
 * Looks for a name's line.
 *
 * @param ret_line  where it begins; may be NULL
 * @return 1 found, its seed in seeds->seed; 0 not there; PST_E_FORMAT
 */
static int find(struct seeds *seeds, const struct pst_mac_name *name, char **ret_line)
{
	char *at = seeds->text;

	while (*at) {
		struct pst_mac_name found;
		char *end = strchr(at, '\n');

		if (!end || !parse_line(seeds, at, end, &found)) {
			return PST_E_FORMAT;
		}
		if (found.epoch == name->epoch &&
			memcmp(found.log, name->log, sizeof(found.log)) == 0) {
			if (ret_line) {
				*ret_line = at;
			}
			return 1;
		}
		at = end + 1;
	}
	return at == seeds->text + seeds->size ? 0 : PST_E_FORMAT;
}

/* A seed that was drawn before for an epoch that never began. */
static int drop_line(struct seeds *seeds, const struct pst_mac_name *name)
{
	char *line;
	int status = find(seeds, name, &line);

	if (status == 1) {
		char *end = strchr(line, '\n') + 1;

		memmove(line, end, strlen(end) + 1);
		seeds->size -= (size_t)(end - line);
		return 0;
	}
	return status;
}

static int write_text(int fd, const char *text, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(fd, text + done, size - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -ENOSPC;
		}
		done += (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* A new file, durable with its name. */
static int write_file(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		return -errno;
	}
	int status = fchmod(fd, 0600) < 0 ? -errno : write_text(fd, text, size);
	if (close(fd) < 0 && status == 0) {
		status = -errno;
	}
	if (status == 0) {
		status = pst_keyfile_sync_folder(path);
	}
	if (status < 0) {
		(void)unlink(path);
	}
	return status;
}

static int replace(const char *path, const char *text, size_t size)
{
	char temporary[PATH_MAX];

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary)) {
		return -ENAMETOOLONG;
	}
	(void)unlink(temporary);
	int status = write_file(temporary, text, size);
	if (status == 0 && rename(temporary, path) < 0) {
		status = -errno;
		(void)unlink(temporary);
	}
	return status == 0 ? pst_keyfile_sync_folder(path) : status;
}

static int add_line(struct seeds *seeds, const struct pst_mac_name *name)
{
	char log[LOG_DIGITS + 1];

	(void)sodium_bin2hex(log, sizeof(log), name->log, sizeof(name->log));
	int head = snprintf(
		seeds->line, sizeof(seeds->line), WORD "%s %u ", log, (unsigned)name->epoch);
	(void)sodium_bin2hex(
		seeds->line + head, sizeof(seeds->line) - (size_t)head, seeds->seed, MAC_SEED_SIZE);
	size_t size = strlen(seeds->line);
	seeds->line[size++] = '\n';
	if (seeds->size + size >= TEXT_SIZE) {
		return -ENOSPC;
	}
	memcpy(seeds->text + seeds->size, seeds->line, size);
	seeds->size += size;
	seeds->text[seeds->size] = 0;
	return 0;
}

static int load_seeds(struct seeds **ret_seeds, const char *path, const char **ret_reason)
{
	void *memory;
	int status = pst_secret_alloc(sizeof(struct seeds), &memory);

	*ret_seeds = memory;
	if (status < 0) {
		*ret_reason = "memory for the verification key cannot be locked";
		return status;
	}
	return read_text(path, (*ret_seeds)->text, &(*ret_seeds)->size, ret_reason);
}

static void free_seeds(struct seeds **seeds)
{
	void *memory = *seeds;

	pst_secret_free(&memory);
	*seeds = NULL;
}

int pst_mac_create(struct pst_mac **ret_mac, const struct pst_mac_name *name, const char *path,
	const char **ret_reason)
{
	const char *reason = "the verification key cannot be written";
	struct seeds *seeds;
	int status = load_seeds(&seeds, path, &reason);

	*ret_mac = NULL;
	if (status == -ENOENT) {
		status = 0;
		reason = "the verification key cannot be written";
	}
	if (status == 0) {
		status = drop_line(seeds, name);
	}
	if (status == 0) {
		randombytes_buf(seeds->seed, MAC_SEED_SIZE);
		status = add_line(seeds, name);
	}
	if (status == 0) {
		status = replace(path, seeds->text, seeds->size);
	}
	if (status == 0) {
		status = pst_mac_begin(ret_mac, name, seeds->seed);
	}
	free_seeds(&seeds);
	if (status < 0 && ret_reason) {
		*ret_reason = reason;
	}
	return status;
}

int pst_mac_load(struct pst_mac **ret_mac, const struct pst_mac_name *name, const char *path,
	const char **ret_reason)
{
	const char *reason = "not a verification key";
	struct seeds *seeds;
	int status = load_seeds(&seeds, path, &reason);

	*ret_mac = NULL;
	if (status == 0) {
		status = find(seeds, name, NULL);
		reason = status == 0 ? "no key of this log's in it" : "not a verification key";
		status = status == 0 ? PST_E_NOT_FOUND : status;
	}
	if (status == 1) {
		status = pst_mac_begin(ret_mac, name, seeds->seed);
	}
	free_seeds(&seeds);
	if (status < 0 && ret_reason) {
		*ret_reason = reason;
	}
	return status;
}

/* Overwrites a file where it stands, and removes it. */
static int erase(const char *path, struct seeds *seeds)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		return -errno;
	}
	sodium_memzero(seeds->text, sizeof(seeds->text));
	int status = write_text(fd, seeds->text, seeds->size);
	(void)close(fd);
	if (status == 0 && unlink(path) < 0) {
		status = -errno;
	}
	return status == 0 ? pst_keyfile_sync_folder(path) : status;
}

int pst_mac_take(const char *path, const char *to, const char **ret_reason)
{
	static const struct pst_mac_name nobody = {.epoch = 0};
	const char *reason = NULL;
	size_t size;
	struct seeds *seeds;
	int status = load_seeds(&seeds, path, &reason);

	if (status == 0 && (seeds->size == 0 || find(seeds, &nobody, NULL) != 0)) {
		reason = "not a verification key";
		status = PST_E_FORMAT;
	}
	if (status == 0) {
		reason = "the copy cannot be written";
		status = write_file(to, seeds->text, seeds->size);
	}
	if (status == 0) {
		status = read_text(to, seeds->again, &size, &reason);
		if (status == 0 &&
			(size != seeds->size || memcmp(seeds->text, seeds->again, size) != 0)) {
			reason = "the copy is not the same";
			status = -EIO;
		}
	}
	if (status == 0) {
		reason = "copied, but the verification key is still here; remove it by hand";
		status = erase(path, seeds);
	}
	free_seeds(&seeds);
	if (status < 0 && ret_reason) {
		*ret_reason = reason;
	}
	return status;
}
