/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "crypto/stream.h"
#include "devices/bytes.h"
#include "devices/synthetic/synthetic.h"
#ifdef PST_HAVE_REPLAY
#include "devices/replay/replay.h"
#endif
#ifdef PST_HAVE_V4L2
#include "devices/v4l2/trace.h"
#include "devices/v4l2/v4l2.h"
#endif

#define MAGIC_SIZE 8

/* "rtsp:" and its like: no path that somebody means looks so. */
static int check_scheme(const char *uri, struct pst_error *error)
{
	static const char *const known[] = {"v4l2", "synth", "file", NULL};
	size_t length = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
	char scheme[32];

	if (length < 2 || length >= sizeof(scheme) || uri[length] != ':') {
		return 0;
	}
	memcpy(scheme, uri, length);
	scheme[length] = 0;
	if (pst_text_index(known, scheme) >= 0) {
		return 0;
	}
	const char *nearest = pst_text_nearest(known, scheme);
	return pst_error_set(error, PST_E_CONFIG,
		"%.256s: there are no '%s:' sources, only v4l2:, synth:, file: and paths%s%s%s; a "
		"file of that name is ./%.128s",
		uri, scheme, nearest ? "; did you mean '" : "", nearest ? nearest : "",
		nearest ? ":'?" : "", uri);
}

/* A file that is read through a key, or as it is. */
struct opened {
	int fd;
	struct pst_stream_reader *reader; /* NULL: as it is */
};

static ssize_t opened_read(void *user, void *data, size_t size, struct pst_error *error)
{
	struct opened *opened = user;
	const char *reason = "can't be read";
	ssize_t n = opened->reader ? pst_stream_read(opened->reader, data, size, &reason)
				   : pst_fd_read_full(opened->fd, data, size);

	return n < 0 ? pst_error_set(error, (int)n, "%s", reason) : n;
}

static int opened_rewind(void *user, struct pst_error *error)
{
	struct opened *opened = user;
	int status = 0;

	if (opened->reader) {
		status = pst_stream_rewind(opened->reader);
	} else if (lseek(opened->fd, 0, SEEK_SET) < 0) {
		status = -errno;
	}
	return status < 0 ? pst_error_set(error, status, "can't be read again") : 0;
}

static void opened_close(void *user)
{
	struct opened *opened = user;

	if (opened) {
		pst_stream_reader_close(&opened->reader);
		pst_fd_close(&opened->fd);
		free(opened);
	}
}

/* The part of a URI that names a file. @return whether there is one that can be looked into */
static bool file_of(const char *uri, char *path, size_t size)
{
	struct stat at;

	if (strncmp(uri, "file:", 5) == 0) {
		uri += 5;
	}
	size_t length = strcspn(uri, "?");
	if (length >= size) {
		return false;
	}
	memcpy(path, uri, length);
	path[length] = 0;
	return stat(path, &at) == 0 && S_ISREG(at.st_mode);
}

static int unseal(
	struct opened *opened, const char *path, struct pst_cli_key *key, struct pst_error *error)
{
	struct pst_key_source source;
	const char *reason = "can't be opened";

	if (!key || !pst_cli_key_is_given(key)) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: sealed; give the key it was sealed with: --key FILE, --credential "
			"NAME or --passphrase",
			path);
	}
	int status = pst_cli_key_source(key, /* twice= */ false, &source, error);

	if (status == 0) {
		status = pst_stream_reader_open(&opened->reader, opened->fd, &source, &reason);
	}
	if (status == PST_E_CORRUPT || status == PST_E_VAULT) {
		return pst_error_set(error, status, "%s: %s", path, reason);
	}
	/* What else there is, is about the key file. */
	return status < 0 ? pst_error_set(error, PST_E_VAULT, "%s: %s",
				    key->file ? key->file : path, reason)
			  : 0;
}

/* @param ret_magic  the first bytes of what is inside; zeroes where there are fewer */
static int look_inside(struct opened *opened, const char *path, struct pst_cli_key *key,
	uint8_t ret_magic[MAGIC_SIZE], struct pst_error *error)
{
	struct pst_error why = {0};
	uint8_t magic[MAGIC_SIZE] = {0};
	int status = 0;

	opened->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (opened->fd < 0 || pst_fd_read_full(opened->fd, magic, sizeof(magic)) < 0 ||
		lseek(opened->fd, 0, SEEK_SET) < 0) {
		status = -errno;
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be read: %s", path,
			pst_status_text(status));
	}
	if (pst_stream_is(magic, sizeof(magic))) {
		status = unseal(opened, path, key, error);
		memset(magic, 0, sizeof(magic));
		if (status == 0 && opened_read(opened, magic, sizeof(magic), &why) < 0) {
			status = pst_error_set(error, PST_E_DEVICE, "%s: %s", path, why.text);
		}
		if (status == 0) {
			status = opened_rewind(opened, error);
		}
	}
	memcpy(ret_magic, magic, sizeof(magic));
	return status;
}

static bool is_trace(const uint8_t magic[MAGIC_SIZE])
{
#ifdef PST_HAVE_V4L2
	return pst_trace_is(magic, MAGIC_SIZE);
#else
	return false;
#endif
}

/* Takes the opened file. */
static int open_inside(struct pst_device **ret_device, const char *uri, enum pst_pace pace,
	struct opened *opened, const uint8_t magic[MAGIC_SIZE], struct pst_error *error)
{
	const struct pst_input input = {opened_read, opened_rewind, opened_close, opened};

#ifdef PST_HAVE_V4L2
	if (is_trace(magic)) {
		return pst_trace_play(ret_device, uri, pace, &input, error);
	}
#endif
#ifdef PST_HAVE_REPLAY
	return pst_replay_open_input(ret_device, uri, pace, &input, error);
#else
	opened_close(opened);
	return pst_error_set(error, PST_E_NOT_IMPLEMENTED,
		"%s: this build has no recordings (feature replay)", uri);
#endif
}

static int open_file(struct pst_device **ret_device, const char *uri, enum pst_pace pace,
	struct pst_cli_key *key, bool *ret_sealed, struct pst_error *error)
{
	struct opened *opened = NULL;
	uint8_t magic[MAGIC_SIZE];
	char path[PATH_MAX];

	if (file_of(uri, path, sizeof(path))) {
		opened = calloc(1, sizeof(*opened));
		if (!opened) {
			return pst_error_set(error, -ENOMEM, "%s: out of memory", uri);
		}
		int status = look_inside(opened, path, key, magic, error);

		if (status < 0) {
			opened_close(opened);
			return status;
		}
		*ret_sealed = opened->reader != NULL;
		if (*ret_sealed || is_trace(magic)) {
			return open_inside(ret_device, uri, pace, opened, magic, error);
		}
		opened_close(opened);
	}
#ifdef PST_HAVE_REPLAY
	return pst_replay_open(ret_device, uri, pace, error);
#else
	return pst_error_set(error, PST_E_NOT_IMPLEMENTED,
		"%s: this build has no recordings (feature replay)", uri);
#endif
}

int pst_cli_source_open(struct pst_device **ret_device, const char *uri, enum pst_pace pace,
	struct pst_cli_key *key, bool *ret_sealed, struct pst_error *error)
{
	bool sealed = false;
	int status = check_scheme(uri, error);

	if (status == 0 && strncmp(uri, "synth:", 6) == 0) {
		status = pst_synth_open(ret_device, uri, pace, error);
	} else if (status == 0 && strncmp(uri, "v4l2:", 5) == 0) {
#ifdef PST_HAVE_V4L2
		status = pst_v4l2_open(ret_device, uri, error);
		if (status == PST_E_MISMATCH || status == -EACCES) {
			error->status = status = PST_E_DEVICE; /* how the command ends */
		}
#else
		status = pst_error_set(error, PST_E_NOT_IMPLEMENTED,
			"%s: this build has no cameras (feature v4l2)", uri);
#endif
	} else if (status == 0) {
		status = open_file(ret_device, uri, pace, key, &sealed, error);
	}
	if (ret_sealed) {
		*ret_sealed = sealed;
	}
	return status;
}
