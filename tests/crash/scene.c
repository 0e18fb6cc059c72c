/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "disk.h"
#include "vault/backup.h"
#include "vault/forget.h"
#include "vault/hold.h"
#include "vault/inside.h"
#include "vault/keys.h"
#include "vault/verify.h"

#define NUMBERS 63
#define PLAIN_MAX (300u << 10) /* bytes */

/* What each number stands for. */
static struct {
	int64_t expires_s;
	const char *gallery; /* NULL: captured */
	size_t size;
	bool is_kept; /* of the fixture, which has templates of its own kind */
} known[NUMBERS];

static const struct {
	const char *name;
	int64_t retention_s;
} classes[] = {
	[SCENE_HOUR_LONG] = {"hour", SCENE_HOUR},
	[SCENE_HALF_DAY] = {"half-day", 12 * SCENE_HOUR},
	[SCENE_YEARS] = {"years", 75 * 365 * 24 * SCENE_HOUR},
};

static uint64_t bit(int number)
{
	return 1ULL << number;
}

static const uint8_t *template_of(int number, size_t size)
{
	static uint8_t template[PLAIN_MAX];

	for (size_t i = 0; i < size; i++) {
		template[i] = known[number].is_kept
				      ? (uint8_t)((unsigned)(number ^ 11) ^ (i * 37 + 11))
				      : (uint8_t)((size_t)number + i * 37 + (i >> 8) * 11);
	}
	return template;
}

static struct pst_key_source key_of(const char *dir, int key)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s-key-%d", dir, key);
	return (struct pst_key_source){
		.kind = PST_KEY_SOURCE_FILE, .path = path, .label = key ? "second" : "first"};
}

static const char *backup_of(const char *dir)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s-backup", dir);
	return path;
}

static struct pst_vault_record_info info_of(enum scene_class class, const char *subject)
{
	return (struct pst_vault_record_info){
		.store = "matching",
		.retention = classes[class].name,
		.retention_s = classes[class].retention_s,
		.category = "us-citizen",
		.purpose = "verify",
		.lane = "lane-1",
		.subject = subject,
		.contract = {1, 2, 3},
		.permit = {9},
	};
}

/* Memory that no failure is meant for. */
static void *outside_calloc(size_t count, size_t size)
{
	disk_depth++;
	void *memory = calloc(count, size);
	disk_depth--;
	assert(memory);
	return memory;
}

/* Steps. */

static void begin(struct scene *scene, int64_t now_s)
{
	struct scene_step *step = &scene->steps[scene->count];

	scene->now_s = now_s;
	scene->error = (struct pst_error){0};
	*step = (struct scene_step){.before = scene->sets[0],
		.now_s = now_s,
		.key_before = scene->key,
		.key_after = scene->key,
		.began = scene->clock ? scene->clock() : 0};
}

static void allow(struct scene *scene, uint64_t set)
{
	for (int i = 0; i < scene->set_count; i++) {
		if (scene->sets[i] == set) {
			return;
		}
	}
	if (scene->set_count == SCENE_SETS) {
		scene->broken = "one failure after the other left doubt";
		return;
	}
	scene->sets[scene->set_count++] = set;
}

static void take_failure(
	struct scene *scene, int status, bool is_clean, uint64_t removed, uint64_t added)
{
	int count = scene->set_count;

	/* What is poisoned does nothing. */
	is_clean = is_clean || scene->poisoned;
	if (scene->failed++ == 0) {
		(void)snprintf(
			scene->first_error, sizeof(scene->first_error), "%s", scene->error.text);
	}
	scene->poisoned = scene->poisoned || status == PST_E_VAULT || status == -EIO;
	scene->key_or = is_clean ? scene->key_or : scene->steps[scene->count - 1].key_after;
	for (int i = 0; i < count && !is_clean; i++) {
		allow(scene, (scene->sets[i] & ~removed) | added);
	}
	if (scene->error.text[0] == 0 || strchr(scene->error.text, '\n')) {
		scene->broken = "a call failed without a line that says why";
	}
}

/* An addition that failed for want of room or memory must not have happened. */
static void end(struct scene *scene, int status, uint64_t removed, uint64_t added)
{
	struct scene_step *step = &scene->steps[scene->count++];
	bool lacks = status == -ENOSPC || status == -ENOMEM;

	step->ended = scene->clock ? scene->clock() : 0;
	step->after = step->before;
	if (status < 0) {
		take_failure(scene, status, lacks && added, removed, added);
		return;
	}
	if (scene->poisoned && !scene->broken) {
		static char text[700];

		(void)snprintf(text, sizeof(text), "step %d succeeded although one left doubt: %s",
			scene->count, scene->first_error);
		scene->broken = text;
	}
	for (int i = 0; i < scene->set_count; i++) {
		scene->sets[i] = (scene->sets[i] & ~removed) | added;
	}
	step->after = scene->sets[0];
	if (scene->tell_fd > 0) {
		(void)!write(scene->tell_fd, "", 1);
	}
	scene->key = scene->key_or = step->key_after;
}

/* What a plan needs is only which records will be there. @return whether the step is done */
static bool is_planned(struct scene *scene, uint64_t removed, uint64_t added)
{
	if (scene->is_plan) {
		end(scene, 0, removed, added);
	}
	return scene->is_plan || !scene->vault;
}

void scene_start(struct scene *scene, const char *dir, size_t (*clock)(void))
{
	memset(scene, 0, sizeof(*scene));
	memset(known, 0, sizeof(known));
	scene->dir = dir;
	scene->clock = clock;
	scene->set_count = 1;
	for (int key = 0; key < 2; key++) {
		if (pst_keyring_make_key_file(key_of(dir, key).path) < 0) {
			scene->broken = "the key file cannot be made";
		}
	}
}

const char *scene_trouble(const struct scene *scene)
{
	if (scene->broken) {
		return scene->broken;
	}
	return scene->failed ? scene->first_error : NULL;
}

void scene_rewind(struct scene *scene, const struct scene *prepared)
{
	*scene = *prepared;
	scene->vault = NULL;
	scene->count = 0;
	scene->failed = 0;
}

void scene_close(struct scene *scene)
{
	pst_vault_close(&scene->vault);
}

void scene_init(struct scene *scene, int64_t now_s)
{
	struct pst_key_source key = key_of(scene->dir, scene->key);

	begin(scene, now_s);
	end(scene, pst_vault_init(scene->dir, &key, now_s, &scene->error), 0, SCENE_THERE);
}

void scene_open(struct scene *scene, int64_t now_s)
{
	struct pst_key_source key = key_of(scene->dir, scene->key);

	scene_close(scene);
	scene->poisoned = false;
	begin(scene, now_s);
	if (scene->is_plan) {
		end(scene, 0, 0, 0);
		return;
	}
	end(scene, pst_vault_open(&scene->vault, scene->dir, &key, now_s, &scene->error), 0, 0);
}

void scene_add(struct scene *scene, int number, enum scene_class class, size_t size, int64_t now_s)
{
	char subject[16];
	struct pst_vault_record_info info = info_of(class, subject);

	(void)snprintf(subject, sizeof(subject), "S%d", number);
	known[number].expires_s = now_s + info.retention_s;
	known[number].gallery = NULL;
	known[number].size = size;
	begin(scene, now_s);
	if (!is_planned(scene, 0, bit(number))) {
		end(scene,
			pst_vault_add(scene->vault, &info, template_of(number, size), size, now_s,
				NULL, &scene->error),
			0, bit(number));
	}
}

void scene_add_many(struct scene *scene, int first, int count, enum scene_class class, size_t size,
	int64_t now_s)
{
	struct pst_vault_record_info info = info_of(class, NULL);
	struct pst_vault_entry entries[SCENE_STEPS];
	uint64_t added = 0;
	uint8_t *templates = outside_calloc((size_t)count, size);

	for (int i = 0; i < count; i++) {
		memcpy(templates + (size_t)i * size, template_of(first + i, size), size);
		entries[i] = (struct pst_vault_entry){
			.info = &info, .template = templates + (size_t)i * size, .size = size};
		known[first + i].expires_s = now_s + info.retention_s;
		known[first + i].gallery = NULL;
		known[first + i].size = size;
		added |= bit(first + i);
	}
	begin(scene, now_s);
	if (!is_planned(scene, 0, added)) {
		end(scene,
			pst_vault_add_many(
				scene->vault, entries, (size_t)count, now_s, &scene->error),
			0, added);
	}
	disk_depth++;
	free(templates);
	disk_depth--;
}

void scene_gallery_add(struct scene *scene, int number, uint64_t replaced, const char *gallery,
	const char *subject, int64_t now_s)
{
	struct pst_vault_record_info info = info_of(SCENE_YEARS, subject);

	known[number].expires_s = now_s + info.retention_s;
	known[number].gallery = gallery;
	known[number].size = 2048;
	begin(scene, now_s);
	if (!is_planned(scene, replaced, bit(number))) {
		end(scene,
			pst_vault_gallery_add(scene->vault, gallery, &info,
				template_of(number, 2048), 2048, now_s, NULL, &scene->error),
			replaced, bit(number));
	}
}

void scene_gallery_remove(struct scene *scene, uint64_t removed, const char *gallery,
	const char *subject, int64_t now_s)
{
	begin(scene, now_s);
	if (!is_planned(scene, removed, 0)) {
		end(scene,
			pst_vault_gallery_remove(
				scene->vault, gallery, subject, now_s, &scene->error),
			removed, 0);
	}
}

void scene_purge(struct scene *scene, int64_t now_s)
{
	begin(scene, now_s);
	if (!is_planned(scene, 0, 0)) {
		end(scene, pst_vault_purge(scene->vault, now_s, &scene->error), 0, 0);
	}
}

/* What is there. */

struct found {
	struct pst_vault *vault;
	uint8_t ids[NUMBERS + 1][PST_VAULT_ID_SIZE];
	char galleries[NUMBERS + 1][65];
	int count;
	uint64_t set;
	int number; /* of the record last opened */
	const char *wrong;
};

static int take_item(void *user, const struct pst_vault_item *item)
{
	struct found *found = user;

	if (item->state == PST_VAULT_STATE_DAMAGED) {
		found->wrong = "a record is damaged";
	}
	if (item->state != PST_VAULT_STATE_OPENS) {
		return 0;
	}
	if (found->count > NUMBERS) {
		found->wrong = "more records than were ever stored";
		return 0;
	}
	memcpy(found->ids[found->count], item->record, PST_VAULT_ID_SIZE);
	(void)snprintf(found->galleries[found->count], sizeof(found->galleries[0]), "%s",
		item->gallery ? item->gallery : "");
	found->count++;
	return 0;
}

static int take_template(void *user, uint64_t key, const uint8_t *template, size_t size)
{
	struct found *found = user;

	(void)key;
	found->number = template[0];
	if (found->number >= NUMBERS || size != known[found->number].size ||
		memcmp(template, template_of(found->number, size), size) != 0) {
		found->wrong = "a record opens with other bytes than were stored";
		return 0;
	}
	if (found->set & bit(found->number)) {
		found->wrong = "a record is there twice";
	}
	found->set |= bit(found->number);
	return 0;
}

static uint64_t living(uint64_t set, int64_t now_s)
{
	for (int i = 0; i < NUMBERS; i++) {
		if (known[i].expires_s <= now_s) {
			set &= ~bit(i);
		}
	}
	return set;
}

static const char *compare(uint64_t set, int64_t now_s, const uint64_t *sets, int set_count)
{
	static char text[200];

	for (int i = 0; i < set_count; i++) {
		if (set == living(sets[i], now_s)) {
			return NULL;
		}
	}
	(void)snprintf(text, sizeof(text), "found %llx, but expected %llx%s%llx",
		(unsigned long long)set, (unsigned long long)living(sets[0], now_s),
		set_count > 1 ? " or " : " at ",
		(unsigned long long)(set_count > 1 ? living(sets[1], now_s) : (uint64_t)now_s));
	return text;
}

static const char *look(struct pst_vault *vault, const char *dir, int64_t now_s,
	const uint64_t *sets, int set_count)
{
	struct found found = {.vault = vault, .set = SCENE_THERE};
	struct pst_vault_status status;

	if (pst_vault_status(vault, now_s, &status, NULL) < 0) {
		return "no status";
	}
	if (access(backup_of(dir), F_OK) == 0) {
		struct pst_vault_backup_info info;

		if (pst_vault_backup_check(backup_of(dir), &info, NULL) < 0) {
			return "the backup is damaged";
		}
		found.set |= bit(SCENE_BACKUP);
	}
	if (pst_vault_list(vault, NULL, now_s, take_item, &found, NULL) < 0) {
		return "no list";
	}
	for (int i = 0; i < found.count && !found.wrong; i++) {
		if (pst_vault_read(vault, found.ids[i], now_s, take_template, &found, NULL) != 0) {
			found.wrong = "a record that is listed does not open";
		} else if (!found.wrong &&
			   strcmp(found.galleries[i], known[found.number].gallery
							      ? known[found.number].gallery
							      : "") != 0) {
			found.wrong = "a record is in another gallery";
		}
	}
	return found.wrong ? found.wrong : compare(found.set, status.now_s, sets, set_count);
}

const char *scene_look(const struct scene *scene)
{
	return look(scene->vault, scene->dir, scene->now_s, scene->sets, scene->set_count);
}

void scene_status(struct scene *scene, int64_t now_s)
{
	struct pst_vault_status status;

	begin(scene, now_s);
	if (scene->vault) {
		end(scene, pst_vault_status(scene->vault, now_s, &status, &scene->error), 0, 0);
	}
}

void scene_list(struct scene *scene, const char *gallery, int64_t now_s)
{
	struct found found = {0};

	begin(scene, now_s);
	if (scene->vault) {
		end(scene,
			pst_vault_list(
				scene->vault, gallery, now_s, take_item, &found, &scene->error),
			0, 0);
	}
}

void scene_read_all(struct scene *scene, int64_t now_s)
{
	struct found found = {0};

	begin(scene, now_s);
	if (!scene->vault) {
		return;
	}
	int status = pst_vault_list(scene->vault, NULL, now_s, take_item, &found, &scene->error);
	for (int i = 0; i < found.count && status >= 0; i++) {
		status = pst_vault_read(
			scene->vault, found.ids[i], now_s, take_template, &found, &scene->error);
	}
	if (found.wrong) {
		scene->broken = found.wrong;
	}
	end(scene, status, 0, 0);
}

void scene_walk(struct scene *scene, const char *gallery, int64_t now_s)
{
	struct found found = {0};

	begin(scene, now_s);
	if (scene->vault) {
		int status = pst_vault_gallery_each(
			scene->vault, gallery, NULL, now_s, take_template, &found, &scene->error);

		if (found.wrong) {
			scene->broken = found.wrong;
		}
		end(scene, status, 0, 0);
	}
}

void scene_verify(struct scene *scene, int64_t now_s)
{
	struct pst_vault_verification found;

	begin(scene, now_s);
	if (scene->vault) {
		int status =
			pst_vault_verify(scene->vault, NULL, now_s, NULL, &found, &scene->error);

		if (status == 0 && found.found > 0) {
			scene->broken = "verification finds a flaw";
		}
		end(scene, status, 0, 0);
	}
}

static int find(struct scene *scene, const char *subject, int64_t now_s,
	struct pst_vault_graves *ret_graves)
{
	const struct pst_vault_whom whom = {.subject = subject};

	return pst_vault_find(scene->vault, &whom, now_s, ret_graves, &scene->error);
}

void scene_forget(struct scene *scene, uint64_t removed, const char *subject, int64_t now_s)
{
	struct pst_vault_graves graves = {0};

	begin(scene, now_s);
	if (scene->vault) {
		int status = find(scene, subject, now_s, &graves);

		if (status >= 0) {
			status = pst_vault_forget(scene->vault, &graves, now_s, &scene->error);
		}
		end(scene, status, removed, 0);
		pst_vault_graves_finish(&graves);
	}
}

void scene_hold(struct scene *scene, const char *subject, int64_t now_s)
{
	struct pst_vault_graves graves = {0};
	int64_t until_s = (now_s / PST_VAULT_HOLD_DAY_S + 30) * PST_VAULT_HOLD_DAY_S;

	begin(scene, now_s);
	if (scene->vault) {
		int status = find(scene, subject, now_s, &graves);

		if (status >= 0) {
			status = pst_vault_hold_add(
				scene->vault, &graves, until_s, "case-1", now_s, &scene->error);
		}
		end(scene, status, 0, 0);
		pst_vault_graves_finish(&graves);
	}
}

/* Keys and backups can fail by what is read or by another file: that leaves no doubt. */
static void end_beside(struct scene *scene, int status, uint64_t added)
{
	bool poisoned = scene->poisoned;

	end(scene, status, 0, added);
	scene->poisoned = poisoned;
}

void scene_rotate(struct scene *scene, int64_t now_s)
{
	struct pst_key_source key = key_of(scene->dir, scene->key);

	begin(scene, now_s);
	if (scene->vault) {
		end_beside(scene, pst_vault_rotate(scene->vault, &key, 1, &scene->error), 0);
	}
}

/* Two sources at once: each path needs a place of its own. */
static struct pst_key_source key_beside(const char *dir, int key, char path[PATH_MAX])
{
	struct pst_key_source source = key_of(dir, key);

	(void)snprintf(path, PATH_MAX, "%s", source.path);
	source.path = path;
	return source;
}

void scene_key_add(struct scene *scene, int64_t now_s)
{
	char path[PATH_MAX];
	struct pst_key_source more = key_beside(scene->dir, 1 - scene->key, path);
	struct pst_key_source key = key_of(scene->dir, scene->key);

	more.now_s = now_s;
	begin(scene, now_s);
	scene->steps[scene->count].key_after = 1 - scene->key;
	if (scene->vault) {
		end_beside(scene, pst_vault_key_add(scene->vault, &key, &more, &scene->error), 0);
	}
}

void scene_key_remove(struct scene *scene, int64_t now_s)
{
	struct pst_key_source key = key_of(scene->dir, scene->key);

	begin(scene, now_s);
	if (scene->vault) {
		end(scene,
			pst_vault_key_remove(
				scene->vault, &key, scene->key ? "first" : "second", &scene->error),
			0, 0);
	}
}

void scene_backup(struct scene *scene, int64_t now_s)
{
	struct pst_vault_backup_info info;

	known[SCENE_BACKUP].expires_s = INT64_MAX;
	begin(scene, now_s);
	if (scene->vault) {
		end_beside(scene,
			pst_vault_backup(scene->vault, scene->dir, backup_of(scene->dir), now_s,
				&info, &scene->error),
			bit(SCENE_BACKUP));
		/* It is made, and the note of when may be what left doubt. */
		scene->poisoned =
			scene->poisoned || pst_vault_db_check(&scene->vault->db, NULL) < 0;
	}
}

void scene_restore(struct scene *scene, uint64_t set, uint64_t forgotten, int64_t now_s)
{
	struct pst_vault_restoration restoration;
	const struct pst_vault_told told = {0};
	struct pst_key_source key = key_of(scene->dir, scene->key);

	scene_close(scene);
	scene->poisoned = false;
	begin(scene, now_s);
	int status = pst_vault_restore(scene->dir, backup_of(scene->dir), &key, &told, now_s, false,
		&restoration, &scene->error);

	end(scene, status, ~SCENE_THERE & ~bit(SCENE_BACKUP), set);
	/* Which were deleted says the present database, as far as it can be read, or an audit log.
	 */
	if (status == 0 && restoration.present_unread && scene->set_count < SCENE_SETS) {
		scene->sets[scene->set_count++] = scene->sets[0] | forgotten;
	}
}

void scene_know(int number, const char *gallery, size_t size, int64_t expires_s)
{
	known[number].is_kept = true;
	known[number].size = size;
	known[number].gallery = gallery;
	known[number].expires_s = expires_s;
}

static int open_with(struct pst_vault **ret_vault, const char *dir, int64_t now_s,
	const int keys[2], struct pst_error *error)
{
	struct pst_key_source key = key_of(dir, keys[0]);
	int status = pst_vault_open(ret_vault, dir, &key, now_s, error);

	if (status < 0 && keys[1] != keys[0]) {
		key = key_of(dir, keys[1]);
		*error = (struct pst_error){0};
		status = pst_vault_open(ret_vault, dir, &key, now_s, error);
	}
	return status;
}

/* A vault that never came to be must not be in the way of a new one. */
static const char *check_nothing(
	const char *dir, int64_t now_s, int key, const uint64_t *sets, int set_count)
{
	static char text[600];
	struct pst_key_source source = key_of(dir, key);
	struct pst_error error = {0};

	for (int i = 0; i < set_count; i++) {
		if (sets[i] == 0) {
			int status = pst_vault_init(dir, &source, now_s, &error);

			(void)snprintf(text, sizeof(text), "init again: %s", error.text);
			return status < 0 ? text : NULL;
		}
	}
	return "the vault is gone";
}

const char *scene_check(const char *dir, int64_t now_s, const int keys[2], const uint64_t *sets,
	int set_count, bool probe)
{
	static char text[600];
	struct pst_vault *vault;
	struct pst_error error = {0};
	int status = open_with(&vault, dir, now_s, keys, &error);

	if (status == PST_E_NOT_FOUND) {
		return check_nothing(dir, now_s, keys[0], sets, set_count);
	}
	if (status < 0) {
		(void)snprintf(text, sizeof(text), "does not open: %s", error.text);
		return text;
	}
	const char *wrong = look(vault, dir, now_s, sets, set_count);
	if (!wrong && probe) {
		struct pst_vault_verification found;

		if (pst_vault_verify(vault, NULL, now_s, NULL, &found, NULL) < 0 || found.found) {
			wrong = "verification finds a flaw";
		}
	}
	if (!wrong && probe) {
		struct pst_vault_record_info info = info_of(SCENE_YEARS, "probe");
		uint64_t with_probe[SCENE_SETS];

		known[SCENE_PROBE].expires_s = INT64_MAX;
		known[SCENE_PROBE].gallery = NULL;
		known[SCENE_PROBE].size = 700;
		for (int i = 0; i < set_count; i++) {
			with_probe[i] = sets[i] | bit(SCENE_PROBE);
		}
		if (pst_vault_add(vault, &info, template_of(SCENE_PROBE, 700), 700, now_s, NULL,
			    &error) != 1) {
			(void)snprintf(text, sizeof(text), "cannot store: %s", error.text);
			wrong = text;
		}
		pst_vault_close(&vault);
		wrong = wrong ? wrong : scene_check(dir, now_s, keys, with_probe, set_count, false);
	}
	pst_vault_close(&vault);
	return wrong;
}
