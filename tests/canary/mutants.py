# SPDX-License-Identifier: Apache-2.0
"""Gates sabotaged on purpose: each is one change of the source that a tired or a bribed hand could
make, and the name of a check that has to find it.

A change that no longer fits the source is an error: then it is to be written anew, not left out.
"""

from collections import namedtuple

# name    what is wrong with it
# file    of the source
# edits   (text, other text) pairs; each text stands in the file once
# check   that must find it: "memory", "wiping", "templates", "account", "ledger", "answers", or
#         "unit ROOM/NOUN TEST"; others may find it too
# keeps   whether the detector keeps all it is given; where wiping is looked at, it does not
# program "postern" or "postern-worker"
# sandbox of its lane; without one a worker outlives a permit, and what it keeps can be seen
Mutant = namedtuple("Mutant", "name file edits check keeps program sandbox",
                    defaults=(True, "postern", None))

MUTANTS = [
    Mutant("the verdict is inverted", "core/gate/encounter.c", [
        ("&encounter->request.place);\n}",
         "&encounter->request.place);\n"
         "	if (encounter->cell.verdict != PST_VERDICT_ASK) {\n"
         "		encounter->cell.verdict = encounter->cell.verdict == PST_VERDICT_ALLOW\n"
         "			? PST_VERDICT_REFUSE : PST_VERDICT_ALLOW;\n"
         "	}\n}")], "account"),
    Mutant("a permit is revoked one frame late", "core/gate/permit.c", [
        ("	return atomic_exchange(&permit->id, PST_PERMIT_NONE);",
         "	atomic_store(&permit->until_ns, INT64_MAX);\n"
         "	atomic_store(&permit->frames, 1);\n"
         "	return atomic_load(&permit->id);")], "memory"),
    Mutant("slots are freed without being wiped", "core/frame/slots.c", [
        ("	explicit_bzero(slots->base + (size_t)index * slots->size, slots->used[index]);\n",
         "")], "wiping"),
    Mutant("the ledger counts leased frames as withheld", "core/frame/ledger.c", [
        ("PST_FATE_LEASED, permit,", "PST_FATE_WITHHELD, 0,")], "ledger"),
    Mutant("frames are copied before the gate is asked", "core/pipeline/source.c", [
        ("	uint64_t permit = leave_for(lane, frame, now_ns);",
         "	static uint8_t early[131072];\n"
         "	if (frame->plane[0].size <= sizeof(early)) {\n"
         "		memcpy(early, frame->plane[0].data, frame->plane[0].size);\n"
         "	}\n"
         "	uint64_t permit = leave_for(lane, frame, now_ns);")], "memory"),
    Mutant("the template outlasts a withdrawal", "core/pipeline/traveler.c", [
        ("	if (turn.actions & PST_ACTION_DROP) {\n		drop_shot(lane);\n	}\n",
         "")], "templates"),

    Mutant("the gate is not asked", "core/pipeline/source.c", [
        ("	if (!pst_permit_id(&lane->permit) || !pst_vision_is_ready(&lane->vision)) {\n"
         "		return 0;",
         "	if (!pst_permit_id(&lane->permit) || !pst_vision_is_ready(&lane->vision)) {\n"
         "		return pst_vision_is_ready(&lane->vision) ? 1 : 0;")], "memory"),
    Mutant("a permit outlives its encounter", "core/gate/encounter.c", [
        ("	return revoke(encounter) | END_ACTIONS |", "	return END_ACTIONS |")], "memory"),
    Mutant("bystanders stay to be seen", "core/worker/mask.c", [
        ("		if (i != subject) {", "		if (subject == PST_MASK_NOBODY) {")],
        "unit worker/mask another_face_is_masked_within_the_part_that_is_seen"),
    Mutant("a decline is taken for consent", "core/pipeline/traveler.c", [
        ("[PST_CHOICE_DECLINE] = PST_EVENT_DECLINE,",
         "[PST_CHOICE_DECLINE] = PST_EVENT_CONSENT,")], "account"),
    Mutant("the notice is ignored", "core/gate/encounter.c", [
        ("	encounter->cell = pst_table_lookup(",
         "	encounter->request.place.value[PST_AXIS_NOTICE] = PST_NOTICE_CURRENT;\n"
         "	encounter->cell = pst_table_lookup(")], "account"),
    Mutant("the choice window is zero", "core/pipeline/traveler.c", [
        (".choice_window_ns = lane->policy->choice_window_ns,", ".choice_window_ns = 0,")],
        "account"),
    Mutant("the bounds of a permit are ignored", "core/gate/permit.c", [
        ("captured_ns < atomic_load_explicit(&permit->from_ns, memory_order_acquire) ||",
         "")],
        "unit gate/permit frames_from_before_and_after_stay_withheld"),
    Mutant("the frame budget is ignored", "core/gate/permit.c", [
        ("&left, left - 1)", "&left, left)")],
        "unit gate/permit the_budget_is_spent_frame_by_frame"),
    Mutant("the worker is not told to reset", "core/pipeline/vision.c", [
        ("	if (permit != 0 && pst_worker_send_reset(", "	if (false && pst_worker_send_reset("),
        ("	vision->wiping = permit ? permit : wiping;\n", "	vision->wiping = wiping;\n")],
        "wiping", keeps=False),
    Mutant("a late reset is awaited for ever", "core/host/calls.c", [
        (".deadline_ns = pst_clock_mono_ns() + (int64_t)limit_ms * PST_NS_PER_MS,",
         ".limit_ns = INT64_MAX / 4,")],
        "unit host/worker a_reset_that_is_not_confirmed_kills"),
    Mutant("whoever is no proven attack is cleared", "core/pipeline/pad.c", [
        ("	if (!required || state == PST_PAD_STATE_PASS) {",
         "	if (!required || state != PST_PAD_STATE_FAIL) {")],
        "unit pipeline/pad every_combination_of_answers_and_rules"),
    Mutant("the worker says that it reset, and keeps the picture", "core/worker/vision.c", [
        ("	pst_picture_wipe(&vision->input);\n", "")], "wiping", keeps=False,
        program="postern-worker", sandbox="off"),
    Mutant("the worker counts a frame too few", "core/worker/vision.c", [
        ("	vision->taken++;\n", "	vision->taken += vision->frames % 8 != 0;\n")], "ledger",
        program="postern-worker"),
    Mutant("the ledger counts withheld frames as leased", "core/frame/ledger.c", [
        ("PST_FATE_WITHHELD, 0,", "PST_FATE_LEASED, 1,")], "ledger"),
    Mutant("the ledger leaves lost numbers out", "core/frame/ledger.c", [
        ("		book(ledger, PST_FATE_LOST, ledger->last + explained + 1, sequence - 1, 0);\n",
         "")], "ledger"),
    Mutant("the end of a permit is not written", "core/pipeline/traveler.c", [
        ("	pst_books_revoked(lane, permit);\n", "")], "ledger"),
    Mutant("withheld frames are saved for later", "core/pipeline/source.c", [
        ("		pst_ledger_withhold(&lane->ledger, frame->sequence);",
         "		FILE *saved = fopen(\"saved\", \"a\");\n"
         "		if (saved) {\n"
         "			(void)!fwrite(frame->plane[0].data, 1, frame->plane[0].size, saved);\n"
         "			(void)fclose(saved);\n"
         "		}\n"
         "		pst_ledger_withhold(&lane->ledger, frame->sequence);")], "memory"),
]
QUICK = 2  # so many are tried in the plain tests, all of them in the long ones
