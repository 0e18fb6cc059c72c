/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/escrow.h"
#include "postern/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pst_keyring *ring;
static char recovery_path[32];
static uint8_t own[PST_ESCROW_SIZE_MAX];
static size_t own_size;

/* A key file without a name: it goes when the process does. */
static void make_key(char path[32], uint8_t mark)
{
	const uint8_t key[PST_KEYRING_KEY_SIZE] = {mark};
	int fd = memfd_create("key", MFD_CLOEXEC);

	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, key, sizeof(key)) != sizeof(key)) {
		abort();
	}
}

static void set_up(void)
{
	static char key_path[32];
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	const struct pst_ratchet_class class = {
		.retention = 5, .retention_s = 100 * 86400LL, .escrowed = true};
	uint8_t file[PST_KEYRING_FILE_SIZE], public_key[PST_RATCHET_PUBLIC_SIZE];

	make_key(key_path, 1);
	make_key(recovery_path, 2);
	if (pst_keyring_create(&ring, &source, file, NULL) < 0 ||
		pst_ratchet_add(ring, &class, 1700000000) < 0 ||
		pst_escrow_public(recovery_path, public_key, NULL) < 0 ||
		pst_escrow_seal(ring, public_key, 1700000000, own, &own_size) < 0) {
		abort();
	}
}

static void try_bytes(const uint8_t *bytes, size_t size)
{
	struct pst_escrow escrow;
	struct pst_ratchet_class class;

	pst_ratchet_clear(ring);
	int status = pst_escrow_open(ring, recovery_path, bytes, size, &escrow, NULL);

	if ((status == 0) != (size == own_size && memcmp(bytes, own, size) == 0) ||
		pst_ratchet_at(ring, 0, &class) != (status == 0)) {
		abort();
	}
}

/* As it comes, and as a list of changes to a real one: place 2, value 1. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[PST_ESCROW_SIZE_MAX];

	if (!ring) {
		set_up();
	}
	try_bytes(data, size);
	memcpy(bytes, own, own_size);
	for (size_t at = 0; at + 3 <= size; at += 3) {
		bytes[(size_t)(data[at] | data[at + 1] << 8) % own_size] ^= data[at + 2];
	}
	try_bytes(bytes, own_size);
	return 0;
}
