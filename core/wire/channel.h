/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WIRE_CHANNEL_H
#define PST_WIRE_CHANNEL_H

#include "wire/message.h"

/**
 * Descriptors of a worker, as its lane hands them over at exec. A sealed worker has the message
 * socket and the log pipe, nothing else; one that learns is asked about calls on the listener.
 */
enum pst_wire_fd {
	PST_WIRE_FD_CONTROL = 3, /* SOCK_SEQPACKET: messages */
	PST_WIRE_FD_LOG = 4,	 /* pipe: log lines, also standard output and error */
	PST_WIRE_FD_SLOTS = 5,	 /* memfd, read-only; vision workers */
	PST_WIRE_FD_END,
	PST_WIRE_FD_LISTENER = PST_WIRE_FD_SLOTS, /* once the slots are mapped */
};

/** A log line on the pipe: '<', level digit, '>', text, newline; what has no level was printed. */
#define PST_WIRE_LOG_MAX 200 /* bytes of text */

/** One end of the message socket with its buffer; does not own the descriptor. */
struct pst_wire_channel {
	int fd;
	uint8_t *buffer; /* PST_WIRE_SIZE_MAX bytes, owned */
};

/** @return 0 or -ENOMEM */
int pst_wire_channel_init(struct pst_wire_channel *channel, int fd) PST_MUST_CHECK;

/** Wipes and frees the buffer. Accepts a zeroed struct. */
void pst_wire_channel_finish(struct pst_wire_channel *channel);

/**
 * Sends a message; wipes the buffer behind templates.
 *
 * @param flags  0, or MSG_DONTWAIT
 * @return 0; PST_E_CORRUPT it cannot be encoded; -EAGAIN; -EPIPE the other side is gone; -errno
 */
int pst_wire_send(struct pst_wire_channel *channel, const struct pst_wire_message *message,
	int flags) PST_MUST_CHECK;

/**
 * Receives a message. Descriptors that come with it are closed unseen.
 *
 * @param flags  0, or MSG_DONTWAIT
 * @return 1; 0 the other side has closed; -EAGAIN; PST_E_CORRUPT; -errno
 */
int pst_wire_receive(struct pst_wire_channel *channel, struct pst_wire_message *ret_message,
	int flags) PST_MUST_CHECK;

#endif
