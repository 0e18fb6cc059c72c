/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/escrow.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/box.h"
#include "crypto/keyfile.h"
#include "crypto/keyring_keys.h"
#include "crypto/little.h"
#include "crypto/ratchet_set.h"
#include "crypto/secret.h"
#include "postern/status.h"

#define VERSION 1u
#define AT_VERSION 8
#define AT_CLASSES 12
#define AT_VAULT 16
#define AT_MADE 32
#define AT_PUBLIC 40
#define AT_BOX 72

static const char magic[8] = {'P', 'S', 'T', 'N', 'E', 'S', 'C', 'R'};

_Static_assert(AT_BOX + PST_RATCHET_CLASSES * PST_RATCHET_EXPORT_SIZE + crypto_box_SEALBYTES +
			       PST_KEYRING_TAG_SIZE ==
		       PST_ESCROW_SIZE_MAX,
	"file layout");

/* Keys while they are worked with, in locked memory. */
struct working {
	uint8_t seed[PST_KEYRING_KEY_SIZE];
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	uint8_t public_key[crypto_box_PUBLICKEYBYTES];
	uint8_t classes[PST_RATCHET_CLASSES * PST_RATCHET_EXPORT_SIZE];
};

static int load_key(const char *path, struct working *working, const char **ret_reason)
{
	int status = pst_keyfile_read(path, working->seed, ret_reason);

	if (status == 0) {
		(void)crypto_box_seed_keypair(working->public_key, working->secret, working->seed);
	}
	return status;
}

static int begin(struct working **ret_working, const char **ret_reason)
{
	void *memory;
	int status = pst_secret_alloc(sizeof(struct working), &memory);

	*ret_working = memory;
	if (status < 0) {
		*ret_reason = "no memory that can be locked; raise the limit (ulimit -l)";
	}
	return status;
}

static void end(struct working **working)
{
	void *memory = *working;

	pst_secret_free(&memory);
	*working = NULL;
}

int pst_escrow_public(
	const char *key_path, uint8_t ret_public[PST_RATCHET_PUBLIC_SIZE], const char **ret_reason)
{
	struct working *working;
	const char *reason = NULL;
	int status = begin(&working, &reason);

	if (status == 0) {
		status = load_key(key_path, working, &reason);
	}
	memset(ret_public, 0, PST_RATCHET_PUBLIC_SIZE);
	if (status == 0) {
		memcpy(ret_public, working->public_key, PST_RATCHET_PUBLIC_SIZE);
	}
	end(&working);
	if (ret_reason) {
		*ret_reason = reason;
	}
	return status;
}

/* @return count of classes in working */
static uint32_t collect(const struct pst_keyring *ring, struct working *working)
{
	struct pst_ratchet_class class;
	uint32_t count = 0;

	for (unsigned i = 0; pst_ratchet_at(ring, i, &class); i++) {
		count += pst_ratchet_export(ring, class.retention,
				 working->classes + (size_t)count * PST_RATCHET_EXPORT_SIZE) == 0;
	}
	return count;
}

static void tag_of(const struct pst_keyring *ring, const uint8_t *bytes, size_t size,
	uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	uint8_t bound[8 + PST_ESCROW_SIZE_MAX] = "escrow";

	memcpy(bound + 8, bytes, size);
	pst_keyring_tag(ring, bound, 8 + size, ret_tag);
}

int pst_escrow_seal(const struct pst_keyring *ring,
	const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE], int64_t made_s,
	uint8_t ret_bytes[PST_ESCROW_SIZE_MAX], size_t *ret_size)
{
	struct working *working;
	const char *reason;
	int status = begin(&working, &reason);

	memset(ret_bytes, 0, PST_ESCROW_SIZE_MAX);
	*ret_size = 0;
	if (status < 0) {
		return status;
	}
	uint32_t count = collect(ring, working);
	size_t plain = (size_t)count * PST_RATCHET_EXPORT_SIZE;
	memcpy(ret_bytes, magic, sizeof(magic));
	ret_bytes[AT_VERSION] = VERSION;
	ret_bytes[AT_CLASSES] = (uint8_t)count;
	memcpy(ret_bytes + AT_VAULT, pst_keyring_id(ring), PST_KEYRING_ID_SIZE);
	little_put(ret_bytes + AT_MADE, (uint64_t)made_s, 8);
	memcpy(ret_bytes + AT_PUBLIC, public_key, PST_RATCHET_PUBLIC_SIZE);
	if (!pst_box_is_usable(public_key) ||
		crypto_box_seal(ret_bytes + AT_BOX, working->classes, plain, public_key) != 0) {
		status = -EINVAL;
		memset(ret_bytes, 0, PST_ESCROW_SIZE_MAX);
	} else {
		size_t size = AT_BOX + plain + crypto_box_SEALBYTES;

		tag_of(ring, ret_bytes, size, ret_bytes + size);
		*ret_size = size + PST_KEYRING_TAG_SIZE;
	}
	end(&working);
	return status;
}

int pst_escrow_check(const struct pst_keyring *ring, const uint8_t *bytes, size_t size,
	struct pst_escrow *ret_escrow)
{
	static const uint8_t known[4] = {VERSION, 0, 0, 0};
	uint8_t tag[PST_KEYRING_TAG_SIZE];

	*ret_escrow = (struct pst_escrow){0};
	if (size < AT_BOX || memcmp(bytes, magic, sizeof(magic)) != 0 ||
		memcmp(bytes + AT_VERSION, known, sizeof(known)) != 0 ||
		bytes[AT_CLASSES] > PST_RATCHET_CLASSES || bytes[AT_CLASSES + 1] != 0 ||
		bytes[AT_CLASSES + 2] != 0 || bytes[AT_CLASSES + 3] != 0) {
		return PST_E_CORRUPT;
	}
	size_t tagged =
		AT_BOX + (size_t)bytes[AT_CLASSES] * PST_RATCHET_EXPORT_SIZE + crypto_box_SEALBYTES;
	if (size != tagged + PST_KEYRING_TAG_SIZE ||
		memcmp(bytes + AT_VAULT, pst_keyring_id(ring), PST_KEYRING_ID_SIZE) != 0) {
		return PST_E_CORRUPT;
	}
	tag_of(ring, bytes, tagged, tag);
	if (sodium_memcmp(tag, bytes + tagged, sizeof(tag)) != 0) {
		return PST_E_CORRUPT;
	}
	ret_escrow->classes = bytes[AT_CLASSES];
	ret_escrow->made_s = (int64_t)little_get(bytes + AT_MADE, 8);
	memcpy(ret_escrow->public_key, bytes + AT_PUBLIC, PST_RATCHET_PUBLIC_SIZE);
	return 0;
}

static int take(struct pst_keyring *ring, struct working *working, const uint8_t *bytes,
	const struct pst_escrow *escrow, const char **ret_reason)
{
	size_t sealed = (size_t)escrow->classes * PST_RATCHET_EXPORT_SIZE + crypto_box_SEALBYTES;
	int status = 0;

	if (sodium_memcmp(working->public_key, escrow->public_key, PST_RATCHET_PUBLIC_SIZE) != 0) {
		*ret_reason = "sealed to another recovery key";
		return PST_E_VAULT;
	}
	if (crypto_box_seal_open(working->classes, bytes + AT_BOX, sealed, working->public_key,
		    working->secret) != 0) {
		*ret_reason = "damaged";
		return PST_E_CORRUPT;
	}
	for (uint32_t i = 0; i < escrow->classes && status == 0; i++) {
		status = pst_ratchet_import(
			ring, working->classes + (size_t)i * PST_RATCHET_EXPORT_SIZE);
	}
	*ret_reason = "what it holds is not as it has to be";
	return status;
}

int pst_escrow_open(struct pst_keyring *ring, const char *key_path, const uint8_t *bytes,
	size_t size, struct pst_escrow *ret_escrow, const char **ret_reason)
{
	struct working *working;
	const char *reason = "damaged, or of another vault";
	int status = pst_escrow_check(ring, bytes, size, ret_escrow);

	if (status == 0) {
		status = begin(&working, &reason);
		if (status == 0) {
			status = load_key(key_path, working, &reason);
		}
		if (status == 0) {
			status = take(ring, working, bytes, ret_escrow, &reason);
		}
		end(&working);
	}
	if (ret_reason) {
		*ret_reason = reason;
	}
	return status;
}
