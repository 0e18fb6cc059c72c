/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/cosigned.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	const char *path;
	const uint8_t *log;
	const uint8_t *witness;
	uint64_t line;
	bool has_newest;
	struct pst_audit_cosignature newest;
};

static int bad_line(const struct reading *reading, struct pst_error *error, const char *what)
{
	return pst_error_set(error, PST_E_CORRUPT, "%s: line %" PRIu64 ": %s", reading->path,
		reading->line, what);
}

static int take_line(struct reading *reading, const char *text, struct pst_error *error)
{
	struct pst_audit_cosignature *newest = &reading->newest;
	struct pst_audit_cosignature line;

	if (pst_audit_cosignature_parse(text, &line) < 0) {
		return bad_line(reading, error, "not a cosignature");
	}
	if (memcmp(line.witness, reading->witness, sizeof(line.witness)) != 0 ||
		pst_audit_cosignature_check(&line) < 0) {
		return bad_line(reading, error, "not signed by this witness");
	}
	if (memcmp(line.log, reading->log, sizeof(line.log)) != 0) {
		return 0;
	}
	if (reading->has_newest && line.sequence == newest->sequence &&
		memcmp(line.hash, newest->hash, sizeof(line.hash)) != 0) {
		return bad_line(reading, error, "the witness signed two logs under one id");
	}
	if (!reading->has_newest || line.sequence >= newest->sequence) {
		*newest = line;
		reading->has_newest = true;
	}
	return 0;
}

int pst_audit_cosigned_newest(const char *path, const uint8_t *log, const uint8_t *witness,
	struct pst_audit_cosignature *ret_newest, struct pst_error *error)
{
	struct reading reading = {.path = path, .log = log, .witness = witness};
	char line[PST_AUDIT_COSIGNATURE_TEXT_SIZE];
	FILE *file = fopen(path, "rbe");
	int status = 0;

	if (!file) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	while (status == 0 && fgets(line, sizeof(line), file)) {
		bool whole = strchr(line, '\n') != NULL;

		reading.line++;
		if (!whole && feof(file)) {
			break;
		}
		status = whole ? take_line(&reading, line, error)
			       : bad_line(&reading, error, "not a cosignature");
	}
	if (status == 0 && ferror(file)) {
		status = pst_error_set(error, -EIO, "%s: cannot be read", path);
	}
	(void)fclose(file);
	if (status == 0 && !reading.has_newest) {
		status = pst_error_set(
			error, PST_E_NOT_FOUND, "%s: no cosignature of this log in it", path);
	}
	*ret_newest = reading.newest;
	return status;
}
