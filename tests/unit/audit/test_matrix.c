/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "fixture.h"

#include "audit/checkpoint.h"
#include "audit/elsewhere.h"
#include "audit/mac_state.h"

/*
 * Every manipulation of a log against every means that a verifier may hold. The log has entries
 * 1 to 20, of which 7, 14 and 20 are checkpoints; a witness signed 14. The outsider can write the
 * disk; the thief has all keys of the machine too, as they are after entry 20.
 */

#define ENTRIES 20
#define SIGNED 14 /* by the witness */

enum level { PUBLIC, NUMBER, SEED, WITNESS, LEVELS };
enum cell { NO, YES, BEFORE };

static const char *const cells[] = {"no", "yes", "up to what it signed"};

struct row {
	const char *name;
	enum cell found[LEVELS];
};

enum rows {
	OUTSIDER_EDITS,
	OUTSIDER_DELETES,
	OUTSIDER_INSERTS,
	OUTSIDER_REORDERS,
	OUTSIDER_HIDES,
	OUTSIDER_FLIPS,
	OUTSIDER_CUTS,
	OUTSIDER_ROLLS_BACK,
	SWAPS_KEY,
	THIEF_EDITS,
	THIEF_RESEALS,
	THIEF_DELETES,
	THIEF_INSERTS,
	THIEF_REORDERS,
	THIEF_DOWNGRADES,
	THIEF_CUTS,
	THIEF_RESUMES,
	THIEF_RENEWS,
	FORKS,
	ROWS
};

static const struct row table[ROWS] = {
	[OUTSIDER_EDITS] = {"an entry edited, with or without its hash or the chain after it",
		{YES, YES, YES, YES}},
	[OUTSIDER_DELETES] = {"an entry deleted", {YES, YES, YES, YES}},
	[OUTSIDER_INSERTS] = {"an entry inserted", {YES, YES, YES, YES}},
	[OUTSIDER_REORDERS] = {"entries reordered", {YES, YES, YES, YES}},
	[OUTSIDER_HIDES] = {"an entry hidden: by its length, type, kind or a line break",
		{YES, YES, YES, YES}},
	[OUTSIDER_FLIPS] = {"a bit flipped, in the log or in audit.head", {YES, YES, YES, YES}},
	[OUTSIDER_CUTS] = {"the end cut off, with or without audit.head", {YES, YES, YES, YES}},
	[OUTSIDER_ROLLS_BACK] = {"the whole directory put back to an older copy",
		{NO, YES, NO, BEFORE}},
	[SWAPS_KEY] = {"log and keys replaced by others", {YES, YES, YES, YES}},
	[THIEF_EDITS] = {"with all keys: an entry edited, all signed again", {NO, NO, YES, BEFORE}},
	[THIEF_RESEALS] = {"with all keys: the same, tagged with the current MAC key",
		{NO, NO, YES, BEFORE}},
	[THIEF_DELETES] = {"with all keys: an entry deleted", {NO, NO, YES, BEFORE}},
	[THIEF_INSERTS] = {"with all keys: an entry inserted", {NO, NO, YES, BEFORE}},
	[THIEF_REORDERS] = {"with all keys: entries reordered", {NO, NO, YES, BEFORE}},
	[THIEF_DOWNGRADES] = {"with all keys: rewritten as version 1, without tags",
		{NO, NO, YES, BEFORE}},
	[THIEF_CUTS] = {"with all keys: the end cut off", {NO, YES, NO, BEFORE}},
	[THIEF_RESUMES] = {"with all keys: cut off, and the log goes on", {NO, NO, YES, BEFORE}},
	[THIEF_RENEWS] = {"with all keys: cut off, and a new MAC key begun", {NO, NO, YES, BEFORE}},
	[FORKS] = {"a copy of the directory goes on by itself, beside the log",
		{NO, NO, NO, BEFORE}},
};

static struct fixture_bytes log_bytes;
static struct fixture_file files[3]; /* head, MAC state, log after entry 20 */
static struct fixture_file older[3]; /* after entry 14 */
static uint8_t public_key[PST_SIGN_PUBLIC_SIZE], witness_key[PST_SIGN_PUBLIC_SIZE];
static char seeds_path[128], signed_path[128];
static struct pst_audit_entry entries[ENTRIES + 2]; /* from 1; what a forger makes of them */
static unsigned tried;

static void keep_files(struct fixture_file kept[3])
{
	kept[0] = fixture_keep(PST_AUDIT_HEAD);
	kept[1] = fixture_keep(PST_AUDIT_MAC);
	kept[2] = fixture_keep(PST_AUDIT_LOG);
}

static void put_back(const struct fixture_file kept[3])
{
	for (int i = 0; i < 3; i++) {
		fixture_put_back(&kept[i]);
	}
}

static void append_some(int from, int to)
{
	for (int i = from; i <= to; i++) {
		cr_assert_eq(fixture_append(i), 0, "%s", error.text);
	}
}

static void open_witness(struct pst_sign_key **ret_key)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {77};

	cr_assert_eq(pst_sign_key_open(ret_key, seed), 0);
	pst_sign_public(*ret_key, witness_key);
}

static void cosign(uint64_t sequence, const uint8_t *hash)
{
	struct pst_audit_cosignature line = {.sequence = sequence, .seen_s = 1700000000};
	char text[PST_AUDIT_COSIGNATURE_TEXT_SIZE];
	struct pst_sign_key *witness;

	open_witness(&witness);
	memcpy(line.log, log_bytes.data + 16, sizeof(line.log));
	memcpy(line.public_key, public_key, sizeof(line.public_key));
	memcpy(line.hash, hash, sizeof(line.hash));
	pst_audit_cosignature_sign(&line, witness);
	pst_sign_key_close(&witness);
	pst_audit_cosignature_format(&line, text);
	cr_assert_eq(pst_fd_replace_file(signed_path, text, strlen(text), 0644, NULL), 0);
}

static void read_entries(void)
{
	for (int i = 1; i <= ENTRIES; i++) {
		cr_assert_eq(pst_audit_entry_decode(log_bytes.data + log_bytes.at[i],
				     log_bytes.at[i + 1] - log_bytes.at[i], &entries[i]),
			1);
	}
}

static void set_up(void)
{
	fixture_make();
	pst_sign_public(fixture_key, public_key);
	fixture_open();
	append_some(1, 6);
	cr_assert_eq(pst_audit_checkpoint(audit, &error), 0);
	append_some(8, 13);
	cr_assert_eq(pst_audit_close(&audit), 0);
	keep_files(older);
	fixture_open();
	append_some(15, 19);
	cr_assert_eq(pst_audit_close(&audit), 0);
	keep_files(files);
	(void)snprintf(seeds_path, sizeof(seeds_path), "%s.key", fixture_dir);
	(void)snprintf(signed_path, sizeof(signed_path), "%s.signed", fixture_dir);
	cr_assert_eq(pst_mac_take(fixture_path(PST_AUDIT_SEEDS), seeds_path, NULL), 0);
	log_bytes = fixture_read();
	cr_assert_eq(log_bytes.count, ENTRIES);
	read_entries();
	cosign(SIGNED, entries[SIGNED].hash);
}

static void tear_down(void)
{
	for (int i = 0; i < 3; i++) {
		fixture_drop(&files[i]);
		fixture_drop(&older[i]);
	}
	free(log_bytes.data);
	(void)unlink(seeds_path);
	(void)unlink(signed_path);
	fixture_remove();
}

TestSuite(matrix, .init = set_up, .fini = tear_down, .timeout = 100);

static int verify_with(enum level level, struct pst_audit_report *report)
{
	const struct pst_audit_trust trust = {
		.dir = fixture_dir,
		.public_key = public_key,
		.at_least = level == NUMBER ? ENTRIES : 0,
		.seeds = level == SEED ? seeds_path : NULL,
		.witness = level == WITNESS ? witness_key : NULL,
		.cosignatures = signed_path,
	};

	error = (struct pst_error){0};
	return pst_audit_verify_all(&trust, report, &error);
}

/*
 * The four verifiers find what the table says, and name the entry.
 *
 * @param first  the first entry that is not as it was written
 * @param bad    what each of them names, where it finds it; 0: the same
 */
static void expect(enum rows row, uint64_t first, const uint64_t bad[LEVELS])
{
	tried++;
	for (enum level level = 0; level < LEVELS; level++) {
		struct pst_audit_report report;
		enum cell cell = table[row].found[level];
		bool found = cell == YES || (cell == BEFORE && first <= SIGNED);
		int status = verify_with(level, &report);

		cr_expect_eq(status, found ? PST_E_CORRUPT : 0, "%s, from %ju, level %d: %s",
			table[row].name, (uintmax_t)first, level, report.text);
		uint64_t named = bad[level] ? bad[level] : first;
		if (found) {
			cr_expect_eq(report.bad_sequence, named, "%s, level %d: %ju, not %ju: %s",
				table[row].name, level, (uintmax_t)report.bad_sequence,
				(uintmax_t)named, report.text);
		}
	}
}

static const uint64_t same[LEVELS];

/* Which checkpoint is the first to notice what begins with an entry. */
static uint64_t checkpoint_after(uint64_t entry)
{
	return entry <= 7 ? 7 : entry <= 14 ? 14 : 20;
}

/* What a forger writes, entry after entry. */
struct forgery {
	struct pst_bytes bytes;
	uint8_t head[PST_CHAIN_SIZE];
	uint64_t sequence;
	bool signs;	     /* with the log's key */
	uint32_t version;    /* of the log */
	struct pst_mac *mac; /* tags with the current key; NULL: keeps the tags there are */
};

static struct forgery begin(uint32_t version)
{
	struct forgery forgery = {.version = version};
	struct pst_audit_header header;
	uint8_t bytes[PST_AUDIT_HEADER_SIZE];

	cr_assert_gt(pst_audit_header_decode(log_bytes.data, log_bytes.size, &header), 0);
	header.version = version;
	size_t size = pst_audit_header_encode(&header, bytes);
	cr_assert_eq(pst_bytes_append(&forgery.bytes, bytes, size), 0);
	pst_chain_start(bytes, size, forgery.head);
	return forgery;
}

/* The MAC key that lies on the machine, after entry 20. */
static struct pst_mac *current_mac(struct pst_audit_mac_state *ret_state)
{
	struct pst_mac *mac;

	fixture_put_back(&files[1]);
	cr_assert_eq(
		pst_audit_mac_read(fixture_path(PST_AUDIT_MAC), fixture_key, ret_state, &mac), 0);
	return mac;
}

static void sign_checkpoint(struct forgery *forgery, struct pst_audit_entry *entry)
{
	static char text[PST_AUDIT_CHECKPOINT_TEXT_SIZE];
	struct pst_audit_checkpoint checkpoint;
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE], bytes[PST_AUDIT_CHECKPOINT_SIGNED];

	cr_assert_eq(pst_audit_checkpoint_parse(entry, &checkpoint, signature), 0);
	checkpoint.version = forgery->version;
	entry->before = forgery->head;
	size_t size = pst_audit_checkpoint_bytes(log_bytes.data + 16, entry, &checkpoint, bytes);
	pst_sign(fixture_key, bytes, size, signature);
	pst_audit_checkpoint_format(&checkpoint, signature, text);
	entry->payload = text;
	entry->payload_size = strlen(text);
}

static void add(struct forgery *forgery, const struct pst_audit_entry *as)
{
	struct pst_audit_entry entry = *as;

	entry.sequence = ++forgery->sequence;
	if (entry.type == PST_AUDIT_TYPE_CHECKPOINT && forgery->signs) {
		sign_checkpoint(forgery, &entry);
	}
	entry.version = (uint8_t)forgery->version;
	cr_assert_eq(
		pst_audit_entry_encode(&entry, forgery->head, forgery->mac, &forgery->bytes), 0);
}

/* An entry byte for byte, the chain after it being what it was. */
static void take(struct forgery *forgery, int number)
{
	cr_assert_eq(pst_bytes_append(&forgery->bytes, log_bytes.data + log_bytes.at[number],
			     log_bytes.at[number + 1] - log_bytes.at[number]),
		0);
	memcpy(forgery->head, entries[number].hash, sizeof(forgery->head));
	forgery->sequence = entries[number].sequence;
}

static void take_all(struct forgery *forgery, int from, int to)
{
	for (int i = from; i <= to; i++) {
		take(forgery, i);
	}
}

static void add_all(struct forgery *forgery, int from, int to)
{
	for (int i = from; i <= to; i++) {
		add(forgery, &entries[i]);
	}
}

static void sign_head(const struct forgery *forgery)
{
	struct pst_audit_head_file head = {.sequence = forgery->sequence};
	uint8_t bytes[PST_AUDIT_HEAD_SIGNED];
	char text[PST_AUDIT_HEAD_TEXT_SIZE];

	memcpy(head.hash, forgery->head, sizeof(head.hash));
	pst_audit_head_bytes(log_bytes.data + 16, &head, bytes);
	pst_sign(fixture_key, bytes, sizeof(bytes), head.signature);
	pst_audit_head_format(&head, text);
	cr_assert_eq(
		pst_fd_replace_file(fixture_path(PST_AUDIT_HEAD), text, strlen(text), 0644, NULL),
		0);
}

static void put_down(struct forgery *forgery)
{
	fixture_put_back(&files[0]);
	if (forgery->signs) {
		sign_head(forgery);
	}
	fixture_write(forgery->bytes.data, forgery->bytes.size);
	pst_bytes_finish(&forgery->bytes);
	pst_mac_close(&forgery->mac);
}

static struct pst_audit_entry edited(int number)
{
	struct pst_audit_entry entry = entries[number];

	if (entry.type == PST_AUDIT_TYPE_EVENT) {
		entry.payload = "{\"encounter\":99}";
		entry.payload_size = strlen(entry.payload);
	} else {
		entry.wall_s++;
	}
	return entry;
}

Test(matrix, nothing_done)
{
	for (enum level level = 0; level < LEVELS; level++) {
		struct pst_audit_report report;

		cr_expect_eq(verify_with(level, &report), 0, "%s", error.text);
	}
	tried++;
}

Test(matrix, an_outsider_edits)
{
	for (int i = 1; i <= ENTRIES; i++) {
		struct pst_audit_entry entry = edited(i);
		uint64_t next = (uint64_t)i + 1;
		/* The content alone. */
		struct forgery forgery = begin(2);
		take_all(&forgery, 1, i - 1);
		size_t at = forgery.bytes.size;
		take_all(&forgery, i, ENTRIES);
		forgery.bytes.data[at + PST_AUDIT_ENTRY_FIXED + entry.kind_size + 2] ^= 1;
		put_down(&forgery);
		expect(OUTSIDER_EDITS, (uint64_t)i, same);
		/* With its hash: the entry after it does not follow, or no signature fits. */
		forgery = begin(2);
		take_all(&forgery, 1, i - 1);
		add(&forgery, &entry);
		take_all(&forgery, i + 1, ENTRIES);
		put_down(&forgery);
		uint64_t first = entry.type == PST_AUDIT_TYPE_CHECKPOINT ? (uint64_t)i : next;
		expect(OUTSIDER_EDITS, (uint64_t)i, (uint64_t[LEVELS]){first, first, 0, first});
		/* With the chain after it. */
		forgery = begin(2);
		take_all(&forgery, 1, i - 1);
		add(&forgery, &entry);
		add_all(&forgery, i + 1, ENTRIES);
		put_down(&forgery);
		first = checkpoint_after((uint64_t)i);
		expect(OUTSIDER_EDITS, (uint64_t)i, (uint64_t[LEVELS]){first, first, 0, first});
	}
	counted_tell("edits, four verifiers each", tried, 60);
}

Test(matrix, an_outsider_deletes_inserts_and_reorders)
{
	for (int i = 1; i <= ENTRIES; i++) {
		struct forgery forgery = begin(2);
		take_all(&forgery, 1, i - 1);
		take_all(&forgery, i + 1, ENTRIES);
		put_down(&forgery);
		expect(OUTSIDER_DELETES, (uint64_t)i, same);
		forgery = begin(2);
		take_all(&forgery, 1, i);
		take_all(&forgery, i, ENTRIES);
		put_down(&forgery);
		expect(OUTSIDER_INSERTS, (uint64_t)i + 1, same);
	}
	for (int i = 1; i < ENTRIES; i++) {
		struct forgery forgery = begin(2);
		take_all(&forgery, 1, i - 1);
		take(&forgery, i + 1);
		take(&forgery, i);
		take_all(&forgery, i + 2, ENTRIES);
		put_down(&forgery);
		expect(OUTSIDER_REORDERS, (uint64_t)i, same);
	}
	counted_tell("deletions, insertions, swaps, four verifiers each", tried, 59);
}

/* Bytes of an entry changed so that a reader skips it or shows it as something else. */
Test(matrix, an_outsider_hides)
{
	for (int i = 1; i < ENTRIES; i++) {
		uint32_t size = (uint32_t)entries[i].size;
		uint32_t lengths[] = {0, 1, size - 1, size + (uint32_t)entries[i + 1].size,
			UINT32_MAX, 0x7fffffff};
		size_t at = log_bytes.at[i];
		size_t text = at + PST_AUDIT_ENTRY_FIXED;

		for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			struct forgery forgery = begin(2);
			take_all(&forgery, 1, ENTRIES);
			pst_bytes_put32(forgery.bytes.data + at, lengths[k]);
			put_down(&forgery);
			expect(OUTSIDER_HIDES, (uint64_t)i, same);
		}
		const size_t places[] = {at + 4, at + 5, at + 6, at + 24, at + 28, text,
			text + entries[i].kind_size + 3};
		for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
			for (int value = 0; value < 11; value++) {
				struct forgery forgery = begin(2);
				take_all(&forgery, 1, ENTRIES);
				bool changed = forgery.bytes.data[places[k]] != value;
				forgery.bytes.data[places[k]] = (uint8_t)value;
				put_down(&forgery);
				if (changed) {
					expect(OUTSIDER_HIDES, (uint64_t)i, same);
				}
			}
		}
	}
	counted_tell("ways to hide an entry, four verifiers each", tried, 1500);
}

/* Of a thief too: an entry that a list of one kind leaves out, or shows as two lines. */
Test(matrix, what_no_reader_takes)
{
	const struct {
		enum pst_audit_type type;
		const char *kind, *payload;
	} tricks[] = {
		{PST_AUDIT_TYPE_EVENT, "checkpoint", "{}"},
		{PST_AUDIT_TYPE_EVENT, "audit.mac", "{}"},
		{PST_AUDIT_TYPE_CHECKPOINT, "encounter.closed", "{}"},
		{PST_AUDIT_TYPE_MAC, "encounter.closed", "{}"},
		{PST_AUDIT_TYPE_EVENT, "encounter.closed", "{\"a\":\n1}"},
		{PST_AUDIT_TYPE_EVENT, "encounter\nclosed", "{}"},
		{PST_AUDIT_TYPE_UNSET, "encounter.closed", "{}"},
	};

	for (size_t k = 0; k < sizeof(tricks) / sizeof(tricks[0]); k++) {
		struct pst_audit_mac_state state;
		struct pst_audit_entry entry = entries[5];
		struct pst_audit_report report;
		struct forgery forgery = begin(2);

		forgery.signs = true;
		take_all(&forgery, 1, 4);
		entry.type = tricks[k].type;
		entry.kind = tricks[k].kind;
		entry.kind_size = strlen(entry.kind);
		entry.payload = tricks[k].payload;
		entry.payload_size = strlen(entry.payload);
		forgery.mac = current_mac(&state);
		forgery.signs = false;
		add(&forgery, &entry);
		forgery.signs = true;
		put_down(&forgery);
		tried++;
		cr_expect_eq(verify_with(PUBLIC, &report), PST_E_CORRUPT, "trick %zu", k);
		cr_expect_eq(report.bad_sequence, 5);
	}
	counted_tell("entries in disguise", tried, 7);
}

Test(matrix, an_outsider_cuts)
{
	for (int kept = 0; kept < ENTRIES; kept++) {
		for (int head = 0; head < 2; head++) {
			struct forgery forgery = begin(2);
			take_all(&forgery, 1, kept);
			put_down(&forgery);
			if (!head) {
				(void)unlink(fixture_path(PST_AUDIT_HEAD));
			}
			expect(OUTSIDER_CUTS, (uint64_t)kept + 1, same);
		}
	}
	counted_tell("cuts, four verifiers each", tried, 40);
}

Test(matrix, an_outsider_rolls_back)
{
	put_back(older);
	expect(OUTSIDER_ROLLS_BACK, SIGNED + 1, same);
	cosign(ENTRIES, entries[ENTRIES].hash);
	struct pst_audit_report report;
	cr_expect_eq(verify_with(WITNESS, &report), PST_E_CORRUPT);
	cr_expect_eq(report.bad_sequence, SIGNED + 1);
}

static void swap_key(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {66};

	pst_sign_key_close(&fixture_key);
	cr_assert_eq(pst_sign_key_open(&fixture_key, seed), 0);
	(void)unlink(fixture_path(PST_AUDIT_LOG));
	(void)unlink(fixture_path(PST_AUDIT_HEAD));
	(void)unlink(fixture_path(PST_AUDIT_MAC));
	fixture_fill(ENTRIES);
}

Test(matrix, keys_swapped)
{
	swap_key();
	for (enum level level = 0; level < LEVELS; level++) {
		struct pst_audit_report report;

		cr_expect_eq(verify_with(level, &report), PST_E_CORRUPT);
		cr_expect_eq(report.finding, PST_AUDIT_FINDING_KEY);
	}
	tried++;
}

/* What a thief names is the checkpoint that the witness signed: it, or one before it. */
static void expect_thief(enum rows row, uint64_t first)
{
	expect(row, first, (uint64_t[LEVELS]){0, 0, 0, SIGNED});
}

/* Tags of entries that were moved are of another key each: the current one is as good. */
static struct forgery begin_thief(int kept, bool reseals)
{
	struct pst_audit_mac_state state;
	struct forgery forgery = begin(2);

	forgery.signs = true;
	take_all(&forgery, 1, kept);
	if (reseals) {
		forgery.mac = current_mac(&state);
	}
	return forgery;
}

Test(matrix, a_thief_edits)
{
	for (int reseals = 0; reseals < 2; reseals++) {
		for (int i = 1; i <= ENTRIES; i++) {
			struct pst_audit_entry entry = edited(i);
			struct forgery forgery = begin_thief(i - 1, reseals);

			add(&forgery, &entry);
			add_all(&forgery, i + 1, ENTRIES);
			put_down(&forgery);
			expect_thief(reseals ? THIEF_RESEALS : THIEF_EDITS, (uint64_t)i);
		}
	}
	counted_tell("edits with all keys, four verifiers each", tried, 40);
}

Test(matrix, a_thief_deletes_inserts_and_reorders)
{
	for (int i = 1; i < ENTRIES; i++) {
		struct forgery forgery = begin_thief(i - 1, true);
		add_all(&forgery, i + 1, ENTRIES - 1);
		add(&forgery, &entries[i % 7 ? i : 1]); /* as many as there were */
		add(&forgery, &entries[ENTRIES]);
		put_down(&forgery);
		expect_thief(THIEF_DELETES, (uint64_t)i);
		forgery = begin_thief(i, true);
		add(&forgery, &entries[1]);
		add_all(&forgery, i + 1, ENTRIES);
		put_down(&forgery);
		expect_thief(THIEF_INSERTS, (uint64_t)i + 1);
		forgery = begin_thief(i - 1, true);
		add(&forgery, &entries[i + 1]);
		add(&forgery, &entries[i]);
		add_all(&forgery, i + 2, ENTRIES);
		if (i + 1 == ENTRIES) {
			add(&forgery, &entries[ENTRIES]);
		}
		put_down(&forgery);
		expect_thief(THIEF_REORDERS, (uint64_t)i);
	}
	counted_tell("deletions, insertions, swaps with all keys, four verifiers each", tried, 57);
}

Test(matrix, a_thief_downgrades)
{
	struct forgery forgery = begin(1);

	forgery.signs = true;
	for (int i = 1; i <= ENTRIES; i++) {
		struct pst_audit_entry entry = edited(i);
		add(&forgery, &entry);
	}
	put_down(&forgery);
	expect_thief(THIEF_DOWNGRADES, 1);
}

/* The log is shorter, and head and MAC state say that it never was longer. */
static void cut_with_keys(int kept)
{
	struct pst_audit_mac_state state;
	struct forgery forgery = begin(2);
	struct pst_mac *mac = current_mac(&state);

	forgery.signs = true;
	take_all(&forgery, 1, kept);
	state.sequence = forgery.sequence;
	state.offset = forgery.bytes.size;
	memcpy(state.hash, forgery.head, sizeof(state.hash));
	cr_assert_eq(
		pst_audit_mac_make(fixture_path(PST_AUDIT_MAC), &state, mac, fixture_key, NULL), 0);
	pst_mac_close(&mac);
	put_down(&forgery);
}

Test(matrix, a_thief_cuts_and_resumes)
{
	const int checkpoints[] = {7, 14};

	for (int i = 0; i < 2; i++) {
		uint64_t next = (uint64_t)checkpoints[i] + 1;

		cut_with_keys(checkpoints[i]);
		expect(THIEF_CUTS, next, same);
		fixture_open();
		append_some(1, 13);
		cr_assert_eq(pst_audit_close(&audit), 0);
		expect_thief(THIEF_RESUMES, next);
		cut_with_keys(checkpoints[i]);
		cr_assert_eq(pst_audit_renew(&audit, fixture_dir, fixture_key, &error), 0, "%s",
			error.text);
		append_some(1, 13);
		cr_assert_eq(pst_audit_close(&audit), 0);
		expect_thief(THIEF_RENEWS, next);
	}
	counted_tell("cuts with all keys, resumed or not, four verifiers each", tried, 6);
}

/* Both branches are true. Only who signed the one can tell of the other. */
Test(matrix, a_fork)
{
	put_back(older);
	fixture_open();
	append_some(115, 125);
	cr_assert_eq(pst_audit_close(&audit), 0);
	expect(FORKS, SIGNED + 1, same);
	cosign(ENTRIES, entries[ENTRIES].hash);
	struct pst_audit_report report;
	cr_expect_eq(verify_with(WITNESS, &report), PST_E_CORRUPT);
	cr_expect_eq(report.bad_sequence, ENTRIES, "%s", report.text);
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_WITNESS);
}

static void flip_all(const char *name, size_t from, bool names, unsigned *flipped)
{
	struct fixture_file file = fixture_keep(name);

	for (size_t at = 0; at < file.size; at++) {
		uint64_t number = 0;

		while (names && number < ENTRIES && log_bytes.at[number + 1] <= at) {
			number++;
		}
		for (int bit = 0; bit < 8; bit++, ++*flipped) {
			enum level level = (enum level)((at + (size_t)bit) % LEVELS);
			struct pst_audit_report report;
			int fd = open(fixture_path(name), O_WRONLY | O_CLOEXEC);
			uint8_t byte = file.data[at] ^ (uint8_t)(1u << bit);

			cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
			cr_assert_eq(verify_with(level, &report), PST_E_CORRUPT, "%s, byte %zu",
				name, at);
			if (names && at >= from) {
				cr_assert_eq(report.bad_sequence, number, "byte %zu: %s", at,
					report.text);
			}
			cr_assert_eq(pwrite(fd, file.data + at, 1, (off_t)at), 1);
			(void)close(fd);
		}
	}
	fixture_drop(&file);
}

Test(matrix, every_bit_of_log_and_head)
{
	unsigned flipped = 0;

	flip_all(PST_AUDIT_LOG, PST_AUDIT_HEADER_SIZE, true, &flipped);
	flip_all(PST_AUDIT_HEAD, 0, false, &flipped);
	counted_tell("bits of log and head flipped and found", flipped, 33000);
}

Test(matrix, the_documentation_has_this_table)
{
	uint8_t *text;
	size_t size;

	cr_assert_eq(pst_fd_read_file(DOCUMENT, 1u << 20, &text, &size, NULL), 0);
	for (enum rows row = 0; row < ROWS; row++) {
		const enum cell *found = table[row].found;
		char line[256];

		(void)snprintf(line, sizeof(line), "| %s | %s | %s | %s | %s |\n", table[row].name,
			cells[found[PUBLIC]], cells[found[NUMBER]], cells[found[SEED]],
			cells[found[WITNESS]]);
		cr_expect_not_null(
			strstr((const char *)text, line), "docs/vault.md lacks: %s", line);
	}
	free(text);
}
