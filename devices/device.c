/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/device.h"

#include <assert.h>

#include "devices/impl.h"

int pst_device_start(struct pst_device *device, struct pst_error *error)
{
	assert(!device->streaming);
	int status = device->ops->start(device, error);

	device->streaming = status == 0;
	if (status == 0) {
		device->away = PST_DEVICE_AWAY_UNSET;
	}
	return status;
}

void pst_device_stop(struct pst_device *device)
{
	if (device->streaming) {
		device->ops->stop(device);
		device->streaming = false;
	}
}

int pst_device_fd(const struct pst_device *device)
{
	return device->ops->fd(device);
}

int pst_device_next(struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	assert(device->streaming);
	int status = device->ops->next(device, ret_frame, error);

	if (status == 1) {
		device->counts.good++;
		device->counts.settling += ret_frame->settling;
	}
	return status;
}

int pst_device_map(struct pst_device *device, struct pst_frame *frame, struct pst_error *error)
{
	assert(device->streaming);
	int status = device->ops->map ? device->ops->map(device, frame, error) : 0;

	if (status == PST_E_CORRUPT) {
		device->counts.good--;
		device->counts.settling -= frame->settling;
		device->counts.torn++;
	}
	return status;
}

int pst_device_check(struct pst_device *device, struct pst_error *error)
{
	assert(device->streaming);
	return device->ops->check ? device->ops->check(device, error) : 0;
}

struct pst_device_counts pst_device_counts(const struct pst_device *device)
{
	return device->counts;
}

enum pst_device_away pst_device_away(const struct pst_device *device)
{
	return device->away;
}

int64_t pst_device_seen_ns(const struct pst_device *device)
{
	return device->seen_ns;
}

int pst_device_return_fd(const struct pst_device *device)
{
	return device->ops->return_fd ? device->ops->return_fd(device) : -1;
}

int pst_device_return(struct pst_device *device, struct pst_error *error)
{
	assert(!device->streaming);
	if (!device->ops->come_back) {
		return pst_error_set(
			error, PST_E_DEVICE, "%s does not come back", device->info.name);
	}
	int status = device->ops->come_back(device, error);

	if (status == 1) {
		device->away = PST_DEVICE_AWAY_UNSET;
	}
	return status;
}

void pst_device_release(struct pst_device *device, struct pst_frame *frame)
{
	device->ops->release(device, frame);
	*frame = (struct pst_frame){0};
}

const struct pst_device_info *pst_device_info(const struct pst_device *device)
{
	return &device->info;
}

void pst_device_close(struct pst_device **device)
{
	if (*device) {
		pst_device_stop(*device);
		(*device)->ops->destroy(*device);
		*device = NULL;
	}
}

const char *pst_device_away_name(enum pst_device_away away)
{
	switch (away) {
	case PST_DEVICE_AWAY_UNPLUGGED:
		return "unplugged";
	case PST_DEVICE_AWAY_STALLED:
		return "stalled";
	case PST_DEVICE_AWAY_WEDGED:
		return "wedged";
	case PST_DEVICE_AWAY_FAILED:
		return "failed";
	case PST_DEVICE_AWAY_UNSET:
		break;
	}
	return "unset";
}

const char *pst_domain_name(enum pst_domain domain)
{
	switch (domain) {
	case PST_DOMAIN_PHOTOGRAPH:
		return "photograph";
	case PST_DOMAIN_DRAWN:
		return "drawn";
	case PST_DOMAIN_UNSET:
		break;
	}
	return "unset";
}
