/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_FAKE_USB_H
#define TEST_SUPPORT_FAKE_USB_H

#include "support/fake_v4l2.h"

/*
 * The USB side of fake cameras: descriptors as a camera of the video class has them, and a bus that
 * counts what is reserved as a host controller does, by settings.
 */

/** @return bytes of the camera's descriptors, at most room */
size_t fake_usb_descriptors(const struct fake_camera *camera, uint8_t *bytes, size_t room);

/**
 * The alternate setting that carries a load, 1 for the smallest.
 *
 * @param load  bytes per second
 * @return 0 none does
 */
uint32_t fake_usb_setting(uint64_t load);

/** @return what a setting reserves, bytes per microframe */
uint32_t fake_usb_cost(uint32_t setting);

#endif
