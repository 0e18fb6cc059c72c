/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/ratchet.h"
#include "postern/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COUNTER 7

static struct pst_keyring *ring;
static uint8_t own[PST_RATCHET_SLOT_SIZE];

/* A key file without a name: it goes when the process does. */
static void set_up(void)
{
	static char key_path[32];
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
	const struct pst_ratchet_class class = {.retention = 5, .retention_s = 43200};
	const struct pst_ratchet_stamp stamp = {.clock_s = 1700000000};
	const uint8_t key[PST_KEYRING_KEY_SIZE] = {1};
	uint8_t file[PST_KEYRING_FILE_SIZE];
	int fd = memfd_create("key", MFD_CLOEXEC);

	(void)snprintf(key_path, sizeof(key_path), "/proc/self/fd/%d", fd);
	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, key, sizeof(key)) != sizeof(key) ||
		pst_keyring_create(&ring, &source, file, NULL) < 0 ||
		pst_ratchet_add(ring, &class, stamp.clock_s) < 0) {
		abort();
	}
	pst_ratchet_seal_slot(ring, COUNTER, &stamp, own);
}

/* An input is a list of changes to a real slot: place 2, value 1. */
static void change(uint8_t *slot, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 3 <= size; at += 3) {
		slot[(data[at] | data[at + 1] << 8) % PST_RATCHET_SLOT_SIZE] ^= data[at + 2];
	}
}

static void try_slot(const uint8_t *slot)
{
	struct pst_ratchet_stamp stamp;
	struct pst_ratchet_class class;
	uint64_t counter = 0;
	int status = pst_ratchet_open_slot(ring, slot, &counter, &stamp);

	if ((status == 0) != (memcmp(slot, own, sizeof(own)) == 0) ||
		(status == 0 && counter != COUNTER) || !pst_ratchet_at(ring, 0, &class) ||
		pst_ratchet_at(ring, 1, &class)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t slot[PST_RATCHET_SLOT_SIZE] = {0};

	if (!ring) {
		set_up();
	}
	memcpy(slot, data, size < sizeof(slot) ? size : sizeof(slot));
	try_slot(slot);
	memcpy(slot, own, sizeof(slot));
	change(slot, data, size);
	try_slot(slot);
	return 0;
}
