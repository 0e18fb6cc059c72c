/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/keyfile.h"
#include "crypto/secret.h"
#include "postern/status.h"

#define VERSION 1u
#define SUITE 1u /* XChaCha20-Poly1305 in secretstream, BLAKE2b, Argon2id */
#define AT_VERSION 8
#define AT_SUITE 12
#define AT_KIND 16
#define AT_CHUNK 20
#define AT_OPS 24
#define AT_MEMORY 32
#define AT_SALT 40
#define AT_CHECK 56
#define AT_STREAM 88

#define KEY_SIZE crypto_secretstream_xchacha20poly1305_KEYBYTES
#define CHECK_SIZE 32u
#define SALT_SIZE 16u
#define TAG_SIZE crypto_secretstream_xchacha20poly1305_ABYTES
#define SEALED_CHUNK (PST_STREAM_CHUNK + TAG_SIZE)
#define PASSPHRASE_MIN 8u
/* A file from elsewhere must not ask for a week of Argon2id. */
#define OPS_MAX 16u
#define MEMORY_MAX (1ull << 30)

static const char magic[PST_STREAM_MAGIC_SIZE] = {'P', 'S', 'T', 'N', 'S', 'E', 'A', 'L'};

_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES && KEY_SIZE == CHECK_SIZE, "key size");
_Static_assert(KEY_SIZE == PST_KEYRING_KEY_SIZE, "a key file is a key");
_Static_assert(SALT_SIZE == crypto_pwhash_SALTBYTES, "file layout");
_Static_assert(
	AT_STREAM + crypto_secretstream_xchacha20poly1305_HEADERBYTES == PST_STREAM_HEADER_SIZE,
	"file layout");

/* What both ends need, in locked memory as a whole: the keys. */
struct stream {
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t source[KEY_SIZE]; /* the key file's bytes, or the stretched passphrase */
	uint8_t salted[KEY_SIZE];
	uint8_t key[KEY_SIZE];
	uint8_t check[CHECK_SIZE];
	uint8_t header[PST_STREAM_HEADER_SIZE];
	int fd;
	bool first; /* the next chunk is the first one */
};

struct pst_stream_writer {
	struct stream *stream; /* owned, in locked memory */
	int status;	       /* of the first write that failed */
	size_t used;
	uint8_t plain[PST_STREAM_CHUNK];
	uint8_t sealed[SEALED_CHUNK];
};

struct pst_stream_reader {
	struct stream *stream; /* owned, in locked memory */
	int status;	       /* of the first read that failed */
	const char *reason;
	bool over; /* the last chunk was read */
	size_t at;
	size_t used;
	uint8_t plain[PST_STREAM_CHUNK];
	uint8_t sealed[SEALED_CHUNK];
};

static void put(uint8_t *to, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++) {
		to[i] = (uint8_t)(value >> (8 * i));
	}
}

static uint64_t get(const uint8_t *from, int bytes)
{
	uint64_t value = 0;

	for (int i = bytes - 1; i >= 0; i--) {
		value = value << 8 | from[i];
	}
	return value;
}

bool pst_stream_is(const uint8_t *data, size_t size)
{
	return size >= sizeof(magic) && memcmp(data, magic, sizeof(magic)) == 0;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static ssize_t read_all(int fd, uint8_t *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int stretch(
	struct stream *stream, const struct pst_key_source *source, const char **ret_reason)
{
	uint64_t ops = get(stream->header + AT_OPS, 8);
	uint64_t memory = get(stream->header + AT_MEMORY, 8);

	if (source->passphrase_size < PASSPHRASE_MIN) {
		*ret_reason = "a passphrase has at least 8 characters";
		return -EINVAL;
	}
	if (ops < crypto_pwhash_OPSLIMIT_MIN || ops > OPS_MAX ||
		memory < crypto_pwhash_MEMLIMIT_MIN || memory > MEMORY_MAX) {
		*ret_reason = "its header is damaged";
		return PST_E_CORRUPT;
	}
	if (crypto_pwhash(stream->source, KEY_SIZE, source->passphrase, source->passphrase_size,
		    stream->header + AT_SALT, ops, (size_t)memory,
		    crypto_pwhash_ALG_ARGON2ID13) != 0) {
		*ret_reason = "not enough memory to stretch the passphrase (256 MiB are needed)";
		return -ENOMEM;
	}
	return 0;
}

static int derive_keys(
	struct stream *stream, const struct pst_key_source *source, const char **ret_reason)
{
	int status;

	if (source->kind == PST_KEY_SOURCE_FILE) {
		status = pst_keyfile_read(source->path, stream->source, ret_reason);
	} else if (source->kind == PST_KEY_SOURCE_CREDENTIAL) {
		status =
			pst_keyfile_read_credential(source->credential, stream->source, ret_reason);
	} else if (source->kind == PST_KEY_SOURCE_PASSPHRASE) {
		status = stretch(stream, source, ret_reason);
	} else {
		*ret_reason = "no key given; use --key FILE, --credential NAME or --passphrase";
		status = -EINVAL;
	}
	if (status < 0) {
		return status;
	}
	(void)crypto_generichash(stream->salted, KEY_SIZE, stream->header + AT_SALT, SALT_SIZE,
		stream->source, KEY_SIZE);
	(void)crypto_kdf_derive_from_key(stream->key, KEY_SIZE, 1, "pstnstrm", stream->salted);
	(void)crypto_kdf_derive_from_key(stream->check, CHECK_SIZE, 2, "pstnstrm", stream->salted);
	sodium_memzero(stream->source, KEY_SIZE);
	sodium_memzero(stream->salted, KEY_SIZE);
	return 0;
}

/* A credential is a key file that comes another way. */
static uint64_t stored_kind(enum pst_key_source_kind kind)
{
	return kind == PST_KEY_SOURCE_CREDENTIAL ? PST_KEY_SOURCE_FILE : (uint64_t)kind;
}

static void fill_header(uint8_t *header, enum pst_key_source_kind kind)
{
	memcpy(header, magic, sizeof(magic));
	put(header + AT_VERSION, VERSION, 4);
	put(header + AT_SUITE, SUITE, 4);
	put(header + AT_KIND, stored_kind(kind), 4);
	put(header + AT_CHUNK, PST_STREAM_CHUNK, 4);
	if (kind == PST_KEY_SOURCE_PASSPHRASE) {
		put(header + AT_OPS, crypto_pwhash_OPSLIMIT_MODERATE, 8);
		put(header + AT_MEMORY, crypto_pwhash_MEMLIMIT_MODERATE, 8);
	}
	randombytes_buf(header + AT_SALT, SALT_SIZE);
}

int pst_stream_writer_open(struct pst_stream_writer **ret_writer, int fd,
	const struct pst_key_source *source, const char **ret_reason)
{
	const char *reason = "no memory that can be locked; raise the limit (ulimit -l)";
	struct pst_stream_writer *writer = calloc(1, sizeof(*writer));
	int status = writer ? pst_secret_alloc(sizeof(*writer->stream), (void **)&writer->stream)
			    : -ENOMEM;

	*ret_writer = NULL;
	if (status == 0) {
		writer->stream->fd = fd;
		writer->stream->first = true;
		fill_header(writer->stream->header, source->kind);
		status = derive_keys(writer->stream, source, &reason);
	}
	if (status == 0) {
		uint8_t *header = writer->stream->header;

		memcpy(header + AT_CHECK, writer->stream->check, CHECK_SIZE);
		(void)crypto_secretstream_xchacha20poly1305_init_push(
			&writer->stream->state, header + AT_STREAM, writer->stream->key);
		reason = "it can't be written";
		status = write_all(fd, header, PST_STREAM_HEADER_SIZE);
	}
	if (status < 0) {
		pst_stream_writer_close(&writer);
		if (ret_reason) {
			*ret_reason = reason;
		}
		return status;
	}
	*ret_writer = writer;
	return 0;
}

int pst_stream_writer_open_own(struct pst_stream_writer **ret_writer, int fd)
{
	struct pst_stream_writer *writer = calloc(1, sizeof(*writer));
	int status = writer ? pst_secret_alloc(sizeof(*writer->stream), (void **)&writer->stream)
			    : -ENOMEM;

	*ret_writer = NULL;
	if (status == 0) {
		struct stream *stream = writer->stream;

		stream->fd = fd;
		stream->first = true;
		fill_header(stream->header, PST_KEY_SOURCE_UNSET);
		randombytes_buf(stream->key, KEY_SIZE);
		(void)crypto_secretstream_xchacha20poly1305_init_push(
			&stream->state, stream->header + AT_STREAM, stream->key);
		status = write_all(fd, stream->header, PST_STREAM_HEADER_SIZE);
	}
	if (status < 0) {
		pst_stream_writer_close(&writer);
		return status;
	}
	*ret_writer = writer;
	return 0;
}

static int push(struct pst_stream_writer *writer, uint8_t tag)
{
	struct stream *stream = writer->stream;
	bool first = stream->first;

	(void)crypto_secretstream_xchacha20poly1305_push(&stream->state, writer->sealed, NULL,
		writer->plain, writer->used, first ? stream->header : NULL,
		first ? PST_STREAM_HEADER_SIZE : 0, tag);
	writer->status = write_all(stream->fd, writer->sealed, writer->used + TAG_SIZE);
	stream->first = false;
	writer->used = 0;
	return writer->status;
}

int pst_stream_write(struct pst_stream_writer *writer, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (writer->status == 0 && size > 0) {
		size_t room = PST_STREAM_CHUNK - writer->used;
		size_t part = size < room ? size : room;

		/* A full chunk waits for what follows: it may be the last one. */
		if (room == 0) {
			(void)push(writer, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
			continue;
		}
		memcpy(writer->plain + writer->used, from, part);
		writer->used += part;
		from += part;
		size -= part;
	}
	return writer->status;
}

int pst_stream_finish(struct pst_stream_writer *writer)
{
	if (writer->status < 0) {
		return writer->status;
	}
	return push(writer, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
}

void pst_stream_writer_close(struct pst_stream_writer **writer)
{
	if (*writer) {
		pst_secret_free((void **)&(*writer)->stream);
		sodium_memzero(*writer, sizeof(**writer));
		free(*writer);
		*writer = NULL;
	}
}

static int read_header(struct stream *stream, const char **ret_reason)
{
	const uint8_t *header = stream->header;
	ssize_t n = read_all(stream->fd, stream->header, PST_STREAM_HEADER_SIZE);

	if (n < 0) {
		*ret_reason = "it can't be read";
		return (int)n;
	}
	if (!pst_stream_is(header, (size_t)n)) {
		*ret_reason = "not a sealed file";
		return PST_E_CORRUPT;
	}
	if (n < PST_STREAM_HEADER_SIZE) {
		*ret_reason = "cut short, not even its header is whole";
		return PST_E_CORRUPT;
	}
	if (get(header + AT_VERSION, 4) != VERSION || get(header + AT_SUITE, 4) != SUITE ||
		get(header + AT_CHUNK, 4) != PST_STREAM_CHUNK) {
		*ret_reason = "sealed in a version this program does not know";
		return PST_E_CORRUPT;
	}
	return 0;
}

static int check_key(
	struct stream *stream, const struct pst_key_source *source, const char **ret_reason)
{
	if (get(stream->header + AT_KIND, 4) != stored_kind(source->kind) &&
		source->kind != PST_KEY_SOURCE_UNSET) {
		*ret_reason = stored_kind(source->kind) == PST_KEY_SOURCE_FILE
				      ? "sealed with a passphrase, not with a key file"
				      : "sealed with a key file, not with a passphrase";
		return PST_E_VAULT;
	}
	int status = derive_keys(stream, source, ret_reason);

	if (status == 0 &&
		sodium_memcmp(stream->check, stream->header + AT_CHECK, CHECK_SIZE) != 0) {
		*ret_reason = "wrong key: it was sealed with another one";
		status = PST_E_VAULT;
	}
	return status;
}

static void begin(struct pst_stream_reader *reader)
{
	struct stream *stream = reader->stream;

	(void)crypto_secretstream_xchacha20poly1305_init_pull(
		&stream->state, stream->header + AT_STREAM, stream->key);
	stream->first = true;
	reader->status = 0;
	reader->over = false;
	reader->at = reader->used = 0;
}

int pst_stream_reader_open(struct pst_stream_reader **ret_reader, int fd,
	const struct pst_key_source *source, const char **ret_reason)
{
	const char *reason = "no memory that can be locked; raise the limit (ulimit -l)";
	struct pst_stream_reader *reader = calloc(1, sizeof(*reader));
	int status = reader ? pst_secret_alloc(sizeof(*reader->stream), (void **)&reader->stream)
			    : -ENOMEM;

	*ret_reader = NULL;
	if (status == 0) {
		reader->stream->fd = fd;
		status = read_header(reader->stream, &reason);
	}
	if (status == 0) {
		status = check_key(reader->stream, source, &reason);
	}
	if (status < 0) {
		pst_stream_reader_close(&reader);
		if (ret_reason) {
			*ret_reason = reason;
		}
		return status;
	}
	begin(reader);
	*ret_reader = reader;
	return 0;
}

int pst_stream_reader_open_own(
	struct pst_stream_reader **ret_reader, const struct pst_stream_writer *writer)
{
	struct pst_stream_reader *reader = calloc(1, sizeof(*reader));
	const char *reason;
	int status = reader ? pst_secret_alloc(sizeof(*reader->stream), (void **)&reader->stream)
			    : -ENOMEM;

	*ret_reader = NULL;
	if (status == 0) {
		reader->stream->fd = writer->stream->fd;
		status = lseek(reader->stream->fd, 0, SEEK_SET) < 0 ? -errno : 0;
	}
	if (status == 0) {
		status = read_header(reader->stream, &reason);
	}
	if (status < 0) {
		pst_stream_reader_close(&reader);
		return status;
	}
	memcpy(reader->stream->key, writer->stream->key, KEY_SIZE);
	begin(reader);
	*ret_reader = reader;
	return 0;
}

static int fail(struct pst_stream_reader *reader, int status, const char *reason)
{
	reader->reason = reason;
	reader->status = status;
	return status;
}

static int pull(struct pst_stream_reader *reader)
{
	struct stream *stream = reader->stream;
	ssize_t n = read_all(stream->fd, reader->sealed, SEALED_CHUNK);
	unsigned long long size = 0;
	unsigned char tag = 0;
	uint8_t more;

	if (n < 0) {
		return fail(reader, (int)n, "it can't be read");
	}
	bool whole = (size_t)n == SEALED_CHUNK;
	if ((size_t)n < TAG_SIZE ||
		crypto_secretstream_xchacha20poly1305_pull(&stream->state, reader->plain, &size,
			&tag, reader->sealed, (unsigned long long)n,
			stream->first ? stream->header : NULL,
			stream->first ? PST_STREAM_HEADER_SIZE : 0) != 0) {
		sodium_memzero(reader->plain, PST_STREAM_CHUNK);
		return fail(reader, PST_E_CORRUPT,
			whole ? "damaged: what follows was changed after it was sealed"
			      : "cut short: its end is missing, or damaged");
	}
	stream->first = false;
	reader->at = 0;
	reader->used = (size_t)size;
	reader->over = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	if (reader->over) {
		return read_all(stream->fd, &more, 1) == 0
			       ? 0
			       : fail(reader, PST_E_CORRUPT, "damaged: bytes follow its end");
	}
	return whole ? 0 : fail(reader, PST_E_CORRUPT, "cut short: its end is missing");
}

ssize_t pst_stream_read(
	struct pst_stream_reader *reader, void *data, size_t size, const char **ret_reason)
{
	uint8_t *to = data;
	size_t done = 0;

	while (done < size && reader->status == 0) {
		size_t part = reader->used - reader->at;

		if (part == 0) {
			if (reader->over || pull(reader) < 0) {
				break;
			}
			continue;
		}
		part = part < size - done ? part : size - done;
		memcpy(to + done, reader->plain + reader->at, part);
		reader->at += part;
		done += part;
	}
	if (done == 0 && reader->status < 0) {
		if (ret_reason) {
			*ret_reason = reader->reason;
		}
		return reader->status;
	}
	return (ssize_t)done;
}

int pst_stream_rewind(struct pst_stream_reader *reader)
{
	if (lseek(reader->stream->fd, PST_STREAM_HEADER_SIZE, SEEK_SET) < 0) {
		return -errno;
	}
	begin(reader);
	return 0;
}

void pst_stream_reader_close(struct pst_stream_reader **reader)
{
	if (*reader) {
		pst_secret_free((void **)&(*reader)->stream);
		sodium_memzero(*reader, sizeof(**reader));
		free(*reader);
		*reader = NULL;
	}
}
