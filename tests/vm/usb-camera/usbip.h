/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_USBIP_H
#define USB_CAMERA_USBIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * The USB/IP protocol as vhci_hcd speaks it over a socket (Documentation/usb/usbip_protocol.rst of
 * the kernel): the kernel submits and unlinks transfers, the device answers each.
 */

#define USBIP_HEADER 48
#define USBIP_PACKET 16
#define USBIP_PACKETS_MAX 128
#define USBIP_OUT_MAX 4096 /* bytes of an OUT transfer: only control requests have any */

enum usbip_kind {
	USBIP_UNSET = 0,
	USBIP_SUBMIT,
	USBIP_UNLINK,
};

/** One command of the kernel. */
struct usbip_command {
	enum usbip_kind kind;
	uint32_t seqnum;
	uint32_t target; /* unlink: seqnum of what is unlinked */
	uint32_t endpoint;
	bool in;
	uint32_t length;  /* bytes of the transfer's buffer */
	uint32_t packets; /* isochronous ones, else 0 */
	uint8_t setup[8]; /* endpoint 0 */
	/* borrowed until the next call on the link */
	const uint8_t *out;	    /* !in: length bytes */
	const uint8_t *descriptors; /* packets * USBIP_PACKET bytes as they came */
};

/** The device's end of the socket. */
struct usbip_link {
	int fd; /* owned; -1 when unplugged */
	size_t begin, end;
	uint8_t buffer[65536];
};

/**
 * Makes a socket and hands one end to vhci_hcd.
 *
 * @param port   of that speed, from 0
 * @param super  SuperSpeed instead of high speed
 * @return 0; -ENODEV no vhci_hcd; -EBUSY the port is taken, or not free again yet; -errno; error
 *         filled
 */
int usbip_attach(
	struct usbip_link *link, unsigned port, bool super, struct pst_error *error) PST_MUST_CHECK;

/** Closes the socket, which unplugs. Harmless when unplugged. */
void usbip_detach(struct usbip_link *link);

/** Reads what has come, without waiting. @return 0; -EPIPE the other end is gone; -errno */
int usbip_receive(struct usbip_link *link) PST_MUST_CHECK;

/** @return 1 with the next command; 0 none is complete; -EPROTO it can't be one */
int usbip_next(struct usbip_link *link, struct usbip_command *ret) PST_MUST_CHECK;

/** Packs one command off a buffer; usbip_next() for tests. @return its bytes, 0, or -EPROTO */
ssize_t usbip_parse(const uint8_t *data, size_t size, struct usbip_command *ret) PST_MUST_CHECK;

/**
 * Writes the header of an answer to a submitted transfer.
 *
 * @param status   0 or -errno
 * @param actual   bytes transferred
 * @param packets  isochronous ones
 * @param errors   how many of them failed
 */
void usbip_put_answer(uint8_t header[USBIP_HEADER], uint32_t seqnum, int status, uint32_t actual,
	uint32_t packets, uint32_t errors);

/** Sets what became of one isochronous packet in its descriptor. */
void usbip_put_packet(uint8_t descriptor[USBIP_PACKET], uint32_t actual, int status);

/** @return bytes that an isochronous packet has room for */
uint32_t usbip_packet_length(const uint8_t descriptor[USBIP_PACKET]);

/** Answers a control or bulk transfer. @return 0, or -errno */
int usbip_answer(struct usbip_link *link, uint32_t seqnum, int status, const uint8_t *data,
	size_t size) PST_MUST_CHECK;

/** Says that a transfer was unlinked, or (found: false) had been answered before. */
int usbip_answer_unlink(struct usbip_link *link, uint32_t seqnum, bool found) PST_MUST_CHECK;

/** Sends all of it. @return 0; -EPIPE the other end is gone; -errno */
int usbip_send(struct usbip_link *link, const void *data, size_t size) PST_MUST_CHECK;

#endif
