# SPDX-License-Identifier: Apache-2.0
"""Error rates a second time, written from docs/evaluation.md alone: slow, plain, and sharing no
code with postern. Scores are lists of numbers; a comparison matches if its score is at or above
the threshold."""
import math


def fmr(impostor, threshold):
    return sum(s >= threshold for s in impostor) / len(impostor)


def fnmr(genuine, threshold):
    return sum(s < threshold for s in genuine) / len(genuine)


def thresholds(genuine, impostor):
    return sorted(set(genuine) | set(impostor)) + [math.inf]


def eer(genuine, impostor):
    """Where the line from one operating point to the next has equal rates."""
    points = [(fmr(impostor, t), fnmr(genuine, t)) for t in thresholds(genuine, impostor)]
    for (a0, b0), (a1, b1) in zip(points, points[1:]):
        if a1 <= b1:
            part = (a0 - b0) / ((a0 - b0) - (a1 - b1))
            return a0 + part * (a1 - a0)
    raise AssertionError("no crossing")


def auc(genuine, impostor):
    wins = sum((g > i) + (g == i) / 2 for g in genuine for i in impostor)
    return wins / len(genuine) / len(impostor)


def at_fmr(genuine, impostor, wanted):
    """(threshold, FMR, FNMR) at the least score that occurs and keeps the rate."""
    for t in thresholds(genuine, impostor):
        if fmr(impostor, t) <= wanted:
            return t, fmr(impostor, t), fnmr(genuine, t)
    raise AssertionError("infinity keeps every rate")


def binomial(n, p):
    """The chances of 0 .. n errors in n."""
    logs = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
            + (k * math.log(p) if k else 0) + ((n - k) * math.log1p(-p) if n - k else 0)
            for k in range(n + 1))
    return [math.exp(x) for x in logs]


def limits_hold(errors, trials, low, high, close=1e-7):
    """Whether low and high are the exact limits of Clopper and Pearson, at 95 %."""
    good = True
    if errors == 0:
        good = good and low == 0
    else:
        good = good and abs(math.fsum(binomial(trials, low)[errors:]) - 0.025) < close
    if errors == trials:
        good = good and high == 1
    else:
        good = good and abs(math.fsum(binomial(trials, high)[:errors + 1]) - 0.025) < close
    return good


def searches(rows):
    """Leave-one-out over rows of (score, reference, its person, probe, its person), both ways given.
    For each probe: (mate's score or None, its rank, the best stranger's score or None)."""
    best = {}
    for score, _, person, probe, own in rows:
        people = best.setdefault((probe, own), {})
        people[person] = max(score, people.get(person, -math.inf))
    result = []
    for (_, own), people in best.items():
        mate = people.get(own)
        strangers = [s for person, s in people.items() if person != own]
        rank = None if mate is None else 1 + sum(s >= mate for s in strangers)
        result.append((mate, rank, max(strangers, default=None)))
    return result


def discard(pairs, threshold):
    """[(part left out, FNMR of the rest)] for genuine pairs of (score, worse quality)."""
    result = []
    for quality in sorted({q for _, q in pairs}):
        rest = [s for s, q in pairs if q >= quality]
        result.append((1 - len(rest) / len(pairs), fnmr(rest, threshold)))
    return result


def cohort(rows, people, threshold):
    """(matched, impostor, missed, genuine) of (score, same, person, person) within some people."""
    within = [r for r in rows if r[2] in people and r[3] in people]
    genuine = [r[0] for r in within if r[1]]
    impostor = [r[0] for r in within if not r[1]]
    return (sum(s >= threshold for s in impostor), len(impostor),
            sum(s < threshold for s in genuine), len(genuine))
