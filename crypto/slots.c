/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/slots.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "crypto/derive.h"
#include "crypto/keyfile.h"
#include "crypto/little.h"
#include "postern/status.h"

#define AT_CREATED 8
#define AT_LABEL 16
#define AT_OPS 48
#define AT_MEMORY 56
#define AT_SALT 64
#define AT_CHECK 80
#define AT_PROVIDER 112
#define AT_BLOB_SIZE 144
#define AT_BLOB 160
#define AT_NONCE 368
#define AT_WRAPPED 392
#define BOUND_SIZE AT_NONCE

/* Of version 1: 160 bytes, without label, time and provider. */
#define OLD_AT 48
#define OLD_SIZE 160u
#define OLD_AT_OPS 8
#define OLD_AT_NONCE 72
#define OLD_AT_WRAPPED 96
#define OLD_BOUND_SIZE OLD_AT_NONCE
#define PARAMETERS_SIZE (AT_CHECK + KEY_SIZE - AT_OPS)

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SALT_SIZE crypto_pwhash_SALTBYTES
#define PASSPHRASE_MIN 8u
/* A file from elsewhere must not ask for a week of Argon2id. */
#define OPS_MAX 16u
#define MEMORY_MAX (1ull << 30)

_Static_assert(KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "key size");
_Static_assert(AT_LABEL + PST_KEYRING_LABEL_SIZE == AT_OPS &&
		       AT_PROVIDER + PST_PROVIDER_NAME_SIZE == AT_BLOB_SIZE &&
		       AT_BLOB + PST_PROVIDER_BLOB_MAX == AT_NONCE &&
		       AT_WRAPPED + KEY_SIZE + TAG_SIZE <= SLOTS_SIZE,
	"slot layout");
_Static_assert(PST_PROVIDER_SECRET_SIZE == KEY_SIZE, "a provider's secret is a key");
_Static_assert(SALT_SIZE == 16 && NONCE_SIZE == 24 && TAG_SIZE == 16, "file layout");

static int stretch(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *slot, const char **ret_reason)
{
	uint64_t ops = little_get(slot + AT_OPS, 8);
	uint64_t memory = little_get(slot + AT_MEMORY, 8);

	if (ops < crypto_pwhash_OPSLIMIT_MIN || ops > OPS_MAX ||
		memory < crypto_pwhash_MEMLIMIT_MIN || memory > MEMORY_MAX) {
		*ret_reason = "the vault's key slots are damaged";
		return PST_E_CORRUPT;
	}
	if (crypto_pwhash(work->slot_key, KEY_SIZE, source->passphrase, source->passphrase_size,
		    slot + AT_SALT, ops, (size_t)memory, crypto_pwhash_ALG_ARGON2ID13) != 0) {
		*ret_reason = "not enough memory to stretch the passphrase (256 MiB are needed)";
		return -ENOMEM;
	}
	return 0;
}

/* From the source and a slot's salt to the key that wraps the root, and its check value. */
static int slot_keys(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *slot, const char **ret_reason)
{
	if (source->kind == PST_KEY_SOURCE_PASSPHRASE) {
		int status = stretch(work, source, slot, ret_reason);

		if (status < 0) {
			return status;
		}
	} else {
		(void)crypto_generichash(work->slot_key, KEY_SIZE, slot + AT_SALT, SALT_SIZE,
			work->source, KEY_SIZE);
	}
	pst_derive(work->wrap_key, 1, "pstnwrap", work->slot_key);
	pst_derive(work->check, 2, "pstnchck", work->slot_key);
	return 0;
}

/* What a slot's own bytes have no part in: a provider's secret comes from its slot. */
static int load_source(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const char **ret_reason)
{
	switch (source->kind) {
	case PST_KEY_SOURCE_FILE:
		return pst_keyfile_read(source->path, work->source, ret_reason);
	case PST_KEY_SOURCE_CREDENTIAL:
		return pst_keyfile_read_credential(source->credential, work->source, ret_reason);
	case PST_KEY_SOURCE_PASSPHRASE:
		if (source->passphrase_size < PASSPHRASE_MIN) {
			*ret_reason = "a passphrase has at least 8 characters";
			return -EINVAL;
		}
		return 0;
	case PST_KEY_SOURCE_PROVIDER:
		return 0;
	case PST_KEY_SOURCE_UNSET:
	default:
		*ret_reason = "no key given; use --key FILE, --credential NAME or --passphrase";
		return -EINVAL;
	}
}

static bool is_bytes(enum pst_key_source_kind kind)
{
	return kind == PST_KEY_SOURCE_FILE || kind == PST_KEY_SOURCE_CREDENTIAL;
}

/* A slot's wrapped secret belongs to its salt, and so to this slot alone. */
static void bind_provider(const uint8_t *file, const uint8_t *slot, uint8_t ret_bound[32])
{
	(void)crypto_generichash(
		ret_bound, 32, file + SLOTS_AT_ID, PST_KEYRING_ID_SIZE, slot + AT_SALT, SALT_SIZE);
}

static void bind_slot(const uint8_t *file, const uint8_t *slot, uint8_t *to)
{
	memcpy(to, file + SLOTS_AT_ID, PST_KEYRING_ID_SIZE);
	memcpy(to + PST_KEYRING_ID_SIZE, slot, BOUND_SIZE);
}

static void wrap_root(const struct pst_key_slots_work *work, const uint8_t *file, uint8_t *slot)
{
	uint8_t bound[PST_KEYRING_ID_SIZE + BOUND_SIZE];

	memcpy(slot + AT_CHECK, work->check, KEY_SIZE);
	bind_slot(file, slot, bound);
	randombytes_buf(slot + AT_NONCE, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot + AT_WRAPPED, NULL, work->root,
		KEY_SIZE, bound, sizeof(bound), NULL, slot + AT_NONCE, work->wrap_key);
}

static int unwrap_root(struct pst_key_slots_work *work, const uint8_t *file, const uint8_t *slot)
{
	uint8_t bound[PST_KEYRING_ID_SIZE + BOUND_SIZE];

	bind_slot(file, slot, bound);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(work->root, NULL, NULL, slot + AT_WRAPPED,
		       KEY_SIZE + TAG_SIZE, bound, sizeof(bound), slot + AT_NONCE,
		       work->wrap_key) == 0
		       ? 0
		       : PST_E_CORRUPT;
}

static int fill_blob(struct pst_key_slots_work *work, const struct pst_provider *provider,
	const uint8_t *file, uint8_t *slot, const char **ret_reason)
{
	uint8_t bound[32];

	bind_provider(file, slot, bound);
	randombytes_buf(work->source, KEY_SIZE);
	int size = provider->wrap(provider->user, work->source, bound, slot + AT_BLOB, ret_reason);
	if (size < 0) {
		return size;
	}
	if (size == 0 || size > PST_PROVIDER_BLOB_MAX ||
		!pst_keyfile_is_name(provider->name, PST_PROVIDER_NAME_SIZE)) {
		*ret_reason = "the key provider answered what is no wrapped key";
		return -EINVAL;
	}
	(void)stpncpy((char *)slot + AT_PROVIDER, provider->name, PST_PROVIDER_NAME_SIZE - 1);
	little_put(slot + AT_BLOB_SIZE, (uint64_t)size, 2);
	return 0;
}

const char *pst_key_slots_label(const struct pst_key_source *source)
{
	static const char *const labels[] = {
		[PST_KEY_SOURCE_FILE] = "file",
		[PST_KEY_SOURCE_PASSPHRASE] = "passphrase",
		[PST_KEY_SOURCE_CREDENTIAL] = "credential",
		[PST_KEY_SOURCE_PROVIDER] = "provider",
	};

	return source->label ? source->label : labels[source->kind];
}

static int fill_slot(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, uint8_t *slot, const char **ret_reason)
{
	const char *label = pst_key_slots_label(source);

	if (!pst_keyfile_is_name(label, PST_KEYRING_LABEL_SIZE)) {
		*ret_reason = "a label is 1 to 31 letters, digits, - _ or ., and begins with a "
			      "letter or digit";
		return -EINVAL;
	}
	slot[0] = (uint8_t)source->kind;
	little_put(slot + AT_CREATED, (uint64_t)source->now_s, 8);
	(void)stpncpy((char *)slot + AT_LABEL, label, PST_KEYRING_LABEL_SIZE - 1);
	randombytes_buf(slot + AT_SALT, SALT_SIZE);
	if (source->kind == PST_KEY_SOURCE_PASSPHRASE) {
		little_put(slot + AT_OPS, crypto_pwhash_OPSLIMIT_MODERATE, 8);
		little_put(slot + AT_MEMORY, crypto_pwhash_MEMLIMIT_MODERATE, 8);
	}
	return source->kind == PST_KEY_SOURCE_PROVIDER
		       ? fill_blob(work, source->provider, file, slot, ret_reason)
		       : 0;
}

uint8_t *pst_key_slots_at(uint8_t *file, size_t index)
{
	return file + SLOTS_AT + index * SLOTS_SIZE;
}

int pst_key_slots_fill(struct pst_key_slots_work *work, const struct pst_key_source *source,
	uint8_t *file, size_t index, const char **ret_reason)
{
	uint8_t *slot = pst_key_slots_at(file, index);
	int status = load_source(work, source, ret_reason);

	memset(slot, 0, SLOTS_SIZE);
	if (status == 0) {
		status = fill_slot(work, source, file, slot, ret_reason);
	}
	if (status == 0) {
		status = slot_keys(work, source, slot, ret_reason);
	}
	if (status < 0) {
		memset(slot, 0, SLOTS_SIZE);
		return status;
	}
	wrap_root(work, file, slot);
	return 0;
}

/* @return 1 the slot's secret is in work->source, 0 it is of another provider or token */
static int ask_provider(struct pst_key_slots_work *work, const struct pst_provider *provider,
	const uint8_t *file, const uint8_t *slot, const char **ret_reason)
{
	uint8_t bound[32];
	uint64_t size = little_get(slot + AT_BLOB_SIZE, 2);

	if (strncmp((const char *)slot + AT_PROVIDER, provider->name, PST_PROVIDER_NAME_SIZE) !=
		0) {
		return 0;
	}
	if (size == 0 || size > PST_PROVIDER_BLOB_MAX) {
		*ret_reason = "the vault's key slots are damaged";
		return PST_E_CORRUPT;
	}
	bind_provider(file, slot, bound);
	int status = provider->unwrap(
		provider->user, slot + AT_BLOB, (size_t)size, bound, work->source, ret_reason);
	return status == 0 ? 1 : status == PST_E_NOT_FOUND ? 0 : status;
}

/* @return 1 the slot is the source's and its keys are in work, 0 it is not, or a status */
static int match_slot(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, const uint8_t *slot, const char **ret_reason)
{
	int status = 1;

	if (slot[0] != (uint8_t)source->kind &&
		!(is_bytes(source->kind) && is_bytes((enum pst_key_source_kind)slot[0]))) {
		return 0;
	}
	if (source->kind == PST_KEY_SOURCE_PROVIDER) {
		status = ask_provider(work, source->provider, file, slot, ret_reason);
	}
	if (status == 1) {
		status = slot_keys(work, source, slot, ret_reason);
		status = status < 0 ? status
				    : sodium_memcmp(work->check, slot + AT_CHECK, KEY_SIZE) == 0;
	}
	return status;
}

int pst_key_slots_find(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, const char **ret_reason)
{
	int status = load_source(work, source, ret_reason);

	for (size_t i = 0; status == 0 && i < PST_KEYRING_SLOTS; i++) {
		const uint8_t *slot = file + SLOTS_AT + i * SLOTS_SIZE;

		status = match_slot(work, source, file, slot, ret_reason);
		if (status == 1 && unwrap_root(work, file, slot) < 0) {
			*ret_reason = "the vault's key slots are damaged";
			return PST_E_CORRUPT;
		}
		if (status == 1) {
			return (int)i;
		}
	}
	if (status == 0) {
		*ret_reason = "wrong key: no key slot of the vault is this key's";
		status = PST_E_VAULT;
	}
	return status;
}

unsigned pst_key_slots_count(const uint8_t *file)
{
	unsigned count = 0;

	for (size_t i = 0; i < PST_KEYRING_SLOTS; i++) {
		count += file[SLOTS_AT + i * SLOTS_SIZE] != 0;
	}
	return count;
}

int pst_key_slots_labelled(const uint8_t *file, const char *label)
{
	for (size_t i = 0; i < PST_KEYRING_SLOTS; i++) {
		const uint8_t *slot = file + SLOTS_AT + i * SLOTS_SIZE;

		if (slot[0] != PST_KEY_SOURCE_UNSET && strncmp((const char *)slot + AT_LABEL, label,
							       PST_KEYRING_LABEL_SIZE) == 0) {
			return (int)i;
		}
	}
	return -1;
}

int pst_key_slots_describe(const uint8_t *slot, struct pst_keyring_slot *ret_slot)
{
	*ret_slot = (struct pst_keyring_slot){.kind = (enum pst_key_source_kind)slot[0],
		.created_s = (int64_t)little_get(slot + AT_CREATED, 8),
		.ops = little_get(slot + AT_OPS, 8),
		.memory = little_get(slot + AT_MEMORY, 8)};
	if (slot[0] == PST_KEY_SOURCE_UNSET) {
		return 0;
	}
	memcpy(ret_slot->label, slot + AT_LABEL, PST_KEYRING_LABEL_SIZE - 1);
	memcpy(ret_slot->provider, slot + AT_PROVIDER, PST_PROVIDER_NAME_SIZE - 1);
	bool provided = slot[0] == PST_KEY_SOURCE_PROVIDER;
	if (slot[0] > PST_KEY_SOURCE_PROVIDER || ret_slot->created_s < 0 ||
		!pst_keyfile_is_name(ret_slot->label, PST_KEYRING_LABEL_SIZE) ||
		(provided && !pst_keyfile_is_name(ret_slot->provider, PST_PROVIDER_NAME_SIZE))) {
		*ret_slot = (struct pst_keyring_slot){0};
		return PST_E_CORRUPT;
	}
	return 1;
}

/* Only one slot was ever written by version 1: its place is known, and all of it can be kept. */
int pst_key_slots_take_old(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *old, uint8_t *file, const char **ret_reason)
{
	const uint8_t *from = old + OLD_AT;
	uint8_t *slot = pst_key_slots_at(file, 0);
	uint8_t bound[PST_KEYRING_ID_SIZE + OLD_BOUND_SIZE];
	int status = load_source(work, source, ret_reason);

	for (size_t i = 1; i < PST_KEYRING_SLOTS; i++) {
		if (from[i * OLD_SIZE] != PST_KEY_SOURCE_UNSET) {
			*ret_reason = "the vault's key slots are damaged";
			return PST_E_CORRUPT;
		}
	}
	slot[0] = from[0];
	(void)stpncpy((char *)slot + AT_LABEL, "first", PST_KEYRING_LABEL_SIZE - 1);
	memcpy(slot + AT_OPS, from + OLD_AT_OPS, PARAMETERS_SIZE);
	if (status == 0) {
		status = match_slot(work, source, file, slot, ret_reason);
	}
	if (status == 0) {
		*ret_reason = "wrong key: no key slot of the vault is this key's";
		return PST_E_VAULT;
	}
	if (status < 0) {
		return status;
	}
	memcpy(bound, old + SLOTS_AT_ID, PST_KEYRING_ID_SIZE);
	memcpy(bound + PST_KEYRING_ID_SIZE, from, OLD_BOUND_SIZE);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(work->root, NULL, NULL,
		    from + OLD_AT_WRAPPED, KEY_SIZE + TAG_SIZE, bound, sizeof(bound),
		    from + OLD_AT_NONCE, work->wrap_key) != 0) {
		*ret_reason = "the vault's key slots are damaged";
		return PST_E_CORRUPT;
	}
	wrap_root(work, file, slot);
	return 0;
}
