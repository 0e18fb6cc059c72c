/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_LIST_H
#define PST_DEVICES_V4L2_LIST_H

#include "devices/v4l2/v4l2.h"

struct v4l2_backend;

#define PST_V4L2_HOLDERS_MAX 8
#define PST_V4L2_METADATA_MAX 4
#define PST_V4L2_URI_SIZE 512

enum pst_v4l2_state {
	PST_V4L2_STATE_UNSET = 0,
	PST_V4L2_STATE_FREE,
	PST_V4L2_STATE_BUSY,	  /* another program holds its buffers */
	PST_V4L2_STATE_FORBIDDEN, /* no permission: usually the group "video" is missing */
	PST_V4L2_STATE_ABSENT,	  /* the kernel has it, but there is no node in /dev */
	PST_V4L2_STATE_WEDGED,	  /* on the bus, but it answers nothing */
	PST_V4L2_STATE_FAILED,	  /* anything else */
};

/** A process that has a node open. */
struct pst_v4l2_holder {
	int pid;
	char name[32];
};

/** A camera, under the node that gives its pictures. */
struct pst_v4l2_camera {
	char node[PST_DEVICE_TEXT_SIZE]; /* "/dev/video0" */
	char name[PST_DEVICE_TEXT_SIZE];
	char driver[PST_DEVICE_TEXT_SIZE]; /* "" when it can't be opened */
	char port[PST_DEVICE_TEXT_SIZE];   /* "usb-1-1.2", else the driver's bus text */
	char serial[PST_DEVICE_TEXT_SIZE]; /* "" when it has none */
	bool usb;			   /* then the next four are known */
	uint16_t vendor;
	uint16_t product;
	uint32_t bus;
	uint32_t mbit;			    /* speed of its link: 480, 5000; 0 unknown */
	char best_uri[PST_V4L2_URI_SIZE];   /* names this camera and no other of this machine */
	char serial_uri[PST_V4L2_URI_SIZE]; /* "" without a serial */
	char port_uri[PST_V4L2_URI_SIZE];   /* "" without a port */
	bool serial_shared;		    /* another camera here has the same serial */
	char metadata[PST_V4L2_METADATA_MAX][PST_DEVICE_TEXT_SIZE]; /* its metadata nodes */
	size_t metadatas;
	enum pst_v4l2_state state;
	int status;	  /* -errno that a state other than FREE was told by */
	char advice[320]; /* what to do about the state; "" when free */
	struct pst_v4l2_holder holder[PST_V4L2_HOLDERS_MAX]; /* who has it open, busy or not */
	size_t holders;
	bool holders_hidden;	    /* there may be more, of other users */
	struct pst_v4l2_mode *mode; /* owned; NULL unless free or busy */
	size_t modes;
	struct pst_v4l2_control *control; /* owned; NULL unless free or busy */
	int controls;
};

/**
 * Lists the cameras of this machine by node number.
 *
 * Each is opened for a moment and asked; one that streams is not disturbed.
 *
 * @param ret_cameras  on success to be freed with pst_v4l2_list_free; NULL when there is none
 * @return how many; -errno with the error filled
 * [any]
 */
int pst_v4l2_list(struct pst_v4l2_camera **ret_cameras, struct pst_error *error) PST_MUST_CHECK;

/** As pst_v4l2_list, of another backend. @param proc  where procfs is mounted, "/proc" */
int pst_v4l2_list_on(const struct v4l2_backend *backend, const char *proc,
	struct pst_v4l2_camera **ret_cameras, struct pst_error *error) PST_MUST_CHECK;

/** Frees the list and sets it to NULL. */
void pst_v4l2_list_free(struct pst_v4l2_camera **cameras, int count);

/** @return "free", "busy", "forbidden", "absent", "wedged", "failed"; "unset" */
const char *pst_v4l2_state_name(enum pst_v4l2_state state);

#endif
