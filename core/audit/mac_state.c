/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/mac_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

static const char MAGIC[8] = {'P', 'S', 'T', 'N', 'A', 'M', 'A', 'C'};

#define VERSION 1
#define HAS_SEED 1u
#define HAS_VAULT 2u
#define BEGINS 4u
#define AT_SEALED 176
#define END (AT_SEALED + PST_MAC_SEALED_SIZE)

void pst_audit_slot_encode(const struct pst_audit_mac_state *state, struct pst_mac *mac,
	const struct pst_sign_key *key, uint8_t ret_slot[PST_AUDIT_SLOT_SIZE])
{
	memset(ret_slot, 0, PST_AUDIT_SLOT_SIZE);
	memcpy(ret_slot, MAGIC, sizeof(MAGIC));
	pst_bytes_put32(ret_slot + 8, VERSION);
	pst_bytes_put32(ret_slot + 12, state->name.epoch);
	memcpy(ret_slot + 16, state->name.log, sizeof(state->name.log));
	pst_bytes_put64(ret_slot + 32, state->counter);
	pst_bytes_put64(ret_slot + 40, state->sequence);
	pst_bytes_put64(ret_slot + 48, state->offset);
	pst_bytes_put64(ret_slot + 56, (state->has_seed ? HAS_SEED : 0) |
					       (state->has_vault ? HAS_VAULT : 0) |
					       (state->begins ? BEGINS : 0));
	memcpy(ret_slot + 64, state->hash, sizeof(state->hash));
	memcpy(ret_slot + 96, state->commitment, sizeof(state->commitment));
	memcpy(ret_slot + 128, state->vault.hash, sizeof(state->vault.hash));
	pst_bytes_put64(ret_slot + 160, state->vault.records);
	pst_bytes_put64(ret_slot + 168, state->vault.counter);
	pst_mac_seal(mac, key, ret_slot, AT_SEALED, ret_slot + AT_SEALED);
}

int pst_audit_slot_decode(const uint8_t slot[PST_AUDIT_SLOT_SIZE], const struct pst_sign_key *key,
	struct pst_audit_mac_state *ret_state, struct pst_mac **ret_mac)
{
	static const uint8_t zero[PST_AUDIT_SLOT_SIZE - END];
	uint64_t flags = pst_bytes_get64(slot + 56);

	*ret_mac = NULL;
	if (memcmp(slot, MAGIC, sizeof(MAGIC)) != 0 || pst_bytes_get32(slot + 8) != VERSION ||
		(flags & ~(uint64_t)(HAS_SEED | HAS_VAULT | BEGINS)) != 0 ||
		memcmp(slot + END, zero, sizeof(zero)) != 0) {
		return PST_E_CORRUPT;
	}
	*ret_state = (struct pst_audit_mac_state){
		.name.epoch = pst_bytes_get32(slot + 12),
		.counter = pst_bytes_get64(slot + 32),
		.sequence = pst_bytes_get64(slot + 40),
		.offset = pst_bytes_get64(slot + 48),
		.has_seed = flags & HAS_SEED,
		.has_vault = flags & HAS_VAULT,
		.begins = flags & BEGINS,
		.vault.records = pst_bytes_get64(slot + 160),
		.vault.counter = pst_bytes_get64(slot + 168),
	};
	memcpy(ret_state->name.log, slot + 16, sizeof(ret_state->name.log));
	memcpy(ret_state->hash, slot + 64, sizeof(ret_state->hash));
	memcpy(ret_state->commitment, slot + 96, sizeof(ret_state->commitment));
	memcpy(ret_state->vault.hash, slot + 128, sizeof(ret_state->vault.hash));
	return pst_mac_unseal(ret_mac, key, slot, AT_SEALED, slot + AT_SEALED);
}

int pst_audit_mac_make(const char *path, struct pst_audit_mac_state *state, struct pst_mac *mac,
	const struct pst_sign_key *key, struct pst_error *error)
{
	uint8_t file[PST_AUDIT_MAC_FILE_SIZE];

	state->counter = 1;
	pst_audit_slot_encode(state, mac, key, file);
	pst_audit_slot_encode(state, mac, key, file + PST_AUDIT_SLOT_SIZE);
	return pst_fd_replace_file(path, file, sizeof(file), 0600, error);
}

int pst_audit_mac_read(const char *path, const struct pst_sign_key *key,
	struct pst_audit_mac_state *ret_state, struct pst_mac **ret_mac)
{
	uint8_t file[PST_AUDIT_MAC_FILE_SIZE];
	struct pst_audit_mac_state state;
	struct pst_mac *mac;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*ret_mac = NULL;
	if (fd < 0) {
		return -errno;
	}
	ssize_t got = pst_fd_read_full(fd, file, sizeof(file));
	pst_fd_close(&fd);
	if (got != (ssize_t)sizeof(file)) {
		return got < 0 ? (int)got : PST_E_CORRUPT;
	}
	for (int i = 0; i < 2; i++) {
		int status =
			pst_audit_slot_decode(file + i * PST_AUDIT_SLOT_SIZE, key, &state, &mac);

		if (status < 0 && status != PST_E_CORRUPT) {
			pst_mac_close(ret_mac);
			return status;
		}
		if (status == 0 && (!*ret_mac || state.counter > ret_state->counter)) {
			pst_mac_close(ret_mac);
			*ret_mac = mac;
			*ret_state = state;
		} else {
			pst_mac_close(&mac);
		}
	}
	return *ret_mac ? 0 : PST_E_CORRUPT;
}

static int write_slot(int fd, unsigned slot, const uint8_t bytes[PST_AUDIT_SLOT_SIZE])
{
	size_t done = 0;

	while (done < PST_AUDIT_SLOT_SIZE) {
		ssize_t n = pwrite(fd, bytes + done, PST_AUDIT_SLOT_SIZE - done,
			(off_t)(slot * PST_AUDIT_SLOT_SIZE + done));

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -ENOSPC;
		}
		done += (size_t)n;
	}
	return fdatasync(fd) < 0 ? PST_E_UNSAFE : 0;
}

int pst_audit_mac_write(const char *path, struct pst_audit_mac_state *state, struct pst_mac *mac,
	const struct pst_sign_key *key, struct pst_error *error)
{
	uint8_t slot[PST_AUDIT_SLOT_SIZE];
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	/* An even counter is in slot 0 first: the other one holds the state before. */
	state->counter++;
	unsigned first = (unsigned)(state->counter % 2);
	pst_audit_slot_encode(state, mac, key, slot);
	int status = write_slot(fd, first, slot);
	if (status == 0) {
		status = write_slot(fd, 1 - first, slot);
	}
	pst_fd_close(&fd);
	if (status == PST_E_UNSAFE) {
		return pst_error_set(error, status, "%s: a sync failed", path);
	}
	return status < 0 ? pst_error_set(error, status, "%s: %s", path, strerror(-status)) : 0;
}
