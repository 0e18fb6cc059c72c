/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_CHECKS_H
#define PST_CONFORM_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/entry.h"

/**
 * All checks of the conformance kit. An id names the promise that is held or broken; it never
 * changes its meaning, for authors and their build machines rely on it.
 *
 * X(symbol, id, kinds, group, summary, promise): the group tells where a check runs (below); the
 * promise is where the header or the manual says so.
 */
/* clang-format off */
#define PST_CHECK_MAP(X) \
	PST_CHECK_MAP_MANIFEST(X) \
	PST_CHECK_MAP_LIBRARY(X) \
	PST_CHECK_MAP_LIFE(X) \
	PST_CHECK_MAP_OPTION(X) \
	PST_CHECK_MAP_FRAME(X) \
	PST_CHECK_MAP_PICTURE(X) \
	PST_CHECK_MAP_DETECT(X) \
	PST_CHECK_MAP_EXTRACT(X) \
	PST_CHECK_MAP_ASSESS(X) \
	PST_CHECK_MAP_JUDGE(X) \
	PST_CHECK_MAP_MATCH(X) \
	PST_CHECK_MAP_GUEST(X)

#define PST_CHECK_MAP_MANIFEST(X) \
	X(MANIFEST_ALONE, "manifest.alone", ANY, FILES, "the folder holds exactly one manifest", "plugin-authors.md: a plugin is one folder") \
	X(MANIFEST_SCHEMA, "manifest.schema", ANY, FILES, "every field of the manifest is known, there and within its limits", "plugin-authors.md: unknown keys are errors") \
	X(MANIFEST_LIBRARY_INSIDE, "manifest.library-inside", ANY, FILES, "the library lies in the folder, links followed", "manifest.h: canonical path, inside folder") \
	X(MANIFEST_LIBRARY_DIGEST, "manifest.library-digest", ANY, FILES, "the library has the SHA-256 that the manifest names", "plugin-authors.md: the digest is compared before the library is opened") \
	X(MANIFEST_ABI, "manifest.abi", ANY, FILES, "the manifest names the ABI that this postern speaks", "abi.h: PST_ABI_MAJOR") \
	X(MANIFEST_LICENCE, "manifest.licence", ANY, FILES, "the licence is an SPDX expression, not a placeholder", "plugin-authors.md: licence") \
	X(MANIFEST_VERSION, "manifest.version", ANY, FILES, "the version is numbers with dots", "plugin-authors.md: version") \
	X(MANIFEST_SUMMARY, "manifest.summary", ANY, FILES, "the summary is one printable line that says something", "plugin-authors.md: summary") \
	X(MANIFEST_NOT_WRITABLE, "manifest.not-writable", ANY, FILES, "nobody but its owner and group can write folder, manifest and library", "plugin-authors.md: the digest is compared before the library is opened") \
	X(MANIFEST_MODEL_DIGEST, "manifest.model-digest", ANY, FILES, "a model that the manifest names is there, with its SHA-256", "host.h: model_path, whose digest the host has verified") \
	X(MANIFEST_MODEL_LICENCE, "manifest.model-licence", ANY, FILES, "every model has a licence that is no placeholder, and a home", "plugin-authors.md: models") \
	X(MANIFEST_OPTION_RANGE, "manifest.option-range", ANY, FILES, "every number among the options has a low and a high", "plugin-authors.md: options have a default and a range") \
	X(MANIFEST_OPTION_BEYOND, "manifest.option-beyond", ANY, FILES, "values beyond an option's range are refused before the plugin sees them", "plugin-authors.md: options have a default and a range") \
	X(MANIFEST_CHIP_LANDMARKS, "manifest.chip-landmarks", EXTRACTOR | PAD, FILES, "the chip's landmarks lie like a face: left of right, eyes above mouth", "face.h: left and right as seen in the picture") \
	X(MANIFEST_CALIBRATION, "manifest.calibration", EXTRACTOR, FILES, "every calibration beside the manifest can be read", "plugin-authors.md: calibration")

#define PST_CHECK_MAP_LIBRARY(X) \
	X(LIBRARY_ELF, "library.elf", ANY, LIBRARY, "the library is a shared object for this machine", "plugin-authors.md: the library") \
	X(LIBRARY_EXPORTS_ENTRY, "library.exports-entry", ANY, LIBRARY, "the library exports pst_plugin_entry, as data", "entry.h: the one symbol a plugin exports") \
	X(LIBRARY_EXPORTS_ONLY_ENTRY, "library.exports-only-entry", ANY, LIBRARY, "the library exports nothing else", "entry.h: the one symbol a plugin exports") \
	X(LIBRARY_NEEDS_NO_HOST, "library.needs-no-host", ANY, LIBRARY, "the library links to no symbol of postern", "host.h: nothing else of postern can be called") \
	X(LIBRARY_NO_TEXT_RELOCATIONS, "library.no-text-relocations", ANY, LIBRARY, "no code is rewritten when the library is loaded", "conformance.md: built with -fPIC") \
	X(LIBRARY_NO_EXECUTABLE_STACK, "library.no-executable-stack", ANY, LIBRARY, "the library asks for no executable stack", "conformance.md: no memory both written and executed") \
	X(LIBRARY_NO_WRITABLE_CODE, "library.no-writable-code", ANY, LIBRARY, "no part of the library is both writable and executable", "conformance.md: no memory both written and executed") \
	X(LIBRARY_RUN_PATH, "library.run-path", ANY, LIBRARY, "libraries are looked for in the system or beside the plugin only", "plugin-authors.md: a plugin brings all it needs") \
	X(LOAD_OPENS, "load.opens", ANY, LIBRARY, "the library loads, all its symbols found", "entry.h: the worker checks the entry before it calls anything") \
	X(LOAD_NO_THREADS, "load.no-threads", ANY, LIBRARY, "loading starts no thread", "entry.h: init starts declared threads") \
	X(LOAD_KEEPS_DESCRIPTORS, "load.keeps-descriptors", ANY, LIBRARY, "loading leaves no descriptor open", "entry.h: the worker checks the entry before it calls anything") \
	X(LOAD_KEEPS_SIGNALS, "load.keeps-signals", ANY, LIBRARY, "loading changes no signal's handling or mask", "entry.h: life of an instance") \
	X(LOAD_KEEPS_ENVIRONMENT, "load.keeps-environment", ANY, LIBRARY, "loading changes no environment variable", "entry.h: life of an instance") \
	X(LOAD_KEEPS_FOLDER, "load.keeps-folder", ANY, LIBRARY, "loading leaves working folder and umask", "entry.h: life of an instance") \
	X(LOAD_KEEPS_LIMITS, "load.keeps-limits", ANY, LIBRARY, "loading changes no resource limit and no priority", "entry.h: life of an instance") \
	X(LOAD_KEEPS_LOCALE, "load.keeps-locale", ANY, LIBRARY, "loading leaves the locale", "entry.h: life of an instance") \
	X(LOAD_KEEPS_ROUNDING, "load.keeps-rounding", ANY, LIBRARY, "loading leaves rounding and the floating-point flags that change results", "entry.h: life of an instance") \
	X(ABI_ENTRY_SIZE, "abi.entry-size", ANY, LIBRARY, "the entry's size is that of its struct", "entry.h: sizeof(struct pst_plugin_entry) of the plugin") \
	X(ABI_MAJOR, "abi.major", ANY, LIBRARY, "the entry is of this ABI's major version, as the manifest says", "entry.h: the worker checks abi_major") \
	X(ABI_KIND, "abi.kind", ANY, LIBRARY, "the entry is of the kind that the manifest says", "entry.h: kind against the manifest") \
	X(ABI_ID, "abi.id", ANY, LIBRARY, "the entry has the id of the manifest", "entry.h: id, as in the manifest") \
	X(ABI_VERSION, "abi.version", ANY, LIBRARY, "the entry has the version of the manifest", "entry.h: version, as in the manifest") \
	X(ABI_RESERVED, "abi.reserved", ANY, LIBRARY, "reserved fields are zero", "entry.h: reserved") \
	X(ABI_INSTANCE_SIZE, "abi.instance-size", ANY, LIBRARY, "an instance is of 1 byte to 64 MiB", "entry.h: 1..64 MiB") \
	X(ABI_INIT_FINISH, "abi.init-finish", ANY, LIBRARY, "init and finish are there", "entry.h: life of an instance") \
	X(ABI_CALLS, "abi.calls", ANY, LIBRARY, "the struct of calls is there, and as large as its kind's", "entry.h: calls, by kind") \
	X(ABI_CALLS_COMPLETE, "abi.calls-complete", ANY, LIBRARY, "every call that is not optional is there", "entry.h: calls, by kind") \
	X(ABI_ENTRY_READ_ONLY, "abi.entry-read-only", ANY, LIBRARY, "entry and calls lie in memory that cannot be written", "entry.h: PST_EXPORT const struct pst_plugin_entry")

#define PST_CHECK_MAP_LIFE(X) \
	X(LIFE_INIT, "life.init", ANY, LIFE, "init succeeds with the options' defaults", "entry.h: init returns 0") \
	X(LIFE_INIT_TIME, "life.init-time", ANY, LIFE, "init takes at most 20 s", "worker.h: a start that takes longer is a death") \
	X(LIFE_FINISH, "life.finish", ANY, LIFE, "finish returns, and what it leaves does no harm", "entry.h: finish releases everything the instance holds") \
	X(LIFE_INIT_TWICE, "life.init-twice", ANY, LIFE, "after finish, init works again in the same memory, zeroed", "entry.h: life of an instance") \
	X(LIFE_TWO_AT_ONCE, "life.two-at-once", ANY, LIFE, "two instances live at the same time", "entry.h: self, the instance's own until finish") \
	X(LIFE_INSTANCES_APART, "life.instances-apart", ANY, LIFE, "an instance's answers do not depend on another one's work", "entry.h: self, the instance's own until finish") \
	X(LIFE_FINISH_OTHER, "life.finish-other", ANY, LIFE, "an instance goes on after another one's finish", "entry.h: finish releases everything the instance holds") \
	X(LIFE_INSTANCE_MEMORY, "life.instance-memory", ANY, LIFE, "nothing is written before or behind the instance's memory", "entry.h: instance_size zeroed bytes") \
	X(LIFE_HOST_READ_ONLY, "life.host-read-only", ANY, LIFE, "the host's struct is not written", "host.h: never touch this") \
	X(LIFE_NO_OPTIONS, "life.no-options", ANY, LIFE, "a missing option is refused or replaced, not a crash", "host.h: PST_E_CONFIG when the manifest declares no such option") \
	X(LIFE_NO_MODEL, "life.no-model", ANY, LIFE, "a missing model is refused with PST_E_CONFIG", "entry.h: PST_E_CONFIG an option or the model does not fit") \
	X(LIFE_EMPTY_MODEL, "life.empty-model", ANY, LIFE, "a model file without content is refused, not a crash", "entry.h: PST_E_CONFIG an option or the model does not fit") \
	X(LIFE_FAILED_INIT, "life.failed-init", ANY, LIFE, "an init that failed has released descriptors and threads", "entry.h: the plugin has released what it took") \
	X(LIFE_INIT_STATUS, "life.init-status", ANY, LIFE, "init fails with the statuses of its header only", "entry.h: 0; PST_E_CONFIG; -ENOMEM; PST_E_PLUGIN") \
	X(LIFE_MANY, "life.many", ANY, LIFE, "init and finish, again and again", "entry.h: life of an instance") \
	X(LIFE_NO_MEMORY_LEAK, "life.no-memory-leak", ANY, LIFE, "finish gives back the memory that init took", "entry.h: finish releases everything the instance holds") \
	X(LIFE_NO_DESCRIPTOR_LEAK, "life.no-descriptor-leak", ANY, LIFE, "finish closes what init opened", "entry.h: finish releases everything the instance holds") \
	X(LIFE_NO_THREAD_LEAK, "life.no-thread-leak", ANY, LIFE, "finish ends the threads that init started", "entry.h: finish releases everything the instance holds") \
	X(LIFE_OPTIONS_DECLARED, "life.options-declared", ANY, LIFE, "init asks for options that the manifest declares, by their types", "host.h: an option declared in the manifest") \
	X(LIFE_LOG_LINES, "life.log-lines", ANY, LIFE, "log lines have a known level, at most 200 bytes, and are printable", "host.h: one line of at most 200 bytes") \
	X(LIFE_KEEPS_SIGNALS, "life.keeps-signals", ANY, LIFE, "init changes no signal's handling or mask", "entry.h: life of an instance") \
	X(LIFE_KEEPS_ENVIRONMENT, "life.keeps-environment", ANY, LIFE, "init changes no environment variable", "entry.h: life of an instance") \
	X(LIFE_KEEPS_FOLDER, "life.keeps-folder", ANY, LIFE, "init leaves working folder and umask", "entry.h: life of an instance") \
	X(LIFE_KEEPS_LIMITS, "life.keeps-limits", ANY, LIFE, "init changes no resource limit and no priority", "entry.h: life of an instance") \
	X(LIFE_KEEPS_LOCALE, "life.keeps-locale", ANY, LIFE, "init leaves the locale", "entry.h: life of an instance") \
	X(LIFE_KEEPS_ROUNDING, "life.keeps-rounding", ANY, LIFE, "init leaves rounding and the floating-point flags that change results", "entry.h: life of an instance")

#define PST_CHECK_MAP_OPTION(X) \
	X(OPTION_LOW, "option.low", ANY, OPTION, "with every option at its lowest, init and calls work", "plugin-authors.md: options have a default and a range") \
	X(OPTION_HIGH, "option.high", ANY, OPTION, "with every option at its highest, init and calls work", "plugin-authors.md: options have a default and a range") \
	X(OPTION_TEXT, "option.text", ANY, OPTION, "a text that makes no sense is refused or accepted, not a crash", "entry.h: PST_E_CONFIG an option or the model does not fit")

#define PST_CHECK_MAP_FRAME(X) \
	X(FRAME_SAME_TWICE, "frame.same-twice", ANY, FRAME, "the same input gives the same answer again", "extractor.h: the same picture and face give the same bytes") \
	X(FRAME_SAME_ORDER, "frame.same-order", ANY, FRAME, "an answer does not depend on the input before it", "extractor.h: the same picture and face give the same bytes") \
	X(FRAME_SAME_INSTANCE, "frame.same-instance", ANY, FRAME, "a new instance gives the same answer", "extractor.h: the same picture and face give the same bytes") \
	X(FRAME_SAME_PROCESS, "frame.same-process", ANY, FRAME, "a new process gives the same answer", "extractor.h: the same picture and face give the same bytes") \
	X(FRAME_NOT_STALE, "frame.not-stale", ANY, FRAME, "an answer is not what was in the buffer before", "entry.h: the host allocates every output buffer") \
	X(FRAME_OUTPUT_NOT_KEPT, "frame.output-not-kept", ANY, FRAME, "an output buffer is not written after the call has returned", "detector.h: the host's array") \
	X(FRAME_IN_TIME, "frame.in-time", ANY, FRAME, "a call returns within the lane's 2 s", "worker.h: an answer later than this kills the worker") \
	X(FRAME_NO_GROWTH, "frame.no-growth", ANY, FRAME, "memory does not grow over up to 2 000 calls", "detector.h: [frame] must not block") \
	X(FRAME_KEEPS_DESCRIPTORS, "frame.keeps-descriptors", ANY, FRAME, "calls leave no descriptor open", "entry.h: never opens files after init") \
	X(FRAME_STACK, "frame.stack", ANY, FRAME, "a call needs at most 1 MiB of stack", "abi.h: [frame] has a deadline, must not block") \
	X(FRAME_OPTIONS_IN_INIT, "frame.options-in-init", ANY, FRAME, "options and model path are asked for during init only", "host.h: [control & !running]") \
	X(FRAME_LOG_SPARSE, "frame.log-sparse", ANY, FRAME, "calls do not log every time", "host.h: log") \
	X(FRAME_KEEPS_SIGNALS, "frame.keeps-signals", ANY, FRAME, "calls change no signal's handling or mask", "abi.h: [frame]") \
	X(FRAME_KEEPS_ENVIRONMENT, "frame.keeps-environment", ANY, FRAME, "calls change no environment variable", "abi.h: [frame]") \
	X(FRAME_KEEPS_FOLDER, "frame.keeps-folder", ANY, FRAME, "calls leave working folder and umask", "abi.h: [frame]") \
	X(FRAME_KEEPS_LIMITS, "frame.keeps-limits", ANY, FRAME, "calls change no resource limit and no priority", "abi.h: [frame]") \
	X(FRAME_KEEPS_LOCALE, "frame.keeps-locale", ANY, FRAME, "calls leave the locale", "abi.h: [frame]") \
	X(FRAME_KEEPS_ROUNDING, "frame.keeps-rounding", ANY, FRAME, "calls leave rounding and the floating-point flags that change results", "abi.h: [frame]") \
	X(FRAME_ENVIRONMENT_FREE, "frame.environment-free", ANY, FRAME, "answers do not depend on working folder and environment", "entry.h: never opens files after init") \
	X(THREADS_DECLARED, "threads.declared", ANY, FRAME, "no more threads run than the manifest declares", "plugin-authors.md: threads you did not declare") \
	X(THREADS_NONE_LATE, "threads.none-late", ANY, FRAME, "no thread is started after init, not a while later either", "entry.h: init starts declared threads") \
	X(THREADS_IDLE, "threads.idle", ANY, FRAME, "between calls the plugin uses no processor time", "abi.h: [frame]")

#define PST_CHECK_MAP_PICTURE(X) \
	X(PICTURE_DECLARED, "picture.declared", SEES, PICTURE, "the format and size of the manifest are accepted", "detector.h: in the manifest's input format") \
	X(PICTURE_FORMAT_GREY8, "picture.format-grey8", SEES, PICTURE, "GREY8, unless declared, is PST_E_FORMAT or answered, the same each time", "image.h: enum pst_pixels") \
	X(PICTURE_FORMAT_RGB24, "picture.format-rgb24", SEES, PICTURE, "RGB24, unless declared, is PST_E_FORMAT or answered, the same each time", "image.h: enum pst_pixels") \
	X(PICTURE_FORMAT_BGR24, "picture.format-bgr24", SEES, PICTURE, "BGR24, unless declared, is PST_E_FORMAT or answered, the same each time", "image.h: enum pst_pixels") \
	X(PICTURE_FORMAT_UNKNOWN, "picture.format-unknown", SEES, PICTURE, "a format that does not exist is PST_E_FORMAT", "detector.h: PST_E_FORMAT") \
	X(PICTURE_SIZE_1X1, "picture.size-1x1", SEES, PICTURE, "a picture of one pixel is answered or PST_E_FORMAT", "image.h: px, 1..16384") \
	X(PICTURE_SIZE_ROW, "picture.size-row", SEES, PICTURE, "a picture of one row is answered or PST_E_FORMAT", "image.h: px, 1..16384") \
	X(PICTURE_SIZE_COLUMN, "picture.size-column", SEES, PICTURE, "a picture of one column is answered or PST_E_FORMAT", "image.h: px, 1..16384") \
	X(PICTURE_SIZE_ODD, "picture.size-odd", SEES, PICTURE, "a picture with odd sides is answered or PST_E_FORMAT", "image.h: px, 1..16384") \
	X(PICTURE_SIZE_SMALL, "picture.size-small", SEES, PICTURE, "pictures of 2x2 to 31x17 are answered or PST_E_FORMAT", "image.h: px, 1..16384") \
	X(PICTURE_SIZE_TALL, "picture.size-tall", SEES, PICTURE, "an upright picture is answered or PST_E_FORMAT", "detector.h: its longer side is at most the input size") \
	X(PICTURE_SIZE_CHANGES, "picture.size-changes", SEES, PICTURE, "large, small and large again gives the first answer again", "detector.h: detect") \
	X(PICTURE_STRIDE, "picture.stride", SEES, PICTURE, "rows that are further apart give the same answer", "image.h: stride may exceed width * bytes per pixel") \
	X(PICTURE_PADDING, "picture.padding", SEES, PICTURE, "bytes between the rows never matter", "image.h: stride may exceed width * bytes per pixel") \
	X(PICTURE_UNALIGNED, "picture.unaligned", SEES, PICTURE, "pixels may begin at any address", "image.h: pixels") \
	X(PICTURE_NOT_WRITTEN, "picture.not-written", SEES, PICTURE, "the picture is not written", "image.h: read-only") \
	X(PICTURE_END, "picture.end", SEES, PICTURE, "nothing is read behind the last byte", "image.h: stride * height bytes") \
	X(PICTURE_BEGIN, "picture.begin", SEES, PICTURE, "nothing is read before the first byte", "image.h: stride * height bytes") \
	X(PICTURE_NOT_KEPT, "picture.not-kept", SEES, PICTURE, "the picture is not looked at after the call has returned", "image.h: borrowed until the call returns") \
	X(PICTURE_LARGER_STRUCT, "picture.larger-struct", SEES, PICTURE, "an image struct of a later minor version is accepted", "abi.h: fields are only ever added at the end of a struct") \
	X(PICTURE_BLACK, "picture.black", SEES, PICTURE, "a black picture is answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_WHITE, "picture.white", SEES, PICTURE, "a white picture is answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_GREY, "picture.grey", SEES, PICTURE, "an evenly grey picture is answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_NOISE, "picture.noise", SEES, PICTURE, "noise is answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_STRIPES, "picture.stripes", SEES, PICTURE, "the finest stripes are answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_ROTATED_90, "picture.rotated-90", SEES, PICTURE, "a face on its side is answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_ROTATED_180, "picture.rotated-180", SEES, PICTURE, "a face upside down is answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_MIRRORED, "picture.mirrored", SEES, PICTURE, "a mirrored face is answered without a fault", "status.h: a failed extraction is a result") \
	X(PICTURE_SEVERAL_FACES, "picture.several-faces", SEES, PICTURE, "several faces in one picture are answered without a fault", "detector.h: finds every face in a picture") \
	X(PICTURE_FACE_NOT_WRITTEN, "picture.face-not-written", EXTRACTOR | QUALITY | PAD, PICTURE, "the face is not written", "extractor.h: face, borrowed until return") \
	X(PICTURE_FACE_ODD, "picture.face-odd", EXTRACTOR | QUALITY | PAD, PICTURE, "a face partly outside, tiny or with landmarks in one point is no fault", "face.h: may reach beyond the image")

#define PST_CHECK_MAP_DETECT(X) \
	X(DETECT_STATUS, "detect.status", DETECTOR, KIND, "detect returns a count or a status of its header", "detector.h: count written; PST_E_FORMAT; -ENOMEM; PST_E_PLUGIN") \
	X(DETECT_COUNT, "detect.count", DETECTOR, KIND, "no more faces are claimed than there is room for", "detector.h: room for cap entries") \
	X(DETECT_CAP, "detect.cap", DETECTOR, KIND, "nothing is written behind the room given", "detector.h: room for cap entries") \
	X(DETECT_CAP_ONE, "detect.cap-one", DETECTOR, KIND, "room for one face gets the best one", "detector.h: best first") \
	X(DETECT_SORTED, "detect.sorted", DETECTOR, KIND, "the best face comes first", "detector.h: best first") \
	X(DETECT_SCORE, "detect.score", DETECTOR, KIND, "scores lie in 0..1 and are never NaN", "face.h: 0..1, higher is surer") \
	X(DETECT_BOX, "detect.box", DETECTOR, KIND, "boxes are finite and near the picture", "face.h: box, px in image space") \
	X(DETECT_LANDMARKS, "detect.landmarks", DETECTOR, KIND, "landmarks are finite and near the picture, and said to be there or not", "face.h: has_landmarks") \
	X(DETECT_WRITES_ALL, "detect.writes-all", DETECTOR, KIND, "every field of a face is written", "detector.h: count written") \
	X(DETECT_BLANK, "detect.blank", DETECTOR, KIND, "a picture without a face is a count, no error", "detector.h: 0 is a normal answer")

#define PST_CHECK_MAP_EXTRACT(X) \
	X(EXTRACT_STATUS, "extract.status", EXTRACTOR, KIND, "extract returns a size or a status of its header", "extractor.h: bytes written, 1..cap; PST_E_NO_FACE; ...") \
	X(EXTRACT_SIZE, "extract.size", EXTRACTOR, KIND, "a template has the size that the manifest says", "extractor.h: the manifest's template size") \
	X(EXTRACT_CAP, "extract.cap", EXTRACTOR, KIND, "nothing is written behind the room given", "extractor.h: room for cap bytes") \
	X(EXTRACT_CAP_SMALL, "extract.cap-small", EXTRACTOR, KIND, "room that is too small is an error", "extractor.h: room for cap bytes") \
	X(EXTRACT_WRITES_ALL, "extract.writes-all", EXTRACTOR, KIND, "every byte of a template is written", "extractor.h: bytes written") \
	X(EXTRACT_FINITE, "extract.finite", EXTRACTOR, KIND, "numbers of a float template are finite", "extractor.h: makes a template of one face") \
	X(EXTRACT_OWN_BUFFER, "extract.own-buffer", EXTRACTOR, KIND, "a template stays as it was while another one is made", "extractor.h: the host's buffer") \
	X(EXTRACT_TELLS_APART, "extract.tells-apart", EXTRACTOR, KIND, "different faces give different templates", "extractor.h: makes a template of one face") \
	X(EXTRACT_ROLES, "extract.roles", EXTRACTOR, KIND, "enrolment and probe both give templates", "extractor.h: role") \
	X(EXTRACT_BLANK, "extract.blank", EXTRACTOR, KIND, "a chip without a face is a template or a refusal, no fault", "extractor.h: PST_E_NO_FACE; PST_E_POOR_QUALITY; PST_E_ELECTIVE")

#define PST_CHECK_MAP_ASSESS(X) \
	X(ASSESS_STATUS, "assess.status", QUALITY, KIND, "assess returns a count or a status of its header", "quality.h: count written, 1..cap; PST_E_FORMAT; -ENOMEM; PST_E_PLUGIN") \
	X(ASSESS_COUNT, "assess.count", QUALITY, KIND, "1 to cap components are given", "quality.h: count written, 1..cap") \
	X(ASSESS_CAP, "assess.cap", QUALITY, KIND, "nothing is written behind the room given", "quality.h: room for cap entries") \
	X(ASSESS_CAP_ONE, "assess.cap-one", QUALITY, KIND, "room for one component gets the unified score", "quality.h: the first is PST_MEASURE_UNIFIED_QUALITY_SCORE") \
	X(ASSESS_UNIFIED_FIRST, "assess.unified-first", QUALITY, KIND, "the first component is the unified score", "quality.h: the first is PST_MEASURE_UNIFIED_QUALITY_SCORE") \
	X(ASSESS_MEASURES_KNOWN, "assess.measures-known", QUALITY, KIND, "every measure is one of ISO/IEC 29794-5", "quality.h: enum pst_measure") \
	X(ASSESS_MEASURES_UNIQUE, "assess.measures-unique", QUALITY, KIND, "every measure comes at most once", "quality.h: every measure at most once") \
	X(ASSESS_COMPONENT_STATUS, "assess.component-status", QUALITY, KIND, "a component's status is one of its header", "quality.h: 0; PST_E_NOT_IMPLEMENTED, or PST_E_FORMAT") \
	X(ASSESS_SCORE, "assess.score", QUALITY, KIND, "scores lie in 0..100 and are never NaN", "quality.h: 0 worst..100 best") \
	X(ASSESS_RAW, "assess.raw", QUALITY, KIND, "raw values are finite, luminance in 0..255, angles in -180..180", "quality.h: raw, finite") \
	X(ASSESS_WRITES_ALL, "assess.writes-all", QUALITY, KIND, "every field that counts is written", "quality.h: count written") \
	X(ASSESS_SCALE, "assess.scale", QUALITY, KIND, "the distance between the eyes is told in px of the full picture", "quality.h: inter-eye distance in px of the full picture") \
	X(ASSESS_LIGHT, "assess.light", QUALITY, KIND, "a darker picture has a lower luminance mean", "quality.h: luminance mean 0..255") \
	X(ASSESS_BLUR, "assess.blur", QUALITY, KIND, "a blurred face is not sharper", "quality.h: 0 worst..100 best")

#define PST_CHECK_MAP_JUDGE(X) \
	X(JUDGE_STATUS, "judge.status", PAD, KIND, "judge returns 0 or a status of its header", "pad.h: 0; PST_E_NO_FACE; PST_E_POOR_QUALITY; ...") \
	X(JUDGE_ANSWER, "judge.answer", PAD, KIND, "answers are of enum pst_pad_answer", "pad.h: enum pst_pad_answer") \
	X(JUDGE_ANSWERS_SOMETHING, "judge.answers-something", PAD, KIND, "on a clear face at least one question is answered", "pad.h: what the plugin does not look for it leaves unset") \
	X(JUDGE_UNSET, "judge.unset", PAD, KIND, "a question not looked at is left as it was, zero", "pad.h: what the plugin does not look for it leaves unset") \
	X(JUDGE_SCORE, "judge.score", PAD, KIND, "scores lie in 0..1 and are never NaN", "pad.h: 0 surely none..1 surely an attack; finite") \
	X(JUDGE_REASON_ENDED, "judge.reason-ended", PAD, KIND, "a reason ends within its 64 bytes", "pad.h: ended") \
	X(JUDGE_REASON_PRINTABLE, "judge.reason-printable", PAD, KIND, "a reason is printable ASCII", "pad.h: printable ASCII for an officer") \
	X(JUDGE_RESULT, "judge.result", PAD, KIND, "nothing is written outside the result", "pad.h: ret_result")

#define PST_CHECK_MAP_MATCH(X) \
	X(MATCH_ADD, "match.add", MATCHER, KIND, "templates of a declared type are taken", "matcher.h: add returns 0") \
	X(MATCH_ADD_COPIES, "match.add-copies", MATCHER, KIND, "a template added is copied, and neither kept nor written", "matcher.h: borrowed until return: the plugin copies") \
	X(MATCH_ADD_NULL, "match.add-null", MATCHER, KIND, "adding a template of 0 bytes is PST_E_FORMAT", "matcher.h: a template of 0 bytes is PST_E_FORMAT") \
	X(MATCH_ADD_WRONG_SIZE, "match.add-wrong-size", MATCHER, KIND, "a template of another size than the gallery's is PST_E_FORMAT", "matcher.h: not of a kind it can compare") \
	X(MATCH_ADD_NAN, "match.add-nan", MATCHER, KIND, "a template of NaN or infinity is PST_E_FORMAT, or never gives a NaN score", "matcher.h: never NaN") \
	X(MATCH_ADD_ERROR, "match.add-error", MATCHER, KIND, "a refused template leaves the gallery as it was", "matcher.h: on error the gallery is unchanged") \
	X(MATCH_REMOVE, "match.remove", MATCHER, KIND, "remove tells how many templates went, 0 for an unknown key", "matcher.h: count removed; 0 if there was none") \
	X(MATCH_REMOVE_GONE, "match.remove-gone", MATCHER, KIND, "what was removed is found no more", "matcher.h: takes every template of the key out") \
	X(MATCH_SEAL, "match.seal", MATCHER, KIND, "a gallery seals: empty, filled, and again", "matcher.h: seal returns 0") \
	X(MATCH_UNSEALED, "match.unsealed", MATCHER, KIND, "an unsealed gallery is PST_E_PLUGIN or answered as it stands, never as it stood", "matcher.h: not sealed since the last change") \
	X(MATCH_VERIFY_SELF, "match.verify-self", MATCHER, KIND, "nothing is more alike to a template than itself", "matcher.h: higher is more alike") \
	X(MATCH_VERIFY_UNKNOWN, "match.verify-unknown", MATCHER, KIND, "verify with an unknown key is PST_E_NOT_FOUND", "matcher.h: PST_E_NOT_FOUND no template under that key") \
	X(MATCH_VERIFY_BEST, "match.verify-best", MATCHER, KIND, "of several templates under a key the best counts", "matcher.h: the best score counts") \
	X(MATCH_SCORE_RANGE, "match.score-range", MATCHER, KIND, "scores lie in the manifest's range", "matcher.h: in the manifest's range") \
	X(MATCH_SCORE_NAN, "match.score-nan", MATCHER, KIND, "scores are never NaN", "matcher.h: never NaN") \
	X(MATCH_SEARCH_EMPTY, "match.search-empty", MATCHER, KIND, "an empty gallery has no candidates", "matcher.h: 0 for an empty gallery") \
	X(MATCH_TOP_K_SORTED, "match.top-k-sorted", MATCHER, KIND, "candidates come best first", "matcher.h: filled best first") \
	X(MATCH_TOP_K_UNIQUE, "match.top-k-unique", MATCHER, KIND, "each key is a candidate at most once", "matcher.h: each key at most once") \
	X(MATCH_TOP_K_LENGTH, "match.top-k-length", MATCHER, KIND, "as many candidates as there are keys or room, neither more nor fewer", "matcher.h: count written") \
	X(MATCH_TOP_K_KEYS, "match.top-k-keys", MATCHER, KIND, "candidates are keys of the gallery", "matcher.h: as given to add") \
	X(MATCH_TOP_K_BEST, "match.top-k-best", MATCHER, KIND, "candidates are the best there are, by verify", "matcher.h: compares a probe with the whole gallery") \
	X(MATCH_TOP_K_CAP, "match.top-k-cap", MATCHER, KIND, "nothing is written behind the room given", "matcher.h: room for cap entries") \
	X(MATCH_SEARCH_IS_VERIFY, "match.search-is-verify", MATCHER, KIND, "search and verify give the same score", "matcher.h: score") \
	X(MATCH_TIES, "match.ties", MATCHER, KIND, "equal scores come in the same order each time", "matcher.h: filled best first") \
	X(MATCH_PROBE_NULL, "match.probe-null", MATCHER, KIND, "a probe of 0 bytes is PST_E_FORMAT", "matcher.h: a template of 0 bytes is PST_E_FORMAT") \
	X(MATCH_PROBE_WRONG_SIZE, "match.probe-wrong-size", MATCHER, KIND, "a probe of another size is PST_E_FORMAT", "matcher.h: PST_E_FORMAT") \
	X(MATCH_PROBE_NAN, "match.probe-nan", MATCHER, KIND, "a probe of NaN or infinity is PST_E_FORMAT, or never gives a NaN score", "matcher.h: never NaN") \
	X(MATCH_PROBE_NOT_WRITTEN, "match.probe-not-written", MATCHER, KIND, "a probe is not written, nor read behind its end", "matcher.h: probe") \
	X(MATCH_STATUS, "match.status", MATCHER, KIND, "calls return the statuses of their header only", "matcher.h: @return") \
	X(MATCH_KEYS, "match.keys", MATCHER, KIND, "any 64 bits are a key, 0 and the largest too", "matcher.h: key, as given to add") \
	X(MATCH_ORDER, "match.order", MATCHER, KIND, "the order of adding does not change scores", "matcher.h: add and remove in any number") \
	X(MATCH_LARGE, "match.large", MATCHER, KIND, "2 000 templates, or as many as are taken, are all found", "matcher.h: compares a probe with the whole gallery") \
	X(MATCH_BATCH, "match.batch", MATCHER, KIND, "search_batch gives what search gives for each probe", "matcher.h: candidates of each probe are those that search gives for it") \
	X(MATCH_BATCH_CAP, "match.batch-cap", MATCHER, KIND, "search_batch writes nothing behind its room", "matcher.h: count * cap entries")

#define PST_CHECK_MAP_GUEST(X) \
	X(GUEST_NO_CRASH, "guest.no-crash", ANY, CONDUCT, "the plugin never dies of a fault: SIGSEGV, SIGBUS, SIGFPE, SIGILL", "plugin-authors.md: if it crashes, one frame is lost") \
	X(GUEST_NO_ABORT, "guest.no-abort", ANY, CONDUCT, "the plugin never aborts, no exception leaves it", "plugin-authors.md: return a count or a status") \
	X(GUEST_NO_EXIT, "guest.no-exit", ANY, CONDUCT, "the plugin never ends the process", "entry.h: a plugin never exits") \
	X(GUEST_RETURNS, "guest.returns", ANY, CONDUCT, "every call returns", "abi.h: [frame] has a deadline, must not block") \
	X(GUEST_NO_OUTPUT, "guest.no-output", ANY, CONDUCT, "nothing is printed", "entry.h: a plugin never prints") \
	X(GUEST_NO_NETWORK, "guest.no-network", ANY, CONDUCT, "no socket is made", "design.md: no network") \
	X(GUEST_NO_FORK, "guest.no-fork", ANY, CONDUCT, "no process is made", "entry.h: a plugin never forks") \
	X(GUEST_NO_EXEC, "guest.no-exec", ANY, CONDUCT, "no program is executed", "entry.h: a plugin never forks") \
	X(GUEST_NO_OPEN, "guest.no-open-after-init", ANY, CONDUCT, "no file is opened after init", "entry.h: never opens files after init") \
	X(GUEST_NO_READ, "guest.no-home", ANY, CONDUCT, "no file is read but libraries and the model", "design.md: no file") \
	X(GUEST_NO_WRITE, "guest.no-write", ANY, CONDUCT, "no file is made, written or removed", "design.md: no file to write") \
	X(GUEST_NO_LATE_THREAD, "guest.no-late-thread", ANY, CONDUCT, "no thread is started after init", "entry.h: init starts declared threads") \
	X(GUEST_NO_SIGNAL, "guest.no-signal", ANY, CONDUCT, "no signal is sent, no timer set, no other process looked at", "design.md: a plugin is a guest") \
	X(GUEST_NO_OTHER_CALL, "guest.no-other-call", ANY, CONDUCT, "no other call of the system that a worker forbids is made", "design.md: a plugin is a guest") \
	X(GUEST_FOLDERS, "guest.folders-unchanged", ANY, CONDUCT, "the folders of plugin and model are left as they were", "design.md: no file to write")
/* clang-format on */

/** Where and in which company a check runs. */
enum pst_check_group {
	PST_CHECK_GROUP_UNSET = 0,
	PST_CHECK_GROUP_FILES,   /* in postern itself: nothing of the plugin is loaded */
	PST_CHECK_GROUP_LIBRARY, /* each of the others in a process of its own */
	PST_CHECK_GROUP_LIFE,
	PST_CHECK_GROUP_OPTION,
	PST_CHECK_GROUP_FRAME,
	PST_CHECK_GROUP_PICTURE,
	PST_CHECK_GROUP_KIND,
	PST_CHECK_GROUP_CONDUCT, /* decided by all that happened in the others */
};

enum pst_check {
#define PST_CHECK_ENUM(symbol, id, kinds, group, summary, promise) PST_CHECK_##symbol,
	PST_CHECK_MAP(PST_CHECK_ENUM)
#undef PST_CHECK_ENUM
		PST_CHECKS,
};

enum pst_mark {
	PST_MARK_UNSET = 0,
	PST_MARK_FAIL,
	PST_MARK_SKIP,
	PST_MARK_PASS,
};

struct pst_check_info {
	const char *id;
	uint32_t kinds; /* mask of 1 << enum pst_plugin_kind */
	enum pst_check_group group;
	const char *summary;
	const char *promise;
};

/** @return of a check below PST_CHECKS */
const struct pst_check_info *pst_check_info(enum pst_check check);

/** @return the check of that id, or -1 */
int pst_check_find(const char *id);

/** @return the id nearest to a misspelt one, or NULL */
const char *pst_check_nearest(const char *id);

/** @return whether the check is for plugins of that kind */
bool pst_check_is_for(enum pst_check check, enum pst_plugin_kind kind);

/** @return "pass", "fail", "skip"; "unset" */
const char *pst_mark_name(enum pst_mark mark);

#endif
