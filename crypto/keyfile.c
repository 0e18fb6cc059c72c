/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/secret.h"
#include "postern/status.h"

static int check_file(int fd, const char **ret_reason)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		*ret_reason = "the key file cannot be examined";
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		*ret_reason = "the key file is not a regular file";
		return -EINVAL;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		*ret_reason = "the key file is open to group or others; chmod 600 it";
		return PST_E_UNSAFE;
	}
	if (st.st_size != PST_KEYRING_KEY_SIZE) {
		*ret_reason = "a key file holds exactly 32 bytes, this one does not";
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

int pst_keyfile_read(
	const char *path, uint8_t ret_key[PST_KEYRING_KEY_SIZE], const char **ret_reason)
{
	sodium_memzero(ret_key, PST_KEYRING_KEY_SIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		*ret_reason = errno == ENOENT ? "the key file does not exist"
					      : "the key file cannot be opened";
		return -errno;
	}
	int status = check_file(fd, ret_reason);
	if (status == 0) {
		status = read_all(fd, ret_key, PST_KEYRING_KEY_SIZE);
		if (status < 0) {
			*ret_reason = "the key file cannot be read";
		}
	}
	if (status == 0 && sodium_is_zero(ret_key, PST_KEYRING_KEY_SIZE)) {
		*ret_reason = "the key file holds only zeroes; make one with 'vault init'";
		status = -EINVAL;
	}
	if (status < 0) {
		sodium_memzero(ret_key, PST_KEYRING_KEY_SIZE);
	}
	(void)close(fd);
	return status;
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
