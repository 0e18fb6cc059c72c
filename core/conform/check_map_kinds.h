/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_CHECK_MAP_KINDS_H
#define PST_CONFORM_CHECK_MAP_KINDS_H

/* The part of conform/check_map.h that is about what one kind of plugin says. */

/* clang-format off */
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
/* clang-format on */

#endif
