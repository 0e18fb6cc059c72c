/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/stream.h"
#include "postern/status.h"

#define TAG 17u
#define SEALED (PST_STREAM_CHUNK + TAG)

static char key_path[] = "/tmp/postern-stream-XXXXXX";
static struct pst_key_source key;
static uint8_t plain[3 * PST_STREAM_CHUNK + 100];
static int file;

static void set_up(void)
{
	int fd = mkstemp(key_path);

	cr_assert(fd >= 0);
	(void)close(fd);
	(void)unlink(key_path);
	cr_assert_eq(pst_keyring_make_key_file(key_path), 0);
	key = (struct pst_key_source){.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	for (size_t i = 0; i < sizeof(plain); i++) {
		plain[i] = (uint8_t)(i * 7 + i / 251);
	}
	file = memfd_create("stream", MFD_CLOEXEC);
	cr_assert(file >= 0);
}

static void tear_down(void)
{
	(void)unlink(key_path);
	(void)close(file);
}

TestSuite(stream, .init = set_up, .fini = tear_down);

/* Seals the first bytes of plain, in parts of a size. */
static void seal(size_t size, size_t part)
{
	struct pst_stream_writer *writer;
	const char *reason = "";

	cr_assert_eq(ftruncate(file, 0), 0);
	(void)lseek(file, 0, SEEK_SET);
	cr_assert_eq(pst_stream_writer_open(&writer, file, &key, &reason), 0, "%s", reason);
	for (size_t at = 0; at < size; at += part) {
		cr_assert_eq(
			pst_stream_write(writer, plain + at, part < size - at ? part : size - at),
			0);
	}
	cr_assert_eq(pst_stream_finish(writer), 0);
	pst_stream_writer_close(&writer);
	cr_assert_null(writer);
}

static struct pst_stream_reader *open_reader(void)
{
	struct pst_stream_reader *reader;
	const char *reason = "";

	(void)lseek(file, 0, SEEK_SET);
	cr_assert_eq(pst_stream_reader_open(&reader, file, &key, &reason), 0, "%s", reason);
	return reader;
}

/* Reads to the end or to the first failure. @return what the last read said */
static ssize_t read_whole(
	struct pst_stream_reader *reader, size_t part, size_t *ret_size, const char **ret_reason)
{
	static uint8_t got[sizeof(plain) + 1000];
	ssize_t n;

	*ret_size = 0;
	while ((n = pst_stream_read(reader, got + *ret_size, part, ret_reason)) > 0) {
		*ret_size += (size_t)n;
		cr_assert_leq(*ret_size, sizeof(plain));
	}
	cr_assert_arr_eq(got, plain, *ret_size);
	return n;
}

static size_t file_size(void)
{
	return (size_t)lseek(file, 0, SEEK_END);
}

Test(stream, opens_what_it_sealed_whatever_its_size)
{
	const size_t sizes[] = {0, 1, 1000, PST_STREAM_CHUNK - 1, PST_STREAM_CHUNK,
		PST_STREAM_CHUNK + 1, 2 * PST_STREAM_CHUNK, sizeof(plain)};
	const size_t parts[] = {77777, 1000000, 4096};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size;

		seal(sizes[i], parts[i % 3]);
		struct pst_stream_reader *reader = open_reader();
		cr_expect_eq(read_whole(reader, parts[(i + 1) % 3], &size, NULL), 0);
		cr_expect_eq(size, sizes[i]);
		cr_assert_eq(pst_stream_rewind(reader), 0);
		cr_expect_eq(read_whole(reader, 100, &size, NULL), 0);
		cr_expect_eq(size, sizes[i], "after a rewind");
		pst_stream_reader_close(&reader);
		cr_expect_null(reader);
	}
}

Test(stream, nothing_of_the_content_can_be_seen)
{
	memset(plain, 'p', sizeof(plain));
	seal(1000, 1000);
	size_t size = file_size();
	uint8_t *sealed = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);

	cr_assert_neq(sealed, MAP_FAILED);
	cr_expect(pst_stream_is(sealed, size));
	cr_expect_not(pst_stream_is(sealed, 7));
	cr_expect_null(memmem(sealed, size, "pppp", 4));
}

Test(stream, a_cut_is_told_wherever_it_is)
{
	seal(sizeof(plain), sizeof(plain));
	size_t whole = file_size();
	const size_t cuts[] = {whole - 1, PST_STREAM_HEADER_SIZE + 3 * SEALED,
		PST_STREAM_HEADER_SIZE + SEALED, PST_STREAM_HEADER_SIZE + SEALED / 2,
		PST_STREAM_HEADER_SIZE};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		const char *reason = "";
		size_t size;

		cr_assert_eq(ftruncate(file, (off_t)cuts[i]), 0);
		struct pst_stream_reader *reader = open_reader();
		cr_expect_eq(read_whole(reader, 1000, &size, &reason), PST_E_CORRUPT);
		cr_expect_not_null(strstr(reason, "cut short"), "cut at %zu: %s", cuts[i], reason);
		cr_expect_eq(size, (cuts[i] - PST_STREAM_HEADER_SIZE) / SEALED * PST_STREAM_CHUNK);
		pst_stream_reader_close(&reader);
	}
	for (size_t cut = 0; cut < PST_STREAM_HEADER_SIZE; cut += 37) {
		struct pst_stream_reader *reader;

		cr_assert_eq(ftruncate(file, (off_t)cut), 0);
		(void)lseek(file, 0, SEEK_SET);
		cr_expect_eq(pst_stream_reader_open(&reader, file, &key, NULL), PST_E_CORRUPT);
		cr_expect_null(reader);
	}
}

Test(stream, no_changed_byte_is_handed_out)
{
	seal(2 * PST_STREAM_CHUNK, 1000000);
	size_t whole = file_size();
	uint8_t *sealed = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	cr_assert_neq(sealed, MAP_FAILED);
	for (size_t at = 0; at < whole; at += at < 200 ? 1 : 9973) {
		struct pst_stream_reader *reader;
		const char *reason = "";
		size_t size = 0;

		sealed[at] ^= 0x40;
		(void)lseek(file, 0, SEEK_SET);
		int status = pst_stream_reader_open(&reader, file, &key, &reason);
		if (status == 0) {
			status = (int)read_whole(reader, 5000, &size, &reason);
		}
		cr_expect(status == PST_E_CORRUPT || status == PST_E_VAULT, "byte %zu: %d", at,
			status);
		cr_expect_eq(size % PST_STREAM_CHUNK, 0);
		pst_stream_reader_close(&reader);
		sealed[at] ^= 0x40;
	}
}

Test(stream, chunks_in_another_order_are_damage)
{
	seal(sizeof(plain), sizeof(plain));
	uint8_t *sealed = mmap(NULL, file_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	uint8_t *second = sealed + PST_STREAM_HEADER_SIZE + SEALED;
	const char *reason = "";
	size_t size;

	cr_assert_neq(sealed, MAP_FAILED);
	memcpy(second, second + SEALED, SEALED);
	struct pst_stream_reader *reader = open_reader();
	cr_expect_eq(read_whole(reader, 5000, &size, &reason), PST_E_CORRUPT);
	cr_expect_eq(size, PST_STREAM_CHUNK);
	cr_expect_not_null(strstr(reason, "damaged"), "%s", reason);
	pst_stream_reader_close(&reader);
}

Test(stream, what_follows_the_end_is_damage)
{
	seal(10, 10);
	cr_assert_eq(pwrite(file, "x", 1, (off_t)file_size()), 1);
	struct pst_stream_reader *reader = open_reader();
	const char *reason = "";
	size_t size;

	cr_expect_eq(read_whole(reader, 5000, &size, &reason), PST_E_CORRUPT);
	cr_expect_eq(size, 0);
	pst_stream_reader_close(&reader);
}

Test(stream, another_key_is_told_from_damage)
{
	char other[] = "/tmp/postern-stream-XXXXXX";
	struct pst_key_source wrong = {.kind = PST_KEY_SOURCE_FILE, .path = other};
	struct pst_key_source words = {.kind = PST_KEY_SOURCE_PASSPHRASE,
		.passphrase = "a passphrase",
		.passphrase_size = 12};
	struct pst_stream_reader *reader;
	const char *reason = "";
	int fd = mkstemp(other);

	(void)close(fd);
	(void)unlink(other);
	cr_assert_eq(pst_keyring_make_key_file(other), 0);
	seal(10, 10);
	(void)lseek(file, 0, SEEK_SET);
	cr_expect_eq(pst_stream_reader_open(&reader, file, &wrong, &reason), PST_E_VAULT);
	cr_expect_not_null(strstr(reason, "wrong key"), "%s", reason);
	(void)lseek(file, 0, SEEK_SET);
	cr_expect_eq(pst_stream_reader_open(&reader, file, &words, &reason), PST_E_VAULT);
	cr_expect_not_null(strstr(reason, "key file"), "%s", reason);
	(void)unlink(other);
	(void)lseek(file, 0, SEEK_SET);
	cr_expect_eq(pst_stream_reader_open(&reader, file, &wrong, &reason), -ENOENT);
	cr_expect_null(reader);
}

Test(stream, a_passphrase_does_too)
{
	struct pst_key_source words = {.kind = PST_KEY_SOURCE_PASSPHRASE,
		.passphrase = "a passphrase",
		.passphrase_size = 12};
	struct pst_key_source others = words;
	struct pst_stream_reader *reader;
	const char *reason = "";
	size_t size;

	key = words;
	seal(1000, 1000);
	reader = open_reader();
	cr_expect_eq(read_whole(reader, 5000, &size, NULL), 0);
	cr_expect_eq(size, 1000);
	pst_stream_reader_close(&reader);
	others.passphrase = "A passphrase";
	(void)lseek(file, 0, SEEK_SET);
	cr_expect_eq(pst_stream_reader_open(&reader, file, &others, &reason), PST_E_VAULT);
	others.passphrase_size = 7;
	(void)lseek(file, 0, SEEK_SET);
	cr_expect_eq(pst_stream_reader_open(&reader, file, &others, &reason), -EINVAL);
}

Test(stream, a_writer_reads_back_what_nobody_else_can)
{
	struct pst_stream_writer *writer;
	struct pst_stream_reader *reader;
	size_t size;

	cr_assert_eq(pst_stream_writer_open_own(&writer, file), 0);
	cr_assert_eq(pst_stream_write(writer, plain, sizeof(plain)), 0);
	cr_assert_eq(pst_stream_finish(writer), 0);
	cr_assert_eq(pst_stream_reader_open_own(&reader, writer), 0);
	cr_expect_eq(read_whole(reader, 5000, &size, NULL), 0);
	cr_expect_eq(size, sizeof(plain));
	pst_stream_reader_close(&reader);
	pst_stream_writer_close(&writer);
	(void)lseek(file, 0, SEEK_SET);
	cr_expect_eq(pst_stream_reader_open(&reader, file, &key, NULL), PST_E_VAULT);
}

Test(stream, no_key_is_refused)
{
	const struct pst_key_source none = {0};
	struct pst_stream_writer *writer;
	const char *reason = "";

	cr_expect_eq(pst_stream_writer_open(&writer, file, &none, &reason), -EINVAL);
	cr_expect_null(writer);
	cr_expect_not_null(strstr(reason, "--key"));
}

Test(stream, a_full_disk_is_told_and_stays)
{
	const struct rlimit limit = {100000, 100000};
	struct pst_stream_writer *writer;

	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(pst_stream_writer_open(&writer, file, &key, NULL), 0);
	int status = pst_stream_write(writer, plain, sizeof(plain));

	cr_expect_eq(status, -EFBIG, "%d", status);
	cr_expect_eq(pst_stream_write(writer, plain, 1), -EFBIG);
	cr_expect_eq(pst_stream_finish(writer), -EFBIG);
	pst_stream_writer_close(&writer);
}
