/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_STREAM_H
#define PST_CRYPTO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/keyring.h"

/*
 * A sealed file: bytes of any length, encrypted and authenticated in chunks, so that they can be
 * written and read one after the other (crypto_secretstream_xchacha20poly1305). Little endian:
 *
 *   0    magic 8, version 4, suite 4, kind of the key 4, bytes of a chunk 4
 *   24   ops limit 8, memory limit 8 (of a passphrase; else 0), salt 16, check value 32
 *   88   header of the stream 24
 *   112  chunks of 65536 + 17 bytes, the last one shorter, or not; it alone is marked as the last
 *
 * The key comes from a key file or a passphrase and the salt; no vault is needed. The check value
 * tells a wrong key from damage. The first chunk is bound to all that stands before it, and each
 * chunk to the one before. A file that ends without its last chunk was cut short.
 */

#define PST_STREAM_HEADER_SIZE 112
#define PST_STREAM_CHUNK 65536u
#define PST_STREAM_MAGIC_SIZE 8

/** @return whether a file that begins with these bytes is a sealed one */
bool pst_stream_is(const uint8_t *data, size_t size);

/** Writes one sealed file from its beginning to its end. One thread. */
struct pst_stream_writer;

/**
 * Begins a sealed file with a new random salt.
 *
 * @param fd          borrowed until close; written from where it stands
 * @param ret_reason  may be NULL; on failure a static sentence that says why
 * @return as pst_keyring_create(), or -errno of the first write
 */
int pst_stream_writer_open(struct pst_stream_writer **ret_writer, int fd,
	const struct pst_key_source *source, const char **ret_reason)
	__attribute__((warn_unused_result));

/** Appends bytes. @return 0; -errno: the file is of no use any more, all later calls say the same
 */
int pst_stream_write(struct pst_stream_writer *writer, const void *data, size_t size)
	__attribute__((warn_unused_result));

/** Writes the last chunk, without which the file counts as cut short. @return 0 or -errno */
int pst_stream_finish(struct pst_stream_writer *writer) __attribute__((warn_unused_result));

/** Wipes, frees and nulls. Accepts NULL. */
void pst_stream_writer_close(struct pst_stream_writer **writer);

/** Reads a sealed file in order. One thread. */
struct pst_stream_reader;

/**
 * Begins a sealed file with a key that nobody has, for what must not lie about in the clear for a
 * while: once the writer is closed, nobody can read it any more.
 *
 * @param fd  borrowed until close; at its beginning, also readable
 * @return 0; -ENOMEM; -errno of the first write
 */
int pst_stream_writer_open_own(struct pst_stream_writer **ret_writer, int fd)
	__attribute__((warn_unused_result));

/**
 * Opens what a writer with a key of its own has written and finished, from its beginning.
 *
 * @return 0; -ENOMEM; -errno; PST_E_CORRUPT
 */
int pst_stream_reader_open_own(struct pst_stream_reader **ret_reader,
	const struct pst_stream_writer *writer) __attribute__((warn_unused_result));

/**
 * Opens a sealed file; only its header is read.
 *
 * A passphrase costs about half a second and 256 MiB on purpose.
 *
 * @param fd          borrowed until close; at its beginning
 * @param ret_reason  may be NULL; on failure a static sentence that says why
 * @return 0
 *         PST_E_VAULT    sealed with another key
 *         PST_E_CORRUPT  not a sealed file, of an unknown version, or its header is damaged
 *         and as pst_keyring_create()
 */
int pst_stream_reader_open(struct pst_stream_reader **ret_reader, int fd,
	const struct pst_key_source *source, const char **ret_reason)
	__attribute__((warn_unused_result));

/**
 * Reads on. Every byte handed out was authenticated.
 *
 * @param ret_reason  may be NULL; on failure a static sentence that says why
 * @return bytes, less than size only at the end; 0 the end, and the file is whole
 *         PST_E_CORRUPT  damaged from here on, or cut short; all later calls say the same
 *         -errno
 */
ssize_t pst_stream_read(struct pst_stream_reader *reader, void *data, size_t size,
	const char **ret_reason) __attribute__((warn_unused_result));

/** Back to the first byte. @return 0 or -errno (the descriptor can't be set back) */
int pst_stream_rewind(struct pst_stream_reader *reader) __attribute__((warn_unused_result));

/** Wipes, frees and nulls. Accepts NULL. */
void pst_stream_reader_close(struct pst_stream_reader **reader);

#endif
