/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_STATUS_H
#define POSTERN_STATUS_H

/**
 * What a call returns when it did not succeed.
 *
 * A call returns a count or 0 on success, a negative errno for trouble of the operating system,
 * or one of these. Both ranges never meet: errno ends far above -4096.
 *
 * Each call names those that it may return. Three tell of the face, not of the plugin, and are
 * results like any other: PST_E_NO_FACE, there is none where one was said to be;
 * PST_E_POOR_QUALITY, it was tried and is not good enough; PST_E_ELECTIVE, the plugin chose not to
 * try. PST_E_NOT_IMPLEMENTED stands for what a plugin does not do. Every other status that a call
 * does not name is a fault of the plugin, as PST_E_PLUGIN is: the worker ends and is started again.
 * A later minor version may add some. X(name, value, text)
 * Since abi 1.0
 */
#define PST_STATUS_MAP(X)                                                                          \
	X(PST_E_ABI, -4097, "made for another ABI version")                                        \
	X(PST_E_FORMAT, -4098, "format not supported")                                             \
	X(PST_E_NO_FACE, -4099, "no face found")                                                   \
	X(PST_E_POOR_QUALITY, -4100, "picture quality too poor")                                   \
	X(PST_E_ELECTIVE, -4101, "input refused by choice")                                        \
	X(PST_E_NOT_IMPLEMENTED, -4102, "not implemented")                                         \
	X(PST_E_PLUGIN, -4103, "plugin fault")                                                     \
	X(PST_E_CONFIG, -4104, "configuration not valid")                                          \
	X(PST_E_USAGE, -4105, "wrong use of a command")                                            \
	X(PST_E_DEVICE, -4106, "source or device failed")                                          \
	X(PST_E_UNSAFE, -4107, "refused for safety")                                               \
	X(PST_E_VAULT, -4108, "vault locked, damaged or opened with the wrong key")                \
	X(PST_E_CORRUPT, -4109, "data damaged")                                                    \
	X(PST_E_END, -4110, "end of the source")                                                   \
	X(PST_E_TIMEOUT, -4111, "took too long")                                                   \
	X(PST_E_MISMATCH, -4112, "templates of different contracts")                               \
	X(PST_E_NOT_FOUND, -4113, "not found")                                                     \
	X(PST_E_EXPIRED, -4114, "past its retention")

enum pst_status {
	PST_OK = 0,
#define PST_STATUS_ENUM(name, value, text) name = value,
	PST_STATUS_MAP(PST_STATUS_ENUM)
#undef PST_STATUS_ENUM
};

#endif
