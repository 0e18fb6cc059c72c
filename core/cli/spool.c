/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/stream.h"

struct pst_cli_spool {
	char path[4096]; /* of the recording, for messages */
	int fd;
	struct pst_stream_writer *writer; /* NULL: empty */
	uint64_t count;
};

/* A limit on files is a full disk to whoever meets it. */
static int refuse(const struct pst_cli_spool *spool, int status, struct pst_error *error)
{
	return pst_error_set(error, status == -EFBIG ? -ENOSPC : status, "%s: can't be written: %s",
		spool->path, pst_status_text(status));
}

/* A file without a name; where there is no such thing, one that loses it at once. */
static int open_nameless(const char *path)
{
	char folder[4096];
	char name[4096];

	if (pst_text_copy(folder, sizeof(folder), path) < 0) {
		return -ENAMETOOLONG;
	}
	int fd = open(dirname(folder), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
		return fd < 0 ? -errno : fd;
	}
	if (snprintf(name, sizeof(name), "%s.part-XXXXXX", path) >= (int)sizeof(name)) {
		return -ENAMETOOLONG;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	(void)unlink(name);
	return fd;
}

int pst_cli_spool_open(struct pst_cli_spool **ret, const char *beside, struct pst_error *error)
{
	struct pst_cli_spool *spool = calloc(1, sizeof(*spool));

	if (!spool) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	(void)!pst_text_copy(spool->path, sizeof(spool->path), beside);
	spool->fd = open_nameless(beside);
	if (spool->fd < 0) {
		int status = refuse(spool, spool->fd, error);

		free(spool);
		return status;
	}
	*ret = spool;
	return 0;
}

struct part {
	const void *data;
	size_t size;
};

static int put(
	struct pst_cli_spool *spool, const struct part *part, size_t parts, struct pst_error *error)
{
	uint8_t bytes[4];
	uint64_t size = 0;
	int status = 0;

	for (size_t i = 0; i < parts; i++) {
		size += part[i].size;
	}
	if (size > PST_CLI_SPOOL_ITEM_MAX) {
		return refuse(spool, -EMSGSIZE, error);
	}
	if (!spool->writer) {
		status = pst_stream_writer_open_own(&spool->writer, spool->fd);
	}
	if (status == 0) {
		pst_bytes_put32(bytes, (uint32_t)size);
		status = pst_stream_write(spool->writer, bytes, sizeof(bytes));
	}
	for (size_t i = 0; status == 0 && i < parts; i++) {
		status = pst_stream_write(spool->writer, part[i].data, part[i].size);
	}
	spool->count += status == 0;
	return status < 0 ? refuse(spool, status, error) : 0;
}

int pst_cli_spool_put(
	struct pst_cli_spool *spool, const void *item, size_t size, struct pst_error *error)
{
	return put(spool, &(struct part){item, size}, 1, error);
}

int pst_cli_spool_put_frame(
	struct pst_cli_spool *spool, const struct pst_frame *frame, struct pst_error *error)
{
	struct part part[1 + PST_FRAME_PLANES_MAX] = {{frame, sizeof(*frame)}};

	for (int i = 0; i < PST_FRAME_PLANES_MAX; i++) {
		part[1 + i] = (struct part){frame->plane[i].data, frame->plane[i].size};
	}
	return put(spool, part, 1 + PST_FRAME_PLANES_MAX, error);
}

int pst_cli_spool_get_frame(
	const uint8_t *item, size_t size, struct pst_frame *ret_frame, struct pst_error *error)
{
	size_t at = sizeof(*ret_frame);

	if (size < at) {
		return pst_error_set(error, PST_E_CORRUPT, "recording: no frame");
	}
	memcpy(ret_frame, item, at);
	for (int i = 0; i < PST_FRAME_PLANES_MAX; i++) {
		ret_frame->plane[i].data = item + at;
		if (size - at < ret_frame->plane[i].size) {
			return pst_error_set(error, PST_E_CORRUPT, "recording: no whole frame");
		}
		at += ret_frame->plane[i].size;
	}
	return 0;
}

uint64_t pst_cli_spool_count(const struct pst_cli_spool *spool)
{
	return spool->count;
}

/* @return 1; 0 there is no more; -errno, PST_E_CORRUPT; or what each returned */
static int hand_over(struct pst_stream_reader *reader, pst_cli_spool_fn each, void *user,
	struct pst_error *error)
{
	uint8_t bytes[4];
	const char *reason = "";
	ssize_t n = pst_stream_read(reader, bytes, sizeof(bytes), &reason);

	if (n != sizeof(bytes)) {
		return n == 0 ? 0 : pst_error_set(error, PST_E_CORRUPT, "recording: %s", reason);
	}
	size_t size = pst_bytes_get32(bytes);
	uint8_t *item = malloc(size ? size : 1);

	if (!item) {
		return pst_error_set(error, -ENOMEM, "recording: out of memory");
	}
	int status = 0;

	n = pst_stream_read(reader, item, size, &reason);
	if (n != (ssize_t)size) {
		status = pst_error_set(error, PST_E_CORRUPT, "recording: %s", reason);
	} else {
		status = each(user, item, size, error);
	}
	pst_secret_wipe(item, size);
	free(item);
	return status < 0 ? status : 1;
}

int pst_cli_spool_drain(
	struct pst_cli_spool *spool, pst_cli_spool_fn each, void *user, struct pst_error *error)
{
	struct pst_stream_reader *reader = NULL;
	int status = 0;

	if (!spool->writer) {
		return 0;
	}
	status = pst_stream_finish(spool->writer);
	if (status == 0) {
		status = pst_stream_reader_open_own(&reader, spool->writer);
	}
	if (status < 0) {
		status = refuse(spool, status, error);
	} else {
		do {
			status = hand_over(reader, each, user, error);
		} while (status == 1);
	}
	pst_stream_reader_close(&reader);
	pst_cli_spool_forget(spool);
	return status;
}

void pst_cli_spool_forget(struct pst_cli_spool *spool)
{
	pst_stream_writer_close(&spool->writer);
	spool->count = 0;
	/* Without the key they are noise already; this gives the room back. */
	(void)!ftruncate(spool->fd, 0);
	(void)lseek(spool->fd, 0, SEEK_SET);
}

void pst_cli_spool_close(struct pst_cli_spool **spool)
{
	if (*spool) {
		pst_cli_spool_forget(*spool);
		pst_fd_close(&(*spool)->fd);
		free(*spool);
		*spool = NULL;
	}
}
