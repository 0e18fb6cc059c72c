/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"

#define NS_PER_US 1000.0

void pst_load_series_add(struct pst_load_series *series, int64_t ns)
{
	if (series->count == series->room) {
		size_t room = series->room ? 2 * series->room : 1024;
		int64_t *more = reallocarray(series->ns, room, sizeof(*more));

		if (!more) {
			series->failed = true;
			return;
		}
		series->ns = more;
		series->room = room;
	}
	series->ns[series->count++] = ns;
	series->sorted = false;
}

static int by_value(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

int64_t pst_load_series_quantile(struct pst_load_series *series, double part)
{
	if (series->count == 0) {
		return -1;
	}
	if (!series->sorted) {
		qsort(series->ns, series->count, sizeof(series->ns[0]), by_value);
		series->sorted = true;
	}
	return series->ns[(size_t)((double)(series->count - 1) * part + 0.5)];
}

int64_t pst_load_series_sum(const struct pst_load_series *series)
{
	int64_t sum = 0;

	for (size_t i = 0; i < series->count; i++) {
		sum += series->ns[i];
	}
	return sum;
}

void pst_load_series_finish(struct pst_load_series *series)
{
	free(series->ns);
	*series = (struct pst_load_series){0};
}

void pst_load_take(struct pst_load *load, enum pst_stage stage, int64_t took_ns)
{
	pst_load_series_add(&load->stage[stage], took_ns);
}

static double seconds_of(int who)
{
	struct rusage usage = {0};

	(void)getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* @return the value in kB of a line "name: value kB" of /proc/PID/status, 0 without one */
static uint64_t read_status(int pid, const char *name)
{
	char path[64], line[256];
	uint64_t value = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
			value = strtoull(line + strlen(name) + 1, NULL, 10);
		}
	}
	if (file) {
		(void)fclose(file);
	}
	return value;
}

static uint64_t read_resident(int pid)
{
	return read_status(pid, "VmHWM") * 1024;
}

/* Fields 14 and 15 of /proc/PID/stat; what stands before them may hold spaces. */
static double read_cpu_s(int pid)
{
	char path[64], line[1024];
	unsigned long user = 0, system = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file && fgets(line, sizeof(line), file)) {
		char *at = strrchr(line, ')');
		char *save = NULL, *word = at ? strtok_r(at + 1, " ", &save) : NULL;

		for (int field = 3; word && field <= 15; field++) {
			user = field == 14 ? strtoul(word, NULL, 10) : user;
			system = field == 15 ? strtoul(word, NULL, 10) : system;
			word = strtok_r(NULL, " ", &save);
		}
	}
	if (file) {
		(void)fclose(file);
	}
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

void pst_load_begin(struct pst_load *load, struct pst_lane_pids pids)
{
	const int ids[PST_LOAD_PROCESSES] = {getpid(), pids.vision, pids.match};

	for (int i = 0; i < PST_LOAD_PROCESSES; i++) {
		load->process[i].pid = ids[i];
		load->process[i].before_s = ids[i] ? read_cpu_s(ids[i]) : 0;
		load->process[i].resident = ids[i] ? read_resident(ids[i]) : 0;
	}
	load->process[0].before_s = seconds_of(RUSAGE_SELF);
	load->children_s = seconds_of(RUSAGE_CHILDREN);
}

static void read_process(struct pst_load_process *process, const char *name, int pid)
{
	process->name = name;
	process->known = pid > 0;
	if (pid > 0) {
		process->cpu_s = read_cpu_s(pid) - (pid == process->pid ? process->before_s : 0);
		uint64_t resident = read_resident(pid);

		process->resident = resident > process->resident ? resident : process->resident;
	}
}

void pst_load_end(struct pst_load *load, struct pst_lane_pids pids)
{
	read_process(&load->process[0], "lane", getpid());
	load->process[0].cpu_s = seconds_of(RUSAGE_SELF) - load->process[0].before_s;
	read_process(&load->process[1], "vision worker", pids.vision);
	read_process(&load->process[2], "match worker", pids.match);
	load->children_s = seconds_of(RUSAGE_CHILDREN) - load->children_s;
}

double pst_load_cpu_s(const struct pst_load *load)
{
	double sum = load->children_s;

	for (int i = 0; i < PST_LOAD_PROCESSES; i++) {
		sum += load->process[i].cpu_s;
	}
	return sum;
}

json_t *pst_load_stages_json(struct pst_load *load)
{
	json_t *stages = json_array();

	for (int i = 0; i < PST_STAGE_COUNT; i++) {
		struct pst_load_series *series = &load->stage[i];

		if (series->count > 0) {
			(void)json_array_append_new(stages,
				json_pack("{s:s, s:I, s:f, s:f, s:f, s:f, s:f}", "stage",
					pst_stage_name((enum pst_stage)i), "count",
					(json_int_t)series->count, "p50_us",
					(double)pst_load_series_quantile(series, 0.5) / NS_PER_US,
					"p95_us",
					(double)pst_load_series_quantile(series, 0.95) / NS_PER_US,
					"p99_us",
					(double)pst_load_series_quantile(series, 0.99) / NS_PER_US,
					"most_us",
					(double)pst_load_series_quantile(series, 1) / NS_PER_US,
					"sum_ms",
					(double)pst_load_series_sum(series) / PST_NS_PER_MS));
		}
	}
	return stages;
}

json_t *pst_load_processes_json(const struct pst_load *load)
{
	json_t *processes = json_array();

	for (int i = 0; i < PST_LOAD_PROCESSES; i++) {
		const struct pst_load_process *process = &load->process[i];

		if (process->known) {
			(void)json_array_append_new(
				processes, json_pack("{s:s, s:f, s:I}", "process", process->name,
						   "cpu_s", process->cpu_s, "resident_bytes",
						   (json_int_t)process->resident));
		}
	}
	return processes;
}

/* The first "model name" of /proc/cpuinfo, else the machine's own name for its kind. */
static void read_cpu_name(const struct utsname *system, char *name, size_t room)
{
	static const char key[] = "model name";
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	(void)snprintf(name, room, "%s", system->machine);
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, ':');

		if (value && strncmp(line, key, strlen(key)) == 0) {
			value[strcspn(value, "\n")] = 0;
			(void)snprintf(name, room, "%s", value + 1 + (value[1] == ' '));
			break;
		}
	}
	if (file) {
		(void)fclose(file);
	}
}

json_t *pst_load_machine_json(void)
{
	struct utsname system = {0};
	char cpu[256];
	cpu_set_t set;

	(void)uname(&system);
	read_cpu_name(&system, cpu, sizeof(cpu));
	CPU_ZERO(&set);
	(void)sched_getaffinity(0, sizeof(set), &set);
	return json_pack("{s:s, s:i, s:i, s:I, s:s}", "cpu", cpu, "cores",
		(int)sysconf(_SC_NPROCESSORS_ONLN), "cores_used", CPU_COUNT(&set), "memory_bytes",
		(json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE), "kernel",
		system.release);
}

void pst_load_finish(struct pst_load *load)
{
	for (int i = 0; i < PST_STAGE_COUNT; i++) {
		pst_load_series_finish(&load->stage[i]);
	}
}
