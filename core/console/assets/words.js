// SPDX-License-Identifier: Apache-2.0
//
// The words of lanes and policies in plain words. What is missing here is still readable: an id
// with spaces in place of its dashes. No word here lays anything at a person's door.

const CATEGORIES = {
	"us-citizen": "U.S. citizen",
	"us-national": "U.S. national, not a citizen",
	"permanent-resident": "Permanent resident of the U.S.",
	nonimmigrant: "Nonimmigrant: visitor, student, worker",
	"immigrant-or-parolee": "Immigrant or parolee",
	"canadian-visitor": "Canadian visitor",
	"canadian-admitted": "Canadian admitted for a stay",
	diplomat: "Diplomat",
	"exempt-class": "Class exempted by State and DHS",
	"crew-or-border-card": "Crew, or border-crossing card",
	unknown: "Not known",
	"visa-free": "Visa-free visitor",
	"prints-impossible": "Visa-free, fingerprints never possible",
	"prints-later": "Visa-free, fingerprints not possible now",
	"visa-holder": "Holder of a short-stay visa",
	"free-movement-citizen": "Citizen with free movement",
	"family-with-residence-card": "Family member with a residence card",
	"residence-permit": "Holder of a residence permit",
	mobility: "Researcher or student under mobility rules",
	"long-stay-visa": "Holder of a long-stay visa",
	"microstate-national": "National of a European microstate",
	"head-of-state": "Head of state",
	"holy-see": "Passport of the Holy See",
	crew: "Crew",
	"local-border-traffic": "Local border traffic",
	british: "British citizen",
	eu: "Citizen of the European Union",
	eea: "Citizen of the European Economic Area",
	swiss: "Swiss citizen",
	australian: "Australian citizen",
	canadian: "Canadian citizen",
	japanese: "Japanese citizen",
	"new-zealander": "New Zealand citizen",
	singaporean: "Singaporean citizen",
	"south-korean": "South Korean citizen",
	american: "U.S. citizen",
	"with-adult": "Child of a listed country, with an adult",
	"stamp-needed": "Needs a stamp",
	"no-chip": "Passport without a chip",
	"other-nationality": "Another nationality",
	traveler: "Traveler",
	"touchless-member": "Member of Touchless ID",
	"own-template": "Holds the template themselves",
	"own-key": "Holds the only key themselves",
	"operator-held": "Template held by the operator",
	visitor: "Visitor",
	"released-on-paper": "Written release, on paper",
	"released-electronically": "Written release, electronic",
	unreleased: "No written release",
	customer: "Customer",
	"public-photo": "Known from a public photo only",
};

const KNOWN_BY = {
	document: "Document",
	manifest: "Manifest",
	officer: "By hand: asked",
	staff: "By hand: staff asked",
	self: "By hand: their own word",
	token: "Token",
};

const OTHERS = {
	entry: "Entry",
	exit: "Exit",
	air: "Air",
	sea: "Sea",
	land: "Land",
	premises: "Premises",
	"own-lane": "A lane of its own",
	"mixed-lane": "Others pass the same camera",
};

const AXES = {category: CATEGORIES, "known-by": KNOWN_BY};

/** An id as plain text: "exempt-class" -> "Exempt class". */
function spaced(id) {
	const text = id.replaceAll("-", " ");

	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A band of ages: "under-14" -> "Under 14", "14-to-79" -> "14 to 79". */
function ageWords(band) {
	const over = /^over-(\d+)$/.exec(band);
	const from = /^from-(\d+)$/.exec(band);

	if (over) {
		return `Over ${over[1]}`;
	}
	return from ? `${from[1]} and over` : spaced(band);
}

/** A value of one of the policy's inputs: inputWords("category", "us-citizen"). */
export function inputWords(axis, value) {
	if (axis === "age-band") {
		return ageWords(value);
	}
	return (AXES[axis] ?? OTHERS)[value] ?? spaced(value);
}

export const STATES = {
	opened: "Stepped up, not told yet",
	noticed: "Told, no picture yet",
	permitted: "Picture being taken",
	captured: "Comparing",
	decided: "Decided",
	"opted-out": "Opted out",
	withdrawn: "Withdrawn",
	expired: "Time ran out",
	faulted: "Equipment failed",
	closed: "Left",
};

export const VERDICTS = {
	refuse: "No picture may be taken",
	ask: "No picture yet",
	allow: "A picture may be taken",
};

const VERDICT_MEANINGS = {
	refuse: "The camera's frames stay unread for this person.",
	ask: "A current notice or the person's own choice is still missing.",
	allow: "Only under a permit, and only until the first usable picture.",
};

export function verdictMeaning(verdict) {
	return VERDICT_MEANINGS[verdict] ?? "";
}

export const AUTHORITIES = {
	"required-if-asked": "May be required if asked. Whoever declines is still not captured.",
	offered: "Offered. It goes on unless the person declines.",
	consented: "The person's own consent.",
};

export const CHOICES = {
	none: "Nothing said yet",
	decline: "Opted out",
	consent: "Agreed",
	withdraw: "Withdrew",
};

export const SOURCE_STATUSES = {
	seen: "Read at the source",
	recalled: "From general knowledge; to be confirmed",
	disputed: "Sources contradict each other",
};

/** How an encounter ended: what it is called, what it means, and what an officer does next. */
const OUTCOMES = {
	verified: {
		title: "Matched",
		tone: "good",
		meaning: "The picture agrees with the reference.",
		next: ["Go on with your usual check.", "A match alone decides nothing."],
	},
	enrolled: {
		title: "Reference taken",
		tone: "good",
		meaning: "A reference was made and sealed, as the policy allows.",
		next: ["Give the receipt, which says how long it is kept."],
	},
	"refer-no-match": {
		title: "Not matched",
		tone: "plain",
		meaning: "No match is no evidence of anything. Light, pose, glasses or the age of a photo are common causes.",
		next: [
			"Check the document by hand.",
			"Ask what you would ask anybody; look yourself.",
			"Decide on the document, not on the comparison.",
		],
	},
	"refer-opted-out": {
		title: "Opted out",
		tone: "plain",
		meaning: "The person declined. Nothing more is captured, what was captured is wiped, and nothing follows from the choice.",
		next: [
			"Check the document by hand, in the person's place in the queue.",
			"Do not ask again and do not ask why.",
			"Give the receipt.",
		],
	},
	"refer-exempt": {
		title: "No picture by policy",
		tone: "plain",
		meaning: "The policy takes no picture of this person here; the rule says why.",
		next: ["Check the document by hand."],
	},
	"refer-no-consent": {
		title: "No consent given",
		tone: "plain",
		meaning: "The policy asks for a yes first, and none was given. That is an answer like any other.",
		next: ["Check the document by hand.", "Do not ask for consent again."],
	},
	"refer-unknown-category": {
		title: "Category not known",
		tone: "plain",
		meaning: "Without a category nothing may be captured.",
		next: ["Look at the document and decide by hand."],
	},
	"refer-no-notice": {
		title: "No current notice",
		tone: "warn",
		meaning: "No display showed the current notice, so nothing was captured. The cause is the lane.",
		next: ["Check the document by hand.", "Have the traveler display looked at."],
	},
	"refer-withdrawn": {
		title: "Withdrawn",
		tone: "plain",
		meaning: "The person withdrew. Nothing more is captured, what was captured is wiped, and nothing follows from the choice.",
		next: [
			"Check the document by hand.",
			"Do not ask again and do not ask why.",
			"Give the receipt.",
		],
	},
	"refer-not-captured": {
		title: "No usable picture",
		tone: "plain",
		meaning: "The camera got no usable picture in time.",
		next: [
			"Check the document by hand.",
			"Do not make the person try again and again.",
		],
	},
	"refer-uncalibrated": {
		title: "Comparison not set up",
		tone: "warn",
		meaning: "The comparison is not calibrated on this lane, so nothing was compared. The cause is the lane.",
		next: ["Check the document by hand.", "Tell whoever keeps the lane."],
	},
	"refer-fault": {
		title: "Equipment failed",
		tone: "warn",
		meaning: "Something in the lane failed, so it captured nothing. The cause is the lane.",
		next: ["Check the document by hand.", "Tell whoever keeps the lane."],
	},
};

export function outcomeWords(outcome) {
	return (
		OUTCOMES[outcome] ?? {
			title: spaced(outcome),
			tone: "plain",
			meaning: "",
			next: ["Check the document by hand."],
		}
	);
}

/** How it stands with whoever is there, in a few words. */
export function personWords(person) {
	if (person.outcome) {
		return outcomeWords(person.outcome).title;
	}
	return person.verdict === "refuse"
		? VERDICTS.refuse
		: (STATES[person.state] ?? person.state);
}

const REASONS = {
	"no-face": "The camera found no face where people stand.",
	"too-small": "The face was too far from the camera.",
	blurred: "The picture was blurred.",
	"too-dark": "There was too little light.",
	"too-bright": "There was too much light.",
	turned: "The camera saw no face from the front.",
	"several-faces": "More than one face was where one person stands.",
	presentation:
		"The camera could not tell a live face. Detectors err; it is no finding about the person.",
	timeout: "Time ran out before a usable picture.",
};

export function reasonWords(reason) {
	return REASONS[reason] ?? (reason ? spaced(reason) : "");
}

export const NOTICES = {
	current: "Notice shown",
	stale: "Old notice shown",
	absent: "No notice shown",
};

export const SOURCES = {
	streaming: "Camera on",
	stopped: "Camera off until a permit",
	away: "Camera away",
	back: "Camera coming back",
	over: "Recording over",
};

export const DECISIONS = {
	admitted: "Let go on",
	referred: "Handed over",
	refused: "Not let go on",
	left: "Person left first",
};

export const EVIDENCE = {
	document: "Document",
	question: "Questions",
	manifest: "Manifest",
	record: "Record",
	supervisor: "Second officer",
	"face-match": "Comparison",
	"face-compared": "My own look",
};

const STORES = {
	matching: "Where compared",
	identity: "Identity store",
	partner: "Partner's camera",
	crossing: "Crossing record",
};

export function storeWords(store) {
	return STORES[store] ?? store;
}

/** Evidence that decides nothing by itself. */
export const FACE_EVIDENCE = ["face-match", "face-compared"];

const THIN = "\u202f";

/** A whole number in groups of three, as 10 000. */
export function grouped(number) {
	return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** A false match rate: 1e-4 -> "FMR 1 in 10 000". */
export function fmrWords(fmr) {
	return `FMR 1 in ${grouped(1 / fmr)}`;
}

/** What a comparison came to, never a score: "Matched at FMR 1 in 10 000". */
export function comparisonWords(match) {
	return `${match.matched ? "Matched" : "Not matched"} at ${fmrWords(match.fmr)}`;
}

/** A span of time, coarse enough to read at a glance. */
export function spanWords(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000));

	if (seconds < 60) {
		return `${seconds} s`;
	}
	const minutes = Math.floor(seconds / 60);

	if (minutes < 60) {
		return `${minutes} min ${seconds % 60} s`;
	}
	const hours = Math.floor(minutes / 60);

	return hours < 48
		? `${hours} h ${minutes % 60} min`
		: `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
