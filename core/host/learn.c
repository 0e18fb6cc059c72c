/* SPDX-License-Identifier: Apache-2.0 */
#include "host/learn.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>

#include "base/fd.h"
#include "host/worker_impl.h"
#include "worker/syscalls.h"

struct pst_learn {
	int listener;
	int stop;
	pthread_t thread;
	bool runs;
	uint32_t counts[PST_LEARN_NUMBERS];
	bool harmful[PST_LEARN_NUMBERS];
};

/* What is refused before the seal is not let go on after it. */
static void find_harmful(struct pst_learn *learn)
{
	size_t count;
	const struct pst_syscall *refused = pst_syscalls_refused(&count);

	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(refused[i].name);

		if (number >= 0 && number < PST_LEARN_NUMBERS) {
			learn->harmful[number] = true;
		}
	}
}

/* @return whether there may be another one */
static bool answer(struct pst_learn *learn)
{
	struct seccomp_notif call = {0};
	struct seccomp_notif_resp reply = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};

	if (ioctl(learn->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
		return errno == EINTR || errno == ENOENT; /* the thread that called is gone */
	}
	if (call.data.nr >= 0 && call.data.nr < PST_LEARN_NUMBERS) {
		learn->counts[call.data.nr]++;
		if (learn->harmful[call.data.nr]) {
			reply = (struct seccomp_notif_resp){.error = -EPERM};
		}
	}
	reply.id = call.id;
	(void)ioctl(learn->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	return true;
}

static void *serve(void *user)
{
	struct pst_learn *learn = user;
	struct pollfd fds[] = {
		{.fd = learn->listener, .events = POLLIN}, {.fd = learn->stop, .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			break;
		}
		if (fds[1].revents || (fds[0].revents & ~POLLIN) ||
			((fds[0].revents & POLLIN) && !answer(learn))) {
			break;
		}
	}
	return NULL;
}

int pst_learn_start(
	const struct pst_worker *worker, struct pst_learn **ret_learn, struct pst_error *error)
{
	struct pst_learn *learn = calloc(1, sizeof(*learn));
	int status = 0;

	if (!learn) {
		return pst_error_set(error, -ENOMEM, "no memory");
	}
	find_harmful(learn);
	learn->listener = pidfd_getfd(worker->process.pidfd, PST_WIRE_FD_LISTENER, 0);
	learn->stop = eventfd(0, EFD_CLOEXEC);
	if (learn->listener < 0 || learn->stop < 0) {
		status = pst_error_set(error, PST_E_UNSAFE, "the worker cannot be learnt from: %s",
			strerror(errno));
	}
	if (status == 0) {
		status = -pthread_create(&learn->thread, NULL, serve, learn);
		learn->runs = status == 0;
	}
	if (status < 0) {
		pst_learn_stop(&learn, NULL);
		return pst_error_set(error, status, "no thread: %s", strerror(-status));
	}
	*ret_learn = learn;
	return 0;
}

void pst_learn_stop(struct pst_learn **learn, uint32_t ret_counts[PST_LEARN_NUMBERS])
{
	struct pst_learn *l = *learn;

	if (!l) {
		return;
	}
	if (l->runs) {
		(void)eventfd_write(l->stop, 1);
		(void)pthread_join(l->thread, NULL);
	}
	if (ret_counts) {
		memcpy(ret_counts, l->counts, sizeof(l->counts));
	}
	pst_fd_close(&l->listener);
	pst_fd_close(&l->stop);
	free(l);
	*learn = NULL;
}

void pst_learn_name(int number, char *name, size_t size)
{
	char *found = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

	(void)snprintf(name, size, "%s", found ? found : "unknown");
	free(found);
}
