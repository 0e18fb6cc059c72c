/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is changed in a stored record, it does not open: every bit, every part, every column. */
#include "../counted.h"
#include "fixture.h"

#define PEOPLE 12 /* records of each kind */
#define KINDS 3	  /* captured, and references of two galleries */
#define RECORDS (PEOPLE * KINDS)
#define LARGE 2048 /* bytes of a template */
#define SMALL 512

#define FLIPS_MIN 40000u
#define TRANSPLANTS_MIN 1000u
#define EDITS_MIN 250u
#define DOWNGRADES_MIN 700u

static uint8_t ids[RECORDS][PST_VAULT_ID_SIZE];

static void add_record(int number)
{
	static const char *const galleries[KINDS] = {NULL, "staff", "visitors"};
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[LARGE];
	char subject[16];
	size_t size = number % 2 ? SMALL : LARGE;

	(void)snprintf(subject, sizeof(subject), "S%d", number / KINDS);
	info.subject = subject;
	info.contract[5] = (uint8_t)(number % 2);
	fixture_template(template, size, (uint8_t)number);
	const struct pst_vault_entry entry = {.info = &info,
		.gallery = galleries[number % KINDS],
		.template = template,
		.size = size,
		.ret_record = ids[number]};
	cr_assert_eq(pst_vault_add_many(vault, &entry, 1, NOW, &error), 1, "%s", error.text);
}

/* As many records of each kind, large and small; the vault is closed. */
static void set_up(void)
{
	fixture_make();
	for (int i = 0; i < RECORDS; i++) {
		add_record(i);
	}
	pst_vault_close(&vault);
}

TestSuite(matrix, .init = set_up, .fini = fixture_remove, .timeout = 60);

/* What a person would see of a record that opens. */
struct line {
	struct pst_vault_item item;
	char names[6][72];
};

struct lines {
	int opens, damaged, expired;
	struct line line[RECORDS + 1];
};

static int take_line(void *user, const struct pst_vault_item *item)
{
	struct lines *lines = user;
	const char *const names[6] = {item->gallery, item->store, item->retention, item->category,
		item->purpose, item->lane};

	lines->damaged += item->state == PST_VAULT_STATE_DAMAGED;
	lines->expired += item->state == PST_VAULT_STATE_EXPIRED;
	if (item->state == PST_VAULT_STATE_OPENS) {
		struct line *line = &lines->line[lines->opens < RECORDS ? lines->opens : RECORDS];

		memset(line, 0, sizeof(*line));
		line->item = *item;
		for (int i = 0; i < 6; i++) {
			(void)snprintf(line->names[i], sizeof(line->names[i]), "%s",
				names[i] ? names[i] : "");
		}
		line->item.gallery = line->item.store = line->item.retention = NULL;
		line->item.category = line->item.purpose = line->item.lane = NULL;
		lines->opens++;
	}
	return 0;
}

/* @return 0, or how the vault was refused */
static int look(struct lines *ret_lines)
{
	memset(ret_lines, 0, sizeof(*ret_lines));
	error = (struct pst_error){0};
	int status = pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error);
	if (status == 0) {
		status = pst_vault_list(vault, NULL, NOW, take_line, ret_lines, &error);
	}
	pst_vault_close(&vault);
	return status < 0 ? status : 0;
}

/* The record table without its rules, so that rows of one id can lie beside each other. */
static void loosen(void)
{
	fixture_sql("CREATE TABLE loose(place INTEGER PRIMARY KEY, id, gallery, subject, contract,"
		    " expires, header, wrap, body); INSERT INTO loose SELECT place, id, gallery,"
		    " subject, contract, expires, header, wrap, body FROM record;"
		    "DROP TABLE record; ALTER TABLE loose RENAME TO record");
}

struct editor {
	sqlite3 *db;
	sqlite3_stmt *insert; /* binds the one part that is changed */
	uint8_t original[LARGE + 64];
	int size;
	const char *column;
};

/* An insert of record 1's row, large or small, with one part bound. */
static void editor_open(struct editor *editor, const char *column, int place)
{
	char sql[320];
	sqlite3_stmt *row;

	*editor = (struct editor){.column = column};
	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &editor->db), SQLITE_OK);
	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM record WHERE place=%d", column, place);
	cr_assert_eq(sqlite3_prepare_v2(editor->db, sql, -1, &row, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	editor->size = sqlite3_column_bytes(row, 0);
	cr_assert_leq((size_t)editor->size, sizeof(editor->original));
	memcpy(editor->original, sqlite3_column_blob(row, 0), (size_t)editor->size);
	(void)sqlite3_finalize(row);
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO record SELECT NULL, id, gallery, subject, contract, expires, %s, %s, "
		"%s FROM record WHERE place=%d",
		strcmp(column, "header") == 0 ? "?" : "header",
		strcmp(column, "wrap") == 0 ? "?" : "wrap",
		strcmp(column, "body") == 0 ? "?" : "body", place);
	cr_assert_eq(sqlite3_exec(editor->db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(editor->db, sql, -1, &editor->insert, NULL), SQLITE_OK);
}

static void editor_add(struct editor *editor, const uint8_t *bytes)
{
	(void)sqlite3_bind_blob(editor->insert, 1, bytes, editor->size, SQLITE_STATIC);
	cr_assert_eq(sqlite3_step(editor->insert), SQLITE_DONE);
	(void)sqlite3_reset(editor->insert);
}

static void editor_close(struct editor *editor)
{
	(void)sqlite3_finalize(editor->insert);
	cr_assert_eq(sqlite3_exec(editor->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(editor->db);
}

/* Adds a row for each bit of a part of a record, that bit flipped. @return rows added */
static unsigned add_flipped(const char *column, int place)
{
	struct editor editor;
	uint8_t bytes[sizeof(editor.original)];

	editor_open(&editor, column, place);
	for (int bit = 0; bit < editor.size * 8; bit++) {
		memcpy(bytes, editor.original, (size_t)editor.size);
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		editor_add(&editor, bytes);
	}
	editor_close(&editor);
	return (unsigned)editor.size * 8;
}

/* Places: a large captured one, a large and a small reference. */
Test(matrix, every_bit_of_header_wrap_and_body)
{
	static const char *const columns[] = {"header", "wrap", "body"};
	static const int places[] = {1, 5, 6};
	static struct lines lines;
	unsigned flipped = 0, bytes = 0;

	loosen();
	for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
			flipped += add_flipped(columns[i], places[p]);
		}
	}
	bytes = 3 * (PST_SEAL_HEADER_SIZE + PST_SEAL_WRAP_SIZE + PST_SEAL_OVERHEAD) + 2 * LARGE +
		SMALL;
	cr_expect_eq(flipped, 8 * bytes, "%u flips of %u bytes", flipped, bytes);
	cr_assert_eq(look(&lines), 0, "%s", error.text);
	cr_expect_eq(lines.opens, RECORDS, "%d flipped rows open", lines.opens - RECORDS);
	cr_expect_eq((unsigned)(lines.damaged + lines.expired), flipped);
	counted_tell("bits flipped", flipped, FLIPS_MIN);
}

/* Each part, and each pair of parts, of each record in the place of each other's. */
Test(matrix, parts_of_one_record_in_another)
{
	static const char *const taken[] = {"a.header, a.wrap, b.body", "a.header, b.wrap, a.body",
		"a.header, b.wrap, b.body", "b.header, a.wrap, a.body", "b.header, a.wrap, b.body",
		"b.header, b.wrap, a.body", "b.header, b.wrap, b.body"};
	static struct lines lines;
	char sql[320];
	unsigned moved = RECORDS * (RECORDS - 1) * (unsigned)(sizeof(taken) / sizeof(taken[0]));

	loosen();
	fixture_sql("CREATE TABLE own AS SELECT * FROM record");
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		(void)snprintf(sql, sizeof(sql),
			"INSERT INTO record SELECT NULL, a.id, a.gallery, a.subject, a.contract,"
			" a.expires, %s FROM own a, own b WHERE a.place<>b.place",
			taken[i]);
		fixture_sql(sql);
	}
	cr_assert_eq(look(&lines), 0, "%s", error.text);
	cr_expect_eq(lines.opens, RECORDS, "%d transplants open", lines.opens - RECORDS);
	cr_expect_eq((unsigned)lines.damaged, moved);
	counted_tell("parts transplanted", moved, TRANSPLANTS_MIN);
}

/* A row moved whole: its columns say another gallery, subject, contract or id than is bound. */
Test(matrix, borg_cve_2023_36811_valid_rows_under_another_name)
{
	static const char *const columns[] = {"id", "gallery", "subject", "contract"};
	static struct lines lines;
	char sql[512];

	loosen();
	fixture_sql("CREATE TABLE own AS SELECT * FROM record");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const char *n = columns[i];

		(void)snprintf(sql, sizeof(sql),
			"INSERT INTO record SELECT NULL, %s.id, %s.gallery, %s.subject,"
			" %s.contract, a.expires, a.header, a.wrap, a.body FROM own a, own b"
			" WHERE a.%s<>b.%s",
			i == 0 ? "b" : "a", i == 1 ? "b" : "a", i == 2 ? "b" : "a",
			i == 3 ? "b" : "a", n, n);
		fixture_sql(sql);
	}
	cr_assert_eq(look(&lines), 0, "%s", error.text);
	cr_expect_eq(lines.opens, RECORDS);
	counted_tell("rows under another name", (uint64_t)lines.damaged, TRANSPLANTS_MIN);
}

/* What another vault sealed is valid there and nowhere else. */
Test(matrix, borg_cve_2016_10099_valid_rows_of_another_vault)
{
	static struct lines lines;
	char mine[64], other[PATH_MAX], sql[PATH_MAX + 512];

	(void)strcpy(mine, fixture_dir);
	(void)snprintf(other, sizeof(other), "%s", fixture_path("vault.db"));
	set_up();
	loosen();
	(void)snprintf(sql, sizeof(sql),
		"ATTACH '%s' AS o; INSERT INTO record SELECT NULL, id, gallery, subject, contract,"
		" expires, header, wrap, body FROM o.record;"
		/* and with the vault's own id and columns in its header */
		"INSERT INTO record SELECT NULL, a.id, a.gallery, a.subject, a.contract, a.expires,"
		" a.header, b.wrap, b.body FROM record a, o.record b WHERE a.place<=%d",
		other, RECORDS);
	fixture_sql(sql);
	cr_assert_eq(look(&lines), 0, "%s", error.text);
	cr_expect_eq(lines.opens, RECORDS);
	cr_expect_eq(lines.damaged, RECORDS + RECORDS * RECORDS);
	counted_tell("rows of another vault", (uint64_t)lines.damaged, TRANSPLANTS_MIN);
	fixture_remove();
	(void)strcpy(fixture_dir, mine);
}

/* Every other version, suite and kind of wrap: no older way of sealing is accepted. */
Test(matrix, samsung_cve_2021_25490_no_downgrade)
{
	static const struct {
		const char *column;
		int at;
	} bytes[] = {{"header", 4}, {"header", 5}, {"wrap", 0}};
	static struct lines lines;
	unsigned changed = 0;

	loosen();
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		struct editor editor;

		editor_open(&editor, bytes[i].column, 1);
		uint8_t own = editor.original[bytes[i].at];
		for (unsigned value = 0; value < 256; value++) {
			editor.original[bytes[i].at] = (uint8_t)value;
			if (value != own) {
				editor_add(&editor, editor.original);
				changed++;
			}
		}
		editor_close(&editor);
	}
	cr_assert_eq(look(&lines), 0, "%s", error.text);
	cr_expect_eq(lines.opens, RECORDS);
	cr_expect_eq((unsigned)lines.damaged, changed);
	counted_tell("versions, suites and kinds of wrap", changed, DOWNGRADES_MIN);
}

static int compare_nonces(const void *a, const void *b)
{
	return memcmp(a, b, 24);
}

/* The same template sealed again and again under one class: no nonce and no body comes twice. */
Test(matrix, samsung_cve_2021_25444_no_nonce_comes_twice)
{
	enum { ROUNDS = 10, EACH = 1000, ALL = 2 * ROUNDS * EACH };
	static uint8_t nonces[ALL][24];
	static struct pst_vault_entry entries[EACH];
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[64];
	sqlite3 *db;
	sqlite3_stmt *row;
	int count = 0;

	fixture_template(template, sizeof(template), 1);
	for (int i = 0; i < EACH; i++) {
		entries[i] = (struct pst_vault_entry){
			.info = &info, .template = template, .size = sizeof(template)};
	}
	fixture_open(NOW);
	for (int i = 0; i < ROUNDS; i++) {
		cr_assert_eq(pst_vault_add_many(vault, entries, EACH, NOW, &error), EACH, "%s",
			error.text);
	}
	pst_vault_close(&vault);
	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db,
			     "SELECT substr(body, 1, 24), substr(wrap, 2, 24) FROM record"
			     " WHERE length(body)=104",
			     -1, &row, NULL),
		SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW && count + 2 <= ALL) {
		memcpy(nonces[count++], sqlite3_column_blob(row, 0), 24);
		memcpy(nonces[count++], sqlite3_column_blob(row, 1), 24);
	}
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
	cr_assert_eq(count, ALL);
	qsort(nonces, ALL, sizeof(nonces[0]), compare_nonces);
	for (int i = 1; i < ALL; i++) {
		cr_assert_neq(memcmp(nonces[i - 1], nonces[i], 24), 0, "a nonce came twice");
	}
	counted_tell("nonces, none twice", ALL, ALL);
}

/* The files as they were: copied, and put back before the next edit. */
static void copy_db(const char *from, const char *to)
{
	char path[PATH_MAX];
	uint8_t *data;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s", fixture_path(to));
	cr_assert_eq(pst_fd_read_file(fixture_path(from), 1u << 26, &data, &size, NULL), 0);
	/* Unlike pst_fd_replace_file() without a sync: nothing here outlives the test. */
	FILE *file = fopen(path, "we");
	cr_assert(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
	free(data);
}

struct place {
	char table[24];
	char column[24];
};

/* Changes one value of one row in a way that keeps the table's own rules. @return whether it did */
static bool edit(const struct place *place, int row, const char *value)
{
	char sql[1024];
	sqlite3 *db;

	int length = snprintf(sql, sizeof(sql),
		"UPDATE OR FAIL \"%s\" SET \"%s\"=%.120s WHERE (SELECT count(*) FROM \"%s\" b WHERE"
		" b.\"%s\"<\"%s\".\"%s\")=%d AND \"%s\" IS NOT (%.120s)",
		place->table, place->column, value, place->table, place->column, place->table,
		place->column, row, place->column, value);
	cr_assert_lt((size_t)length, sizeof(sql));
	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	bool done = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK && sqlite3_changes(db) > 0;
	(void)sqlite3_close(db);
	return done;
}

static bool is_line_of(const struct lines *lines, const struct line *line)
{
	for (int i = 0; i < lines->opens; i++) {
		if (memcmp(&lines->line[i], line, sizeof(*line)) == 0) {
			return true;
		}
	}
	return false;
}

/* Refused as a whole, or fewer records open than did, and none of them says anything else. */
static void expect_noticed(
	const struct lines *before, const char *table, const char *column, const char *value)
{
	static struct lines after;
	int status = look(&after);

	if (status < 0) {
		cr_expect_eq(status, PST_E_VAULT, "%s.%s=%s: %d", table, column, value, status);
		return;
	}
	cr_expect_lt(after.opens, before->opens, "%s.%s=%s: not noticed", table, column, value);
	for (int i = 0; i < after.opens && i < RECORDS; i++) {
		cr_expect(is_line_of(before, &after.line[i]), "%s.%s=%s: another fact", table,
			column, value);
	}
}

/* Every column of the tables that describe records; the row number is no fact about any. */
static int list_columns(struct place *places, int most)
{
	sqlite3 *db;
	sqlite3_stmt *row;
	int count = 0;

	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db,
			     "SELECT t.name, c.name FROM sqlite_master t,"
			     " pragma_table_info(t.name) c WHERE t.type='table' AND"
			     " t.name IN ('record', 'name', 'meta') AND c.name<>'place'",
			     -1, &row, NULL),
		SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW && count < most) {
		struct place *place = &places[count++];

		(void)snprintf(place->table, sizeof(place->table), "%s",
			(const char *)sqlite3_column_text(row, 0));
		(void)snprintf(place->column, sizeof(place->column), "%s",
			(const char *)sqlite3_column_text(row, 1));
	}
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
	return count;
}

/* The values that a column is set to: of other types, of other sizes, near its own. */
static unsigned edit_column(const struct lines *before, const struct place *place, int row)
{
	static const char *const values[] = {"zeroblob(16)", "zeroblob(length(%s))", "x''",
		"'text'", "0", "-1", "9223372036854775807", "CAST(%s||x'00' AS BLOB)",
		"CAST(substr(%s, 2) AS BLOB)", "%s||'x'", "%s+1", "%s-1"};
	unsigned edits = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char value[128], *at;

		(void)snprintf(value, sizeof(value), "%s", values[i]);
		at = strstr(value, "%s");
		if (at) {
			(void)snprintf(value, sizeof(value), "%.*s%s%s", (int)(at - value),
				values[i], place->column, values[i] + (at - value) + 2);
		}
		if (edit(place, row, value)) {
			expect_noticed(before, place->table, place->column, value);
			edits++;
			copy_db("kept", "vault.db");
		}
	}
	return edits;
}

Test(matrix, every_column_of_every_table)
{
	static struct lines before;
	struct place places[32];
	unsigned edits = 0;

	copy_db("vault.db", "kept");
	cr_assert_eq(look(&before), 0, "%s", error.text);
	cr_assert_eq(before.opens, RECORDS);
	int count = list_columns(places, 32);
	cr_assert_geq(count, 8 + 4 + 2);
	for (int i = 0; i < count; i++) {
		unsigned of_column = 0;

		for (int row = 0; row < 3; row++) {
			of_column += edit_column(&before, &places[i], row);
		}
		cr_expect_gt(
			of_column, 0u, "%s.%s: nothing tried", places[i].table, places[i].column);
		edits += of_column;
	}
	counted_tell("columns edited", edits, EDITS_MIN);
}
