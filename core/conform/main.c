/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postern-conform: the process that tries a plugin for 'postern plugin check'. It is started like a
 * worker and locked down like one; it isn't for use by hand. Order: START, plan, draw pictures,
 * confine, watch, then the checks of the plan.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conform/exam.h"
#include "conform/watch.h"
#include "wire/channel.h"
#include "worker/sandbox.h"

static int prepare(struct pst_error *error)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
		close_range(PST_WIRE_FD_SLOTS, ~0U, 0) < 0 || pst_surroundings_begin() < 0) {
		return pst_error_set(
			error, PST_E_UNSAFE, "postern-conform: %s", strerror(errno));
	}
	return 0;
}

/* What postern sends first: the plugin, then what to check. */
static int take_orders(struct pst_exam *exam, struct pst_error *error)
{
	static struct pst_wire_message message;
	static uint8_t buffer[PST_PLAN_SIZE_MAX];
	struct pst_wire_channel channel;
	ssize_t size = -1;
	int status = pst_wire_channel_init(&channel, PST_WIRE_FD_CONTROL);

	if (status == 0) {
		status = pst_wire_receive(&channel, &message, 0);
		pst_wire_channel_finish(&channel);
	}
	if (status == 1 && message.type == PST_WIRE_START && message.start.plugin_count == 1) {
		exam->plugin = message.start.plugin[0];
		size = recv(PST_WIRE_FD_CONTROL, buffer, sizeof(buffer), 0);
	}
	if (size < 0 || pst_plan_decode(buffer, (size_t)size, &exam->plan) < 0) {
		return pst_error_set(
			error, PST_E_CORRUPT, "postern-conform was not given a valid start");
	}
	return 0;
}

static int confine(const struct pst_exam *exam, struct pst_error *error)
{
	const struct pst_sandbox_file files[] = {
		{exam->plugin.library, true},
		{"/dev/null", false}, /* stands for an empty model */
		{exam->plugin.model, false},
	};
	const struct pst_sandbox_config config = {.mode = PST_SANDBOX_TRAP,
		.files = files,
		.file_count = exam->plugin.model[0] ? 3 : 2,
		.control = -1,
		.log = -1};

	return pst_sandbox_confine(&config, error);
}

int main(void)
{
	static struct pst_exam exam;
	struct pst_error error = {0};
	int status;

	if (fcntl(PST_WIRE_FD_CONTROL, F_GETFD) < 0 || fcntl(PST_WIRE_FD_LOG, F_GETFD) < 0) {
		(void)fputs("postern-conform: started by 'postern plugin check', not by hand\n",
			stderr);
		return 2;
	}
	status = prepare(&error);
	if (status == 0) {
		status = take_orders(&exam, &error);
	}
	if (status == 0) {
		status = pst_album_open(&exam.album, &exam.plugin, &error);
	}
	if (status == 0) {
		status = confine(&exam, &error);
	}
	if (status == 0) {
		status = pst_watch_begin(PST_WIRE_FD_CONTROL, &exam.plugin, &error);
	}
	if (status == 0) {
		status = pst_exam_run(&exam, PST_WIRE_FD_CONTROL);
	}
	if (error.text[0]) {
		(void)dprintf(PST_WIRE_FD_LOG, "<1>%s\n", error.text);
	}
	pst_exam_finish(&exam);
	return status < 0 ? 1 : 0;
}
