/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other side of bench_records: the vault's table in a database that SQLCipher encrypts, with
 * the same durability. A program of its own, as libsqlcipher and libsqlite3 have the same symbols.
 *
 *   bench_sqlcipher FILE < "add N B" | "read" ...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SQLITE_HAS_CODEC
#include <sqlcipher/sqlite3.h>

#include "rows.h"

/* A raw key: no time goes into a passphrase. */
static const char settings[] =
	"PRAGMA key=\"x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\";"
	"PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	"PRAGMA wal_autocheckpoint=64; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
	"PRAGMA cache_size=-512;"
	"CREATE TABLE record(place INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
	" gallery INTEGER NOT NULL, subject BLOB NOT NULL, contract BLOB NOT NULL,"
	" expires INTEGER NOT NULL, header BLOB NOT NULL, wrap BLOB NOT NULL,"
	" body BLOB NOT NULL);"
	"CREATE INDEX record_expires ON record(expires);"
	"CREATE INDEX record_gallery ON record(gallery, subject);";

static sqlite3 *db;
static sqlite3_stmt *insert;

static void check(int good)
{
	if (!good) {
		(void)fprintf(stderr, "sqlcipher: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void run(const char *sql)
{
	check(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void add_row(void)
{
	static const uint8_t header[ROW_HEADER], wrap[ROW_WRAP], contract[16], body[ROW_TEMPLATE];
	uint8_t id[16], subject[16];

	sqlite3_randomness(sizeof(id), id);
	sqlite3_randomness(sizeof(subject), subject);
	(void)sqlite3_bind_blob(insert, 1, id, sizeof(id), SQLITE_STATIC);
	(void)sqlite3_bind_blob(insert, 2, subject, sizeof(subject), SQLITE_STATIC);
	(void)sqlite3_bind_blob(insert, 3, contract, sizeof(contract), SQLITE_STATIC);
	(void)sqlite3_bind_blob(insert, 4, header, sizeof(header), SQLITE_STATIC);
	(void)sqlite3_bind_blob(insert, 5, wrap, sizeof(wrap), SQLITE_STATIC);
	(void)sqlite3_bind_blob(insert, 6, body, sizeof(body), SQLITE_STATIC);
	check(sqlite3_step(insert) == SQLITE_DONE);
	(void)sqlite3_reset(insert);
}

static void add(int rows, int batch)
{
	for (int done = 0; done < rows; done += batch) {
		run("BEGIN IMMEDIATE");
		for (int i = 0; i < batch && done + i < rows; i++) {
			add_row();
		}
		run("COMMIT");
	}
}

static void read_all(void)
{
	static volatile uint8_t seen;
	sqlite3_stmt *rows;
	int code;

	check(sqlite3_prepare_v2(db, "SELECT * FROM record WHERE gallery=1 ORDER BY place", -1,
		      &rows, NULL) == SQLITE_OK);
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		const uint8_t *body = sqlite3_column_blob(rows, 8);

		seen = (uint8_t)(seen + body[sqlite3_column_bytes(rows, 8) - 1]);
	}
	check(code == SQLITE_DONE);
	(void)sqlite3_finalize(rows);
}

int main(int argc, char **argv)
{
	char line[64];
	int rows, batch;

	if (argc != 2 || sqlite3_open(argv[1], &db) != SQLITE_OK) {
		return 2;
	}
	run(settings);
	check(sqlite3_prepare_v2(db,
		      "INSERT INTO record(id, gallery, subject, contract, expires, header, wrap,"
		      " body) VALUES(?,1,?,?,1700043200,?,?,?)",
		      -1, &insert, NULL) == SQLITE_OK);
	while (fgets(line, sizeof(line), stdin)) {
		int64_t begin = now_ns();

		if (sscanf(line, "add %d %d", &rows, &batch) == 2 && batch > 0) {
			add(rows, batch);
		} else if (strcmp(line, "read\n") == 0) {
			read_all();
		} else {
			return 2;
		}
		(void)printf("%lld\n", (long long)(now_ns() - begin));
		(void)fflush(stdout);
	}
	(void)sqlite3_finalize(insert);
	return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
