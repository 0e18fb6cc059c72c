/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keyring.h"
#include "crypto/ratchet.h"
#include "crypto/seal.h"
#include "postern/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pst_keyring *ring;
static uint8_t own_file[PST_KEYRING_FILE_SIZE];
static char key_path[32];

/* A key file without a name: it goes when the process does. */
static void set_up(void)
{
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	const struct pst_ratchet_class class = {.retention = 1, .width_s = 1, .retention_s = 200};
	const uint8_t key[PST_KEYRING_KEY_SIZE] = {1};
	int fd = memfd_create("key", MFD_CLOEXEC);

	(void)snprintf(key_path, sizeof(key_path), "/proc/self/fd/%d", fd);
	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, key, sizeof(key)) != sizeof(key) ||
		pst_keyring_create(&ring, &source, own_file, NULL) < 0 ||
		pst_ratchet_add(ring, &class, 40) < 0) {
		abort();
	}
}

/* What a file says of its slots without a key is clean text, and nothing of it can be changed. */
static void try_slots(uint8_t *file, size_t size)
{
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	struct pst_keyring_slot slot;

	for (size_t i = 0; i <= PST_KEYRING_SLOTS; i++) {
		if (pst_keyring_slot_at(file, size, i, &slot) == 1 &&
			(strnlen(slot.label, sizeof(slot.label)) == sizeof(slot.label) ||
				strnlen(slot.provider, sizeof(slot.provider)) ==
					sizeof(slot.provider) ||
				strpbrk(slot.label, "/\n\x1b") || slot.created_s < 0)) {
			abort();
		}
	}
	if (size == sizeof(own_file) && memcmp(file, own_file, size) != 0 &&
		pst_keyring_remove_slot(file, &source, "file", NULL) != PST_E_CORRUPT &&
		pst_keyring_slot_of(file, &source, NULL) != PST_E_VAULT) {
		abort();
	}
}

static void try_file(const uint8_t *data, size_t size)
{
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	struct pst_keyring *opened;
	uint8_t *file = malloc(size ? size : 1);

	if (!file) {
		return;
	}
	memcpy(file, data, size);
	/* A file from outside that carries this vault's own check value gets further in. */
	if (size == sizeof(own_file) && data[0] & 1) {
		memcpy(file, own_file, sizeof(own_file));
		file[(data[1] | data[2] << 8) % sizeof(own_file)] ^= data[3];
	}
	if (pst_keyring_open(&opened, &source, file, size, NULL) == 0 &&
		memcmp(file, own_file, sizeof(own_file)) != 0) {
		abort();
	}
	try_slots(file, size);
	pst_keyring_close(&opened);
	free(file);
}

/* Header, wrap and body from outside: none may open, none may read out of bounds. */
static void try_unseal(const uint8_t *data, size_t size)
{
	const size_t fixed = PST_SEAL_HEADER_SIZE + PST_SEAL_WRAP_SIZE;

	if (size < fixed) {
		return;
	}
	size_t body_size = size - fixed;
	uint8_t *body = malloc(body_size ? body_size : 1);
	uint8_t *plain = malloc(body_size ? body_size : 1);
	struct pst_seal_place place = {.retention = data[64] % 3u, .bucket = data[68]};
	if (body && plain) {
		memcpy(body, data + fixed, body_size);
		if (pst_unseal(ring, place, data, data + PST_SEAL_HEADER_SIZE, body, body_size,
			    plain) >= 0) {
			abort();
		}
	}
	free(body);
	free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!ring) {
		set_up();
	}
	if (size > 4) {
		try_file(data, size);
	}
	try_unseal(data, size);
	return 0;
}
