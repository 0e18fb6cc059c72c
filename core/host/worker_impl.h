/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_WORKER_IMPL_H
#define PST_HOST_WORKER_IMPL_H

#include "host/process.h"
#include "host/worker.h"
#include "wire/channel.h"

/* What worker.c, adds.c, answers.c, calls.c, start.c, report.c and conform.c share of a worker;
 * nobody else includes this. */

#define PST_WORKER_PENDING_MAX 32
#define PST_WORKER_KEPT_MAX 64
#define PST_WORKER_KEPT_LOGS 48 /* of them at most log lines */
#define PST_WORKER_DEATHS_MAX 5 /* within PST_WORKER_DEATHS_NS: quarantine */
#define PST_WORKER_DEATHS_NS (60 * 1000000000LL)
#define PST_WORKER_TEXT_SIZE 384

/** A request that was sent and not yet answered. */
struct pst_worker_request {
	enum pst_wire_type type;
	uint32_t slot;
	uint64_t sequence;
	uint64_t permit;
	uint32_t how;	     /* FRAME: enum pst_wire_how, as asked */
	int64_t deadline_ns; /* absolute; 0: limit_ns from when it is the first */
	int64_t limit_ns;
};

/** An event kept for later, with its text; never one that points into a message. */
struct pst_worker_kept {
	struct pst_worker_event event;
	char text[PST_WORKER_TEXT_SIZE];
};

struct pst_worker {
	struct pst_worker_config config; /* settings are not kept */
	const struct pst_slots *slots;	 /* of the process; those of the spare are the other ones */
	struct pst_worker *spare;	 /* owned; NULL: none yet, or none wanted */
	bool is_spare;
	bool tell_ready; /* a spare has taken over: the event is still to be given */
	char program[PATH_MAX];
	enum pst_worker_state state;
	struct pst_worker_counts counts;
	uint64_t life_frames; /* sent in this life */

	uint32_t threads; /* the process may have, all plugins' together */

	struct pst_process process;
	int pid;			  /* of the process, or of the last one */
	struct pst_wire_channel channel;  /* fd is process.control */
	struct pst_wire_message *start;	  /* owned; sent at every start */
	struct pst_wire_message *message; /* owned; the last one received */
	struct pst_wire_message *request; /* owned; the last one sent, or adds being gathered */
	bool gathering;			  /* request->adds holds templates */
	bool adding;			  /* adds were sent, and not yet answered */
	int epoll;
	int timer;

	struct pst_worker_request pending[PST_WORKER_PENDING_MAX];
	uint32_t pending_count;
	int64_t head_since_ns; /* when the first request became the first */
	bool head_late;
	struct pst_recent answers_us;

	int64_t start_deadline_ns;
	int64_t restart_ns; /* when to start again; 0: not waiting */
	int64_t ready_ns;
	int64_t deaths_ns[PST_WORKER_DEATHS_MAX];
	uint32_t streak; /* deaths in a row */

	bool ended;	/* the process is gone, its last words may still be in the pipe */
	int end_status; /* why, as far as the lane knows; 0: it ended by itself */
	char end_text[PST_WORKER_TEXT_SIZE]; /* goes on after "vision worker" */
	char exit_text[64];		     /* how the process ended */
	bool tell_quarantine;		     /* the event is still to be given */

	char log[1024]; /* bytes of unfinished lines */
	uint32_t log_size;
	int64_t log_second;
	uint32_t log_lines; /* in that second */
	uint32_t log_dropped;

	char text[PST_WORKER_TEXT_SIZE]; /* of the event last returned */
	struct pst_worker_kept kept[PST_WORKER_KEPT_MAX];
	uint32_t kept_first;
	uint32_t kept_count;
};

/* worker.c: whether it is a frame that was not counted yet: one searched again was. */
bool pst_worker_is_counted(const struct pst_worker_request *request);

/* answers.c: take the message that came. @return whether it answers the first request */
bool pst_worker_take_faces(struct pst_worker *worker, struct pst_worker_event *event);
bool pst_worker_take_template(struct pst_worker *worker, struct pst_worker_event *event);
bool pst_worker_take_masked(struct pst_worker *worker, struct pst_worker_event *event);
bool pst_worker_take_reset(struct pst_worker *worker, struct pst_worker_event *event);
bool pst_worker_take_match(struct pst_worker *worker, struct pst_worker_event *event);
bool pst_worker_take_matches(struct pst_worker *worker, struct pst_worker_event *event);

/* start.c: fills worker->start from the plugins and the settings. */
int pst_worker_prepare(struct pst_worker *worker, const struct pst_worker_config *config,
	struct pst_error *error) PST_MUST_CHECK;

/* start.c: one plugin as a START tells it, and the threads it may have, the calling one among them.
 */
int pst_worker_describe(const struct pst_plugin *plugin, const struct pst_worker_config *config,
	struct pst_wire_plugin *to, uint32_t *ret_threads, struct pst_error *error) PST_MUST_CHECK;

/* report.c: the next log line. @return 1 an event; 0 none for now; -EPIPE the pipe is at its end */
int pst_worker_read_log(struct pst_worker *worker, struct pst_worker_event *ret_event);

/* report.c: what a worker says may reach a terminal. */
void pst_worker_make_printable(char *text);

/* worker.c: one step without waiting and without looking at kept events. @return 1 or 0 */
int pst_worker_step(struct pst_worker *worker, struct pst_worker_event *ret_event);

/* worker.c: makes a worker without its start message. @return NULL without memory */
struct pst_worker *pst_worker_make(const struct pst_worker_config *config);

/* worker.c: watches a descriptor of the process. */
void pst_worker_watch(struct pst_worker *worker, int fd);

/* worker.c: "vision", "spare vision" or "match" */
const char *pst_worker_name(const struct pst_worker *worker);

/* worker.c: starts the process. @return 0, or -errno with the error filled */
int pst_worker_launch(struct pst_worker *worker, struct pst_error *error) PST_MUST_CHECK;

/* worker.c: has it started again after a wait. */
void pst_worker_schedule(struct pst_worker *worker, int64_t delay_ns);

/* spare.c: starts a spare, if one is wanted and there is none. */
void pst_worker_keep_spare(struct pst_worker *worker);

/* spare.c: one step of the spare. @return 1 an event: what it logged or died of, as a log line */
int pst_worker_step_spare(struct pst_worker *worker, struct pst_worker_event *ret_event);

/* spare.c: the spare takes the place of the process, which is gone; it is started anew after a
 * wait. @return whether one was ready */
bool pst_worker_take_over(struct pst_worker *worker, int64_t delay_ns);

/* worker.c: keeps an event for pst_worker_receive. */
void pst_worker_keep(struct pst_worker *worker, const struct pst_worker_event *event);

/* calls.c: sends worker->request, if nothing else is under way. @return 0, -EBUSY, -EAGAIN */
int pst_worker_post_alone(struct pst_worker *worker, const struct pst_worker_request *request,
	struct pst_error *error) PST_MUST_CHECK;

/* calls.c: waits for an event; others are kept. @return 0, or why the worker died */
int pst_worker_answer(struct pst_worker *worker, enum pst_worker_event_type wanted,
	struct pst_worker_event *ret_event, struct pst_error *error) PST_MUST_CHECK;

/* worker.c: sends worker->request and books it. @return 0 or -EAGAIN */
int pst_worker_post(struct pst_worker *worker, const struct pst_worker_request *request);

/* worker.c: ends the process, for a reason that the next DIED event tells. */
void pst_worker_end(struct pst_worker *worker, int status, const char *format, ...)
	PST_PRINTF(3, 4);

#endif
