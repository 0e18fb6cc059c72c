/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/secret.h"
#include "postern/status.h"

#define CREDENTIAL_NAME_SIZE 65 /* bytes with the NUL */

/* What may be wrong with where a key lies, and how it is said. */
struct rules {
	mode_t forbidden;
	const char *open_to_others;
	const char *missing;
	const char *not_regular;
	const char *wrong_size;
	const char *zeroes;
};

static const struct rules file_rules = {
	.forbidden = S_IRWXG | S_IRWXO,
	.open_to_others = "the key file is open to group or others; chmod 600 it",
	.missing = "the key file does not exist",
	.not_regular = "the key file is not a regular file",
	.wrong_size = "a key file holds exactly 32 bytes, this one does not",
	.zeroes = "the key file holds only zeroes; make one with 'vault init'",
};

static const struct rules credential_rules = {
	.forbidden = S_IWGRP | S_IRWXO,
	.open_to_others = "others can read the credential, or the group can write it",
	.missing = "no credential of that name; LoadCredentialEncrypted= brings it",
	.not_regular = "the credential is not a regular file",
	.wrong_size = "a credential holds exactly 32 bytes, as a key file does; this one does not",
	.zeroes = "the credential holds only zeroes",
};

static int check_file(int fd, const struct rules *rules, const char **ret_reason)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		*ret_reason = "the key file cannot be examined";
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		*ret_reason = rules->not_regular;
		return -EINVAL;
	}
	if (st.st_mode & rules->forbidden) {
		*ret_reason = rules->open_to_others;
		return PST_E_UNSAFE;
	}
	if (st.st_size != PST_KEYRING_KEY_SIZE) {
		*ret_reason = rules->wrong_size;
		return -EINVAL;
	}
	return 0;
}

static int read_all(int fd, uint8_t *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EINVAL;
		}
		done += (size_t)n;
	}
	return 0;
}

static int read_key(int folder, const char *path, int flags, const struct rules *rules,
	uint8_t *ret_key, const char **ret_reason)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);

	if (fd < 0) {
		*ret_reason = errno == ENOENT ? rules->missing : "the key file cannot be opened";
		return -errno;
	}
	int status = check_file(fd, rules, ret_reason);
	if (status == 0) {
		status = read_all(fd, ret_key, PST_KEYRING_KEY_SIZE);
		if (status < 0) {
			*ret_reason = "the key file cannot be read";
		}
	}
	if (status == 0 && sodium_is_zero(ret_key, PST_KEYRING_KEY_SIZE)) {
		*ret_reason = rules->zeroes;
		status = -EINVAL;
	}
	if (status < 0) {
		sodium_memzero(ret_key, PST_KEYRING_KEY_SIZE);
	}
	(void)close(fd);
	return status;
}

int pst_keyfile_read(
	const char *path, uint8_t ret_key[PST_KEYRING_KEY_SIZE], const char **ret_reason)
{
	sodium_memzero(ret_key, PST_KEYRING_KEY_SIZE);
	return read_key(AT_FDCWD, path, 0, &file_rules, ret_key, ret_reason);
}

static int open_credentials(const char **ret_reason)
{
	const char *path = getenv("CREDENTIALS_DIRECTORY");
	struct stat st;

	if (!path || path[0] != '/') {
		*ret_reason = "no credentials here: $CREDENTIALS_DIRECTORY, which systemd sets for "
			      "a service, names no folder";
		return -ENOENT;
	}
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		*ret_reason = "the folder of credentials cannot be opened";
		return -errno;
	}
	if (fstat(folder, &st) < 0 || (st.st_mode & credential_rules.forbidden)) {
		*ret_reason = "others can look into the folder of credentials, or the group can "
			      "write there; systemd makes it private";
		(void)close(folder);
		return PST_E_UNSAFE;
	}
	return folder;
}

int pst_keyfile_read_credential(
	const char *name, uint8_t ret_key[PST_KEYRING_KEY_SIZE], const char **ret_reason)
{
	sodium_memzero(ret_key, PST_KEYRING_KEY_SIZE);
	if (!pst_keyfile_is_name(name, CREDENTIAL_NAME_SIZE)) {
		*ret_reason =
			"a credential's name is 1 to 64 letters, digits, - _ or ., and begins "
			"with a letter or digit";
		return -EINVAL;
	}
	int folder = open_credentials(ret_reason);
	if (folder < 0) {
		return folder;
	}
	int status = read_key(folder, name, O_NOFOLLOW, &credential_rules, ret_key, ret_reason);
	(void)close(folder);
	return status;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool pst_keyfile_is_name(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	return length > 0 && length < size && strspn(text, LETTERS) > 0 &&
	       strspn(text, LETTERS "-_.") == length && !strstr(text, "..");
}

int pst_keyfile_sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) + 1 : 0;

	if (length >= sizeof(folder)) {
		return -ENAMETOOLONG;
	}
	memcpy(folder, path, length);
	folder[length] = 0;
	int fd = open(length ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 || fsync(fd) < 0 ? -errno : 0;
	if (fd >= 0) {
		(void)close(fd);
	}
	return status;
}

static int write_key(int fd)
{
	void *key;
	int status = pst_secret_alloc(PST_KEYRING_KEY_SIZE, &key);

	if (status < 0) {
		return status;
	}
	randombytes_buf(key, PST_KEYRING_KEY_SIZE);
	ssize_t n = write(fd, key, PST_KEYRING_KEY_SIZE);
	if (n != PST_KEYRING_KEY_SIZE) {
		status = n < 0 ? -errno : -ENOSPC;
	} else if (fsync(fd) < 0) {
		status = -errno;
	}
	pst_secret_free(&key);
	return status;
}

int pst_keyring_make_key_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		return -errno;
	}
	int status = fchmod(fd, 0600) < 0 ? -errno : write_key(fd);
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

int pst_keyring_open_signer(
	struct pst_sign_key **ret_key, const char *path, const char **ret_reason)
{
	uint8_t *seed = NULL;
	const char *reason = "memory for the key cannot be locked";
	int status = pst_secret_alloc(PST_SIGN_SEED_SIZE, (void **)&seed);

	_Static_assert(PST_SIGN_SEED_SIZE == PST_KEYRING_KEY_SIZE, "a key file is a seed");
	if (status == 0) {
		status = pst_keyfile_read(path, seed, &reason);
	}
	if (status == 0) {
		status = pst_sign_key_open(ret_key, seed);
	}
	pst_secret_free((void **)&seed);
	if (status < 0 && ret_reason) {
		*ret_reason = reason;
	}
	return status;
}
