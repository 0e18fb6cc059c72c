/* SPDX-License-Identifier: Apache-2.0 */
/* A second process that waits for the death of the first. */
#include "host/worker_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "postern/host.h"

static int start_spare(struct pst_worker *spare, const struct pst_worker *worker)
{
	struct pst_error error = {0};

	spare->is_spare = true;
	spare->threads = worker->threads;
	memcpy(spare->program, worker->program, sizeof(spare->program));
	*spare->start = *worker->start;
	return pst_worker_launch(spare, &error);
}

void pst_worker_keep_spare(struct pst_worker *worker)
{
	struct pst_worker_config config = worker->config;

	if (!config.spare_slots || worker->spare) {
		return;
	}
	config.slots = config.spare_slots;
	config.spare_slots = NULL;
	worker->spare = pst_worker_make(&config);
	if (!worker->spare) {
		return;
	}
	if (start_spare(worker->spare, worker) < 0) {
		pst_worker_schedule(worker->spare, PST_NS_PER_S);
	}
	pst_worker_watch(worker, worker->spare->epoll);
}

int pst_worker_step_spare(struct pst_worker *worker, struct pst_worker_event *ret_event)
{
	struct pst_worker_event event;

	while (worker->spare && pst_worker_step(worker->spare, &event) == 1) {
		switch (event.type) {
		case PST_WORKER_EVENT_DIED:
		case PST_WORKER_EVENT_QUARANTINED:
			event.level = PST_LOG_WARNING;
			event.type = PST_WORKER_EVENT_LOG;
			*ret_event = event;
			return 1;
		case PST_WORKER_EVENT_LOG:
			*ret_event = event;
			return 1;
		case PST_WORKER_EVENT_NONE:
		case PST_WORKER_EVENT_READY:
		case PST_WORKER_EVENT_FACES:
		case PST_WORKER_EVENT_TEMPLATE:
		case PST_WORKER_EVENT_MASKED:
		case PST_WORKER_EVENT_RESET:
		case PST_WORKER_EVENT_MATCH:
		case PST_WORKER_EVENT_MATCHES:
		case PST_WORKER_EVENT_LATE:
			break;
		}
	}
	return 0;
}

bool pst_worker_has_spare(const struct pst_worker *worker)
{
	return worker->spare && worker->spare->state == PST_WORKER_STATE_READY &&
	       !worker->spare->ended && worker->spare->end_status == 0;
}

static void move_watch(struct pst_worker *from, struct pst_worker *to, int fd)
{
	(void)epoll_ctl(from->epoll, EPOLL_CTL_DEL, fd, NULL);
	pst_worker_watch(to, fd);
}

bool pst_worker_take_over(struct pst_worker *worker, int64_t delay_ns)
{
	struct pst_worker *spare = worker->spare;
	const struct pst_slots *slots = worker->slots;

	if (!pst_worker_has_spare(worker)) {
		return false;
	}
	worker->process = spare->process;
	worker->channel.fd = spare->process.control;
	worker->pid = spare->pid;
	worker->slots = spare->slots;
	worker->ready_ns = pst_clock_mono_ns();
	worker->life_frames = 0;
	worker->ended = false;
	worker->end_status = 0;
	worker->end_text[0] = 0;
	worker->exit_text[0] = 0;
	worker->counts.starts++;
	worker->state = PST_WORKER_STATE_READY;
	worker->tell_ready = true;
	memcpy(worker->log, spare->log, spare->log_size);
	worker->log_size = spare->log_size;
	move_watch(spare, worker, worker->process.control);
	move_watch(spare, worker, worker->process.log);
	move_watch(spare, worker, worker->process.pidfd);

	spare->process = PST_PROCESS_NONE;
	spare->channel.fd = -1;
	spare->slots = slots; /* wiped by their owner before there can be another frame */
	spare->log_size = 0;
	pst_worker_schedule(spare, delay_ns);
	return true;
}
