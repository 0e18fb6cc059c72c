/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/box.h"
#include "crypto/keyring.h"
#include "crypto/ratchet.h"
#include "crypto/seal.h"
#include "postern/status.h"

/*
 * Sealed records of both kinds of wrap, changed in places that the input names: unless nothing is
 * changed in the end, they must not open.
 *
 *   byte 0      bit 0: wrap of type 2; bits 1 to 3: by how much the body is shorter or longer
 *   then 3 each place 2 (of place, header, wrap and body, one behind the other), difference 1
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1700000000LL
#define PLAIN 64
#define BODY (PLAIN + PST_SEAL_OVERHEAD)
#define WRAP_MAX PST_BOX_WRAP_SIZE
#define LONGER 7

/* What lies behind each other for edits: the place as two words, header, wrap, body. */
struct sealed {
	uint32_t place[2];
	uint8_t header[PST_SEAL_HEADER_SIZE];
	uint8_t wrap[WRAP_MAX];
	uint8_t body[BODY + LONGER];
};

static struct pst_keyring *ring;
static struct sealed whole[2];
static uint8_t plain[PLAIN];

static void must(int status)
{
	if (status < 0) {
		abort();
	}
}

static struct pst_keyring *make_ring(void)
{
	static uint8_t file[PST_KEYRING_FILE_SIZE];
	const uint8_t key[PST_KEYRING_KEY_SIZE] = {1};
	struct pst_keyring *made;
	char path[32];
	int fd = memfd_create("key", MFD_CLOEXEC);
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = path};

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, key, sizeof(key)) != sizeof(key)) {
		abort();
	}
	must(pst_keyring_create(&made, &source, file, NULL));
	return made;
}

static void set_up(void)
{
	const struct pst_ratchet_class class = {
		.retention = 1, .width_s = 900, .retention_s = 43200};
	struct pst_seal_place place = {.retention = 1, .bucket = (uint32_t)(NOW / 900) + 7};
	uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];

	ring = make_ring();
	must(pst_ratchet_add(ring, &class, NOW));
	must(pst_ratchet_public(ring, place, public_key));
	for (int type = 0; type < 2; type++) {
		struct sealed *sealed = &whole[type];

		memset(plain, 0x5a, sizeof(plain));
		memset(sealed->header, 0x11 + type, sizeof(sealed->header));
		sealed->place[0] = place.retention;
		sealed->place[1] = place.bucket;
		must(type == 0 ? pst_seal(ring, place, sealed->header, plain, PLAIN, sealed->wrap,
					 sealed->body)
			       : pst_box_seal(public_key, sealed->header, plain, PLAIN,
					 sealed->wrap, sealed->body));
	}
}

static int open_sealed(const struct sealed *sealed, int type, size_t body_size, uint8_t *opened)
{
	struct pst_seal_place place = {.retention = sealed->place[0], .bucket = sealed->place[1]};
	/* Of its own size, so that a read beyond it is seen. */
	uint8_t *body = malloc(body_size);

	if (!body) {
		return -1;
	}
	memcpy(body, sealed->body, body_size);
	int status = type == 0 ? pst_unseal(ring, place, sealed->header, sealed->wrap, body,
					 body_size, opened)
			       : pst_box_open(ring, place, sealed->header, sealed->wrap, body,
					 body_size, opened);
	free(body);
	return status;
}

/* Bytes that the type has no use for may be whatever they are. */
static bool is_as_sealed(const struct sealed *sealed, int type, size_t body_size)
{
	size_t wrap_size = type == 0 ? PST_SEAL_WRAP_SIZE : PST_BOX_WRAP_SIZE;

	return body_size == BODY &&
	       memcmp(sealed->place, whole[type].place, sizeof(sealed->place)) == 0 &&
	       memcmp(sealed->header, whole[type].header, sizeof(sealed->header)) == 0 &&
	       memcmp(sealed->wrap, whole[type].wrap, wrap_size) == 0 &&
	       memcmp(sealed->body, whole[type].body, BODY) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t opened[BODY + LONGER];
	struct sealed sealed;

	if (!ring) {
		set_up();
	}
	if (size == 0) {
		return 0;
	}
	int type = data[0] & 1;
	size_t body_size = (size_t)BODY + LONGER - (data[0] >> 1 & 7) * (data[0] & 0x80 ? 12 : 1);
	sealed = whole[type];
	for (size_t i = 1; i + 3 <= size; i += 3) {
		size_t at = (size_t)(data[i] | data[i + 1] << 8) % sizeof(sealed);

		((uint8_t *)&sealed)[at] ^= data[i + 2];
	}
	int status = open_sealed(&sealed, type, body_size, opened);
	bool untouched = is_as_sealed(&sealed, type, body_size);
	if ((status == 0) != untouched || (untouched && memcmp(opened, plain, PLAIN) != 0)) {
		abort();
	}
	return 0;
}
