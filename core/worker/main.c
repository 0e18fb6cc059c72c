/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postern-worker: the process that runs plugins for a lane. It is started by the lane with nothing
 * but a message socket, a log pipe and, for vision, the slots (enum pst_wire_fd); it isn't for use
 * by hand. Order: START, confine, load plugins, warm up, map slots, seal, READY, then requests
 * until STOP or the end of the socket. Whatever goes wrong is one FAULT and the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/host.h"
#include "wire/channel.h"
#include "worker/gallery.h"
#include "worker/guest.h"
#include "worker/log.h"
#include "worker/sandbox.h"
#include "worker/vision.h"

struct session {
	struct pst_wire_channel channel;
	struct pst_wire_start start; /* kept: guests point into it */
	struct pst_guest *guest[PST_WIRE_PLUGINS_MAX];
	struct pst_guest *matcher; /* of the guests; NULL in a vision worker */
	struct pst_vision *vision; /* NULL in a match worker */
	struct pst_wire_message request;
	struct pst_wire_message answer;
};

/* What is given up in any case. */
static int prepare(struct pst_error *error)
{
	const struct rlimit none = {0, 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
		return pst_error_set(
			error, PST_E_UNSAFE, "worker cannot be limited: %s", strerror(errno));
	}
	if (close_range(PST_WIRE_FD_END, ~0U, 0) < 0) {
		return pst_error_set(
			error, PST_E_UNSAFE, "descriptors cannot be closed: %s", strerror(errno));
	}
	return 0;
}

static int send_fault(struct session *session, const struct pst_error *error)
{
	struct pst_wire_message *fault = &session->answer;

	fault->type = PST_WIRE_FAULT;
	fault->fault.status = error->status < 0 ? error->status : PST_E_PLUGIN;
	(void)snprintf(fault->fault.text, sizeof(fault->fault.text), "%.*s",
		(int)sizeof(fault->fault.text) - 1, error->text);
	return pst_wire_send(&session->channel, fault, 0);
}

static struct pst_guest *guest_of(struct session *session, enum pst_plugin_kind kind)
{
	for (uint32_t i = 0; i < session->start.plugin_count; i++) {
		if (session->start.plugin[i].kind == kind) {
			return session->guest[i];
		}
	}
	return NULL;
}

/* A vision worker has slots, a detector and at most one each of the others; a match worker one
 * matcher. */
static int check_roles(const struct pst_wire_start *start, struct pst_error *error)
{
	uint32_t count[PST_PLUGIN_PAD + 1] = {0};
	bool vision = start->slot_count > 0;

	for (uint32_t i = 0; i < start->plugin_count; i++) {
		count[start->plugin[i].kind]++;
	}
	if (vision ? count[PST_PLUGIN_DETECTOR] != 1 || count[PST_PLUGIN_MATCHER] != 0 ||
				count[PST_PLUGIN_QUALITY] > 1 || count[PST_PLUGIN_PAD] > 1 ||
				count[PST_PLUGIN_EXTRACTOR] > 1
		   : count[PST_PLUGIN_MATCHER] != 1 || start->plugin_count != 1) {
		return pst_error_set(error, PST_E_CONFIG,
			"a worker has either slots and a detector or a matcher");
	}
	return 0;
}

static enum pst_sandbox_mode mode_of(const struct pst_wire_start *start)
{
	return start->sandbox == PST_WIRE_SANDBOX_LEARN ? PST_SANDBOX_LEARN : PST_SANDBOX_ENFORCE;
}

/* Before any code of a plugin runs, and before there is a second thread. */
static int confine(const struct pst_wire_start *start, struct pst_error *error)
{
	struct pst_sandbox_file files[2 * PST_WIRE_PLUGINS_MAX];
	struct pst_sandbox_config config = {
		.mode = mode_of(start), .files = files, .control = -1, .log = -1};

	if (start->sandbox == PST_WIRE_SANDBOX_OFF) {
		return 0;
	}
	for (uint32_t i = 0; i < start->plugin_count; i++) {
		const struct pst_wire_plugin *plugin = &start->plugin[i];

		files[config.file_count++] = (struct pst_sandbox_file){plugin->library, true};
		if (plugin->model[0]) {
			files[config.file_count++] =
				(struct pst_sandbox_file){plugin->model, false};
		}
	}
	return pst_sandbox_confine(&config, error);
}

/* Once plugins are loaded and warm: no file, no thread, no descriptor comes after this. */
static int seal(const struct pst_wire_start *start, struct pst_error *error)
{
	const struct pst_sandbox_config config = {
		.mode = mode_of(start), .control = PST_WIRE_FD_CONTROL, .log = PST_WIRE_FD_LOG};
	int listener = -1;

	if (config.mode != PST_SANDBOX_LEARN) { /* libseccomp can't tell a listener 0 from none */
		(void)close(STDIN_FILENO);
	}
	if (close_range(PST_WIRE_FD_SLOTS, ~0U, 0) < 0) {
		return pst_error_set(
			error, PST_E_UNSAFE, "descriptors cannot be closed: %s", strerror(errno));
	}
	if (start->sandbox == PST_WIRE_SANDBOX_OFF) {
		return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0
			       ? pst_error_set(error, PST_E_UNSAFE, "worker stays dumpable")
			       : 0;
	}
	int status = pst_sandbox_seal(&config, &listener, error);

	if (status == 0 && config.mode == PST_SANDBOX_LEARN && listener != PST_WIRE_FD_LISTENER) {
		status = pst_error_set(error, PST_E_UNSAFE, "worker cannot be learnt from");
	}
	return status;
}

static int start(struct session *session, struct pst_error *error)
{
	int status = pst_wire_receive(&session->channel, &session->request, 0);

	if (status != 1 || session->request.type != PST_WIRE_START) {
		return pst_error_set(error, PST_E_CORRUPT, "worker was not given a valid start");
	}
	session->start = session->request.start;
	status = check_roles(&session->start, error);
	if (status == 0) {
		status = confine(&session->start, error);
	}
	for (uint32_t i = 0; status == 0 && i < session->start.plugin_count; i++) {
		status = pst_guest_open(&session->start.plugin[i], &session->guest[i], error);
	}
	if (status == 0 && session->start.slot_count > 0) {
		const struct pst_vision_guests guests = {
			.detector = guest_of(session, PST_PLUGIN_DETECTOR),
			.quality = guest_of(session, PST_PLUGIN_QUALITY),
			.pad = guest_of(session, PST_PLUGIN_PAD),
			.extractor = guest_of(session, PST_PLUGIN_EXTRACTOR)};

		status = pst_vision_create(
			&session->start, PST_WIRE_FD_SLOTS, &guests, &session->vision, error);
	}
	session->matcher = guest_of(session, PST_PLUGIN_MATCHER);
	if (status == 0) {
		status = seal(&session->start, error);
	}
	if (status < 0) {
		return status;
	}
	session->answer.type = PST_WIRE_READY;
	session->answer.version = PST_WIRE_VERSION;
	return pst_wire_send(&session->channel, &session->answer, 0);
}

static int answer_vision(struct session *session, struct pst_error *error)
{
	struct pst_wire_message *answer = &session->answer;
	const struct pst_wire_message *request = &session->request;

	switch ((int)request->type) {
	case PST_WIRE_FRAME:
		answer->type = PST_WIRE_FACES;
		return pst_vision_detect(
			session->vision, &request->frame, &request->search, &answer->faces, error);
	case PST_WIRE_EXTRACT:
		answer->type = PST_WIRE_TEMPLATE;
		return pst_vision_extract(
			session->vision, &request->extract, &answer->template_, error);
	case PST_WIRE_PICTURE:
		answer->type = PST_WIRE_MASKED;
		return pst_vision_mask(session->vision, &request->picture, &answer->masked, error);
	case PST_WIRE_RESET:
		answer->type = PST_WIRE_RESET_DONE;
		pst_vision_reset(session->vision, request->permit, &answer->reset_done);
		return 0;
	default:
		return pst_error_set(error, PST_E_CORRUPT, "a vision worker has no answer to '%s'",
			pst_wire_type_name(request->type));
	}
}

static int answer_match(struct session *session, struct pst_error *error)
{
	struct pst_wire_message *request = &session->request;
	int status;

	switch ((int)request->type) {
	case PST_WIRE_ADD:
	case PST_WIRE_REMOVE:
	case PST_WIRE_SEAL:
	case PST_WIRE_VERIFY:
	case PST_WIRE_SEARCH:
		session->answer.type = PST_WIRE_MATCH;
		status = pst_gallery_answer(
			session->matcher, request, &session->answer.match, error);
		if (request->type != PST_WIRE_SEAL) {
			explicit_bzero(request->query.bytes, request->query.size);
		}
		return status;
	case PST_WIRE_ADD_BATCH:
		session->answer.type = PST_WIRE_MATCH;
		status = pst_gallery_answer_adds(
			session->matcher, &request->adds, &session->answer.match, error);
		explicit_bzero(request->adds.bytes, request->adds.count * request->adds.size);
		return status;
	case PST_WIRE_SEARCH_BATCH:
		session->answer.type = PST_WIRE_MATCHES;
		status = pst_gallery_answer_batch(
			session->matcher, &request->batch, &session->answer.matches, error);
		explicit_bzero(request->batch.bytes, request->batch.count * request->batch.size);
		return status;
	default:
		return pst_error_set(error, PST_E_CORRUPT, "a match worker has no answer to '%s'",
			pst_wire_type_name(request->type));
	}
}

/* @return 0 at an orderly end; else a status, with the error filled if it is for the lane */
static int serve(struct session *session, struct pst_error *error)
{
	for (;;) {
		int status = pst_wire_receive(&session->channel, &session->request, 0);

		if (status == 0 || (status == 1 && session->request.type == PST_WIRE_STOP)) {
			return 0;
		}
		if (status < 0) {
			return pst_error_set(error, status, "worker got a damaged message");
		}
		status = session->vision ? answer_vision(session, error)
					 : answer_match(session, error);
		if (status < 0) {
			return status;
		}
		status = pst_wire_send(&session->channel, &session->answer, 0);
		if (session->answer.type == PST_WIRE_TEMPLATE) {
			explicit_bzero(
				&session->answer.template_, sizeof(session->answer.template_));
		}
		if (session->answer.type == PST_WIRE_MASKED) {
			explicit_bzero(&session->answer.masked, sizeof(session->answer.masked));
		}
		if (status == PST_E_CORRUPT) {
			return pst_error_set(error, PST_E_PLUGIN, "an answer is out of bounds");
		}
		if (status < 0) {
			return status;
		}
	}
}

int main(void)
{
	static struct session session;
	struct pst_error error = {0};
	int status;

	if (fcntl(PST_WIRE_FD_CONTROL, F_GETFD) < 0 || fcntl(PST_WIRE_FD_LOG, F_GETFD) < 0) {
		(void)fputs("postern-worker: started by a lane, not by hand\n", stderr);
		return 2;
	}
	if (pst_wire_channel_init(&session.channel, PST_WIRE_FD_CONTROL) < 0) {
		return 1;
	}
	status = prepare(&error);
	if (status == 0) {
		status = start(&session, &error);
	}
	if (status == 0) {
		status = serve(&session, &error);
	}
	if (status < 0 && error.status < 0) {
		(void)send_fault(&session, &error);
	}
	pst_vision_destroy(&session.vision);
	for (uint32_t i = 0; i < PST_WIRE_PLUGINS_MAX && status == 0; i++) {
		pst_guest_close(&session.guest[i]);
	}
	pst_wire_channel_finish(&session.channel);
	return status < 0 ? 1 : 0;
}
