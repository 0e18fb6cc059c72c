/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/stream.h"
#include "postern/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OWN_SIZE (PST_STREAM_CHUNK + 1000)

static struct pst_key_source source;
static char key_path[32];
static uint8_t own[PST_STREAM_HEADER_SIZE + OWN_SIZE + (size_t)2 * 17];
static int file;

/* A key file without a name, and one file that it sealed. */
static void set_up(void)
{
	static const uint8_t plain[OWN_SIZE] = {1};
	const uint8_t key[PST_KEYRING_KEY_SIZE] = {1};
	struct pst_stream_writer *writer;
	int fd = memfd_create("key", MFD_CLOEXEC);

	(void)snprintf(key_path, sizeof(key_path), "/proc/self/fd/%d", fd);
	source = (struct pst_key_source){.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	file = memfd_create("stream", MFD_CLOEXEC);
	if (fd < 0 || file < 0 || fchmod(fd, 0600) < 0 ||
		write(fd, key, sizeof(key)) != sizeof(key) ||
		pst_stream_writer_open(&writer, file, &source, NULL) < 0 ||
		pst_stream_write(writer, plain, sizeof(plain)) < 0 ||
		pst_stream_finish(writer) < 0 || pread(file, own, sizeof(own), 0) != sizeof(own)) {
		abort();
	}
	pst_stream_writer_close(&writer);
}

/* Whatever opens must be the one file there is, and only its own bytes may come out. */
static void try_file(const uint8_t *bytes, size_t size)
{
	static uint8_t got[OWN_SIZE + 1];
	struct pst_stream_reader *reader;
	const char *reason = NULL;
	size_t total = 0;
	ssize_t n;

	if (ftruncate(file, 0) < 0 || pwrite(file, bytes, size, 0) != (ssize_t)size ||
		lseek(file, 0, SEEK_SET) < 0) {
		abort();
	}
	if (pst_stream_reader_open(&reader, file, &source, &reason) < 0) {
		if (!reason || reader) {
			abort();
		}
		return;
	}
	while ((n = pst_stream_read(reader, got, sizeof(got), &reason)) > 0) {
		total += (size_t)n;
	}
	if (total > OWN_SIZE || (n < 0 && !reason) ||
		(n == 0 && (size != sizeof(own) || memcmp(bytes, own, size) != 0))) {
		abort();
	}
	pst_stream_reader_close(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!source.path) {
		set_up();
	}
	try_file(data, size);
	/* This program's own file, cut and changed, gets further in. */
	if (size >= 5) {
		size_t at = (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % sizeof(own);
		size_t keep = data[4] & 1 ? at : sizeof(own);

		own[at] ^= data[3];
		try_file(own, keep);
		own[at] ^= data[3];
	}
	return 0;
}
