# SPDX-License-Identifier: Apache-2.0
"""How each hostile plugin is broken, what a lane makes of it, and which check of the kit tells."""

from collections import namedtuple

# What a lane with --sandbox strict makes of it:
REFUSED = "refused"    # it does not start
DIES = "dies"          # each frame that it misbehaves on ends the worker, and nothing else is lost
HARMLESS = "harmless"  # it gets nothing by it: everybody is served as with a good one
LIES = "lies"          # its answers are wrong, and no sandbox tells: nobody is taken for another
FAULTS = "faults"      # a matcher that cannot be asked: a human decides

# The way it is broken stands in its source. The first check must fail, the others may follow from it;
# so may any check that the plugin did not live to see the end of.
Case = namedtuple("Case", "kind lane checks")


def _of(kind, lane, plugins):
    return {name: Case(kind, lane, checks.split()) for name, checks in plugins.items()}


CASES = {
    **_of("detector", REFUSED, {
        "constructor-crash": "guest.no-crash load.opens",
        "abi-stale": "abi.major life.init",
        "entry-short": "abi.entry-size life.init",
        "kind-other": "abi.kind life.init",
        "id-other": "abi.id life.init",
        "version-other": "abi.version life.init",
        "instance-none": "abi.instance-size life.init",
        "instance-huge": "abi.instance-size life.init",
        "call-missing": "abi.calls-complete life.init",
        "entry-missing": "library.exports-entry load.opens",
        "init-crash": "guest.no-crash life.init",
        "init-hang": "guest.returns life.init-time life.init",
        "init-thread": "threads.declared life.no-thread-leak life.failed-init threads.none-late",
    }),
    **_of("detector", HARMLESS, {
        "constructor-socket": "guest.no-network",
        "constructor-fork": "guest.no-fork",
        "constructor-read": "guest.no-home",
        "constructor-write": "guest.no-write",
        "init-leaves": "life.failed-init",
        "init-chdir": "life.keeps-folder",
        "init-setenv": "life.keeps-environment",
        "finish-crash": "guest.no-crash life.finish",
        "finish-hang": "guest.returns life.finish",
        "print": "guest.no-output",
        "log-flood": "life.log-lines frame.log-sparse",
        "leak": "frame.no-growth",
    }),
    **_of("detector", DIES, {
        "spin": "guest.returns frame.in-time",
        "hang": "guest.returns frame.in-time",
        "crash": "guest.no-crash",
        "abort": "guest.no-abort",
        "exit": "guest.no-exit",
        "faces-many": "detect.count detect.cap detect.cap-one detect.score detect.box detect.landmarks "
                      "detect.writes-all frame.not-stale",
        "box-nan": "detect.box",
        "score-range": "detect.score",
        "status-other": "detect.status",
        "fork": "guest.no-fork",
        "exec": "guest.no-exec",
        "system": "guest.no-other-call guest.no-fork",
        "connect-inet": "guest.no-network",
        "connect-unix": "guest.no-network",
        "send-udp": "guest.no-network",
        "write-file": "guest.no-write",
        "read-home": "guest.no-open-after-init guest.no-home",
        "read-passwd": "guest.no-open-after-init guest.no-home",
        "trace-parent": "guest.no-signal",
        "kill-parent": "guest.no-signal",
        "memory-exec": "guest.no-exec guest.no-other-call",
        "map-code": "guest.no-other-call",
        "protect-code": "guest.no-other-call",
        "ring": "guest.no-other-call",
        "unshare": "guest.no-other-call",
        "limits": "guest.no-other-call frame.keeps-limits",
        "late-thread": "threads.none-late guest.no-late-thread threads.declared frame.no-growth",
        "handlers": "frame.keeps-signals guest.no-other-call",
        "control-close": "guest.no-exit",
        "control-forge": "guest.no-other-call",
        "hog": "guest.returns guest.no-crash",
        "picture-beyond": "guest.no-crash picture.end",
    }),
    **_of("detector", LIES, {
        "faces-beyond": "detect.cap",
        "picture-write": "picture.not-written",
        "stride-ignored": "picture.stride picture.padding",
        "face-before": "frame.same-twice",
        "moody": "frame.same-twice",
    }),
    **_of("extractor", DIES, {
        "template-short": "extract.size",
        "extract-status": "extract.status extract.roles",
        "extract-crash": "guest.no-crash",
    }),
    **_of("extractor", LIES, {
        "template-before": "frame.same-twice",
        "template-first": "extract.tells-apart frame.same-order",
        "template-part": "extract.writes-all frame.not-stale",
        "template-nan": "extract.finite",
    }),
    **_of("matcher", FAULTS, {
        "search-unsorted": "match.top-k-sorted",
        "search-twice": "match.top-k-unique match.top-k-best",
        "search-many": "match.top-k-length match.add-error match.remove-gone match.top-k-unique "
                       "match.top-k-keys match.keys match.large match.top-k-cap",
        "score-nan": "match.score-nan match.add-copies match.verify-self match.verify-best match.order "
                     "match.search-is-verify match.top-k-best",
        "score-beyond": "match.score-range match.top-k-best match.search-is-verify",
        "verify-crash": "guest.no-crash",
    }),
    **_of("matcher", LIES, {
        "search-few": "match.top-k-length match.add-error match.remove-gone",
        "search-differs": "match.search-is-verify match.top-k-best",
    }),
    **_of("matcher", HARMLESS, {
        "empty-crash": "guest.no-crash match.probe-null",
        "remove-lies": "match.remove match.remove-gone match.unsealed",
    }),
    **_of("quality", LIES, {
        "quality-range": "assess.score",
        "quality-twice": "assess.measures-unique",
    }),
    **_of("pad", LIES, {
        "pad-endless": "judge.reason-ended",
        "pad-answer": "judge.answer",
    }),
}
GOOD = {f"good-{kind}": Case(kind, HARMLESS, []) for kind in
        ("detector", "extractor", "matcher", "quality", "pad")}


def _append(plugin):
    library = plugin / f"{plugin.name}.so"
    library.write_bytes(library.read_bytes() + b"\0")


def _replace(old, new):
    def doctor(plugin):
        path = plugin / f"{plugin.name}.yaml"
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new))
    return doctor


def _link_out(plugin):
    library = plugin / f"{plugin.name}.so"
    outside = plugin.parent / "outside.so"
    library.rename(outside)
    library.symlink_to(outside)


# Manifests of a good detector, each doctored in one way: what is done to the folder, and the check.
DOCTORED = {
    "another library than the manifest's": (_append, "manifest.library-digest"),
    "a library elsewhere": (_replace("library: ", "library: ../constructor-write/"),
                            "manifest.schema manifest.library-inside"),
    "a library that is a link to elsewhere": (_link_out, "manifest.library-inside"),
    "no library": (lambda plugin: (plugin / f"{plugin.name}.so").unlink(),
                   "manifest.schema manifest.library-inside"),
    "a key that there is not": (_replace("threads: 1", "threads: 1\nnetwork: yes"),
                                "manifest.schema"),
    "an option beyond its range": (_replace('default: "0"', 'default: "7"'), "manifest.schema"),
    "another ABI": (_replace("abi: 1", "abi: 2"), "manifest.abi"),
}
