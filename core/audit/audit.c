/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "audit/inside.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

static int poison(struct pst_audit *audit, struct pst_error *error)
{
	audit->poisoned = true;
	return pst_error_set(error, PST_E_UNSAFE,
		"%s: a sync failed, what the disk holds is not known; check the disk and restart",
		audit->log_path);
}

/* Puts bytes at the end of the log, or leaves it as it was. */
static int put(struct pst_audit *audit, const void *data, size_t size, struct pst_error *error)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(audit->fd, (const uint8_t *)data + done, size - done,
			(off_t)(audit->size + done));
		int failure = n < 0 ? errno : ENOSPC;

		if (n < 0 && failure == EINTR) {
			continue;
		}
		if (n <= 0) {
			if (ftruncate(audit->fd, (off_t)audit->size) < 0) {
				return poison(audit, error);
			}
			return pst_error_set(error, -failure, "%s: %s; nothing was appended",
				audit->log_path, strerror(failure));
		}
		done += (size_t)n;
	}
	if (fdatasync(audit->fd) < 0) {
		return poison(audit, error);
	}
	audit->size += size;
	return 0;
}

static int encode(struct pst_audit *audit, const struct pst_audit_draft *drafts, size_t count,
	int64_t wall_s, uint8_t head[PST_CHAIN_SIZE])
{
	int status = 0;

	audit->scratch.size = 0;
	for (size_t i = 0; status == 0 && i < count; i++) {
		struct pst_audit_entry entry = {
			.version = PST_AUDIT_VERSION,
			.type = drafts[i].type,
			.sequence = audit->sequence + 1 + i,
			.wall_s = wall_s,
			.kind = drafts[i].kind,
			.kind_size = strlen(drafts[i].kind),
			.payload = drafts[i].json,
			.payload_size = strlen(drafts[i].json),
		};

		status = pst_audit_entry_encode(&entry, head, audit->mac, &audit->scratch);
	}
	return status;
}

int pst_audit_put(struct pst_audit *audit, const struct pst_audit_draft *drafts, size_t count,
	int64_t wall_s, struct pst_error *error)
{
	uint8_t head[PST_CHAIN_SIZE];

	if (audit->poisoned) {
		return poison(audit, error);
	}
	memcpy(head, audit->head, sizeof(head));
	int status = encode(audit, drafts, count, wall_s, head);
	if (status < 0) {
		(void)pst_error_set(error, status, "%s: out of memory", audit->log_path);
	} else {
		status = put(audit, audit->scratch.data, audit->scratch.size, error);
	}
	if (status < 0) {
		pst_mac_rollback(audit->mac);
		return status;
	}
	pst_mac_commit(audit->mac);
	memcpy(audit->head, head, sizeof(audit->head));
	audit->sequence += count;
	return 0;
}

int pst_audit_put_head(struct pst_audit *audit, struct pst_error *error)
{
	struct pst_audit_head_file head = {.sequence = audit->signed_sequence};
	uint8_t bytes[PST_AUDIT_HEAD_SIGNED];
	char text[PST_AUDIT_HEAD_TEXT_SIZE];

	memcpy(head.hash, audit->signed_head, sizeof(head.hash));
	pst_audit_head_bytes(audit->log, &head, bytes);
	pst_sign(audit->key, bytes, sizeof(bytes), head.signature);
	pst_audit_head_format(&head, text);
	return pst_fd_replace_file(audit->head_path, text, strlen(text), 0644, error);
}

static int write_mac(struct pst_audit *audit, struct pst_error *error)
{
	struct pst_audit_mac_state *state = &audit->mac_state;

	state->sequence = audit->sequence;
	state->offset = audit->size;
	memcpy(state->hash, audit->head, sizeof(state->hash));
	state->has_seed = access(audit->seeds_path, F_OK) == 0;
	state->begins = false;
	int status = pst_audit_mac_write(audit->mac_path, state, audit->mac, audit->key, error);
	return status == PST_E_UNSAFE ? poison(audit, error) : status;
}

int pst_audit_put_heads(struct pst_audit *audit, struct pst_error *error)
{
	audit->head_stale = true;
	int status = pst_audit_put_head(audit, error);
	if (status == 0) {
		status = write_mac(audit, error);
	}
	audit->head_stale = status < 0;
	return status;
}

static int put_checkpoint(struct pst_audit *audit, struct pst_error *error)
{
	uint8_t bytes[PST_AUDIT_CHECKPOINT_SIGNED];
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	char json[PST_AUDIT_CHECKPOINT_TEXT_SIZE];
	struct pst_audit_checkpoint checkpoint = {
		.version = PST_AUDIT_VERSION,
		.epoch = audit->mac_state.name.epoch,
		.has_state = audit->has_vault,
		.state = audit->vault,
	};
	const struct pst_audit_entry entry = {
		.sequence = audit->sequence + 1,
		.before = audit->head,
		.wall_s = pst_clock_wall_s(),
	};

	memcpy(checkpoint.commitment, audit->mac_state.commitment, sizeof(checkpoint.commitment));
	size_t size = pst_audit_checkpoint_bytes(audit->log, &entry, &checkpoint, bytes);
	pst_sign(audit->key, bytes, size, signature);
	pst_audit_checkpoint_format(&checkpoint, signature, json);
	const struct pst_audit_draft draft = {
		PST_AUDIT_TYPE_CHECKPOINT, PST_AUDIT_KIND_CHECKPOINT, json};
	int status = pst_audit_put(audit, &draft, 1, entry.wall_s, error);
	if (status < 0) {
		return status;
	}
	audit->signed_sequence = audit->sequence;
	memcpy(audit->signed_head, audit->head, sizeof(audit->signed_head));
	audit->checkpoint_ns = pst_clock_mono_ns();
	if (audit->has_vault) {
		audit->has_vault = false;
		audit->mac_state.has_vault = true;
		audit->mac_state.vault = audit->vault;
	}
	return 0;
}

int pst_audit_checkpoint(struct pst_audit *audit, struct pst_error *error)
{
	if (audit->poisoned) {
		return poison(audit, error);
	}
	if (audit->head_stale) {
		int status = pst_audit_put_heads(audit, error);

		if (status < 0) {
			return status;
		}
	}
	if (audit->sequence == audit->signed_sequence && !audit->has_vault) {
		return 0;
	}
	int status = put_checkpoint(audit, error);
	return status < 0 ? status : pst_audit_put_heads(audit, error);
}

int pst_audit_answers(struct pst_audit *audit, struct pst_error *error)
{
	if (audit->poisoned) {
		return poison(audit, error);
	}
	return audit->head_stale ? pst_audit_put_heads(audit, error)
				 : pst_audit_put_head(audit, error);
}

static bool is_checkpoint_due(const struct pst_audit *audit)
{
	return audit->head_stale || audit->has_vault ||
	       audit->sequence - audit->signed_sequence >= PST_AUDIT_CHECKPOINT_ENTRIES ||
	       pst_clock_mono_ns() - audit->checkpoint_ns >= PST_AUDIT_CHECKPOINT_S * PST_NS_PER_S;
}

/* The kinds of the log's own entries are not for others. */
static bool is_kind(const char *kind)
{
	return kind && pst_text_is_id(kind) && strcmp(kind, PST_AUDIT_KIND_CHECKPOINT) != 0 &&
	       strcmp(kind, PST_AUDIT_KIND_MAC) != 0;
}

/* A line break in a payload could pass for an entry where entries are shown line by line. */
static bool is_one_line(const char *json)
{
	for (; *json; json++) {
		if ((unsigned char)*json < ' ') {
			return false;
		}
	}
	return true;
}

static int check_event(const struct pst_audit_event *event, struct pst_error *error)
{
	const char *kind = event->kind, *json = event->json;

	if (!is_kind(kind)) {
		return pst_error_set(error, -EINVAL, "audit: '%s' is no kind", kind ? kind : "");
	}
	if (!json || strlen(json) > PST_AUDIT_PAYLOAD_MAX) {
		return pst_error_set(error, -EINVAL, "audit: %s: no payload, or over %u bytes",
			kind, PST_AUDIT_PAYLOAD_MAX);
	}
	json_t *value = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	bool is_object = json_is_object(value);
	json_decref(value);
	if (!is_object || !is_one_line(json)) {
		return pst_error_set(error, -EINVAL,
			"audit: %s: the payload is not a JSON object in one line", kind);
	}
	return 0;
}

/* The drafts of a batch; one entry, the usual case, needs no memory. */
static int put_events(struct pst_audit *audit, const struct pst_audit_event *events, size_t count,
	struct pst_error *error)
{
	struct pst_audit_draft one;
	struct pst_audit_draft *drafts = count == 1 ? &one : calloc(count, sizeof(*drafts));

	if (!drafts) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", audit->log_path);
	}
	for (size_t i = 0; i < count; i++) {
		drafts[i] = (struct pst_audit_draft){
			PST_AUDIT_TYPE_EVENT, events[i].kind, events[i].json};
	}
	int status = pst_audit_put(audit, drafts, count, pst_clock_wall_s(), error);
	if (drafts != &one) {
		free(drafts);
	}
	return status;
}

int pst_audit_append_many(struct pst_audit *audit, const struct pst_audit_event *events,
	size_t count, uint64_t *ret_first, struct pst_error *error)
{
	int status = 0;

	if (count == 0 || count > PST_AUDIT_BATCH_MAX) {
		return pst_error_set(error, -EINVAL, "audit: %zu entries; 1 to %d at a time", count,
			PST_AUDIT_BATCH_MAX);
	}
	for (size_t i = 0; status == 0 && i < count; i++) {
		status = check_event(&events[i], error);
	}
	/* Before, not after: the newest entry is then the caller's own, for its receipt. */
	if (status == 0 && is_checkpoint_due(audit)) {
		status = pst_audit_checkpoint(audit, error);
	}
	if (status == 0) {
		status = put_events(audit, events, count, error);
	}
	if (status == 0 && ret_first) {
		*ret_first = audit->sequence - count + 1;
	}
	return status;
}

int pst_audit_append(struct pst_audit *audit, const char *kind, const char *json,
	uint64_t *ret_sequence, struct pst_error *error)
{
	const struct pst_audit_event event = {kind, json};

	return pst_audit_append_many(audit, &event, 1, ret_sequence, error);
}

int pst_audit_set_state(struct pst_audit *audit, const struct pst_audit_vault_state *state)
{
	struct pst_audit_vault_state known;

	if (pst_audit_state(audit, &known)) {
		if (state->counter < known.counter) {
			return PST_E_UNSAFE;
		}
		if (memcmp(state, &known, sizeof(known)) == 0) {
			return 0;
		}
	}
	audit->vault = *state;
	audit->has_vault = true;
	return 0;
}

bool pst_audit_state(const struct pst_audit *audit, struct pst_audit_vault_state *ret_state)
{
	bool has_state = audit->has_vault || audit->mac_state.has_vault;

	if (has_state) {
		*ret_state = audit->has_vault ? audit->vault : audit->mac_state.vault;
	}
	return has_state;
}

uint64_t pst_audit_sequence(const struct pst_audit *audit)
{
	return audit->sequence;
}

uint64_t pst_audit_signed(const struct pst_audit *audit, int64_t *ret_age_ns)
{
	*ret_age_ns = pst_clock_mono_ns() - audit->checkpoint_ns;
	return audit->signed_sequence;
}

const uint8_t *pst_audit_head(const struct pst_audit *audit)
{
	return audit->head;
}

static int open_log(struct pst_audit **ret_audit, const char *dir, const struct pst_sign_key *key,
	bool renew, struct pst_error *error)
{
	struct pst_audit *audit = calloc(1, sizeof(*audit));

	*ret_audit = NULL;
	if (!audit) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", dir);
	}
	audit->key = key;
	audit->fd = -1;
	audit->lock_fd = -1;
	int status = pst_audit_load(audit, dir, renew, error);
	if (status < 0) {
		audit->poisoned = true;
		(void)pst_audit_close(&audit);
		return status;
	}
	*ret_audit = audit;
	return 0;
}

int pst_audit_open(struct pst_audit **ret_audit, const char *dir, const struct pst_sign_key *key,
	struct pst_error *error)
{
	return open_log(ret_audit, dir, key, /* renew= */ false, error);
}

int pst_audit_renew(struct pst_audit **ret_audit, const char *dir, const struct pst_sign_key *key,
	struct pst_error *error)
{
	return open_log(ret_audit, dir, key, /* renew= */ true, error);
}

int pst_audit_close(struct pst_audit **audit)
{
	struct pst_audit *a = *audit;
	int status = 0;

	if (a) {
		status = a->poisoned ? PST_E_UNSAFE : pst_audit_checkpoint(a, NULL);
		pst_fd_close(&a->fd);
		pst_fd_close(&a->lock_fd);
		pst_mac_close(&a->mac);
		pst_bytes_finish(&a->scratch);
		free(a);
	}
	*audit = NULL;
	return status;
}
