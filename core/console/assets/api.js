// SPDX-License-Identifier: Apache-2.0
//
// What every page of the console shares: logging in, requests, events.
//
// A page is opened as /officer#token=... and leaves the token where it is: a fragment is never sent,
// and with it the page logs in again by itself when the console was started anew.

const REQUEST_MS = 5000;
const QUIET_MS = 35000; // the console says something at least every 15 s
const AGAIN_MS = [250, 500, 1000, 2000, 5000];

/** Whatever was not done: one line that says what and what to do; code "away" if nobody answered. */
export class Refused extends Error {
	constructor(message, code, status) {
		super(message);
		this.name = "Refused";
		this.code = code;
		this.status = status;
	}
}

let session = null; // {role, lane, csrf, languages}
let loggingIn = null;

/* Which of a browser's sessions a page means: /officer, /traveler/gate-7. */
function whoseSession() {
	const [, role, lane] = location.pathname.split("/");

	return new URLSearchParams(lane ? {role, lane: decodeURIComponent(lane)} : {role});
}

/** The token of the page's address, or null. */
export function token() {
	return new URLSearchParams(location.hash.slice(1)).get("token");
}

/** The path under /api of a lane's resource: lanePath("gate-7", "status"). */
export function lanePath(lane, ...rest) {
	return ["lanes", lane, ...rest].map(encodeURIComponent).join("/");
}

function away(path) {
	return new Refused(`${path}: the console does not answer; is it running?`, "away", 0);
}

async function answerOf(reply, path) {
	let body = null;

	try {
		body = await reply.json();
	} catch {
		body = null;
	}
	if (reply.ok && body !== null) {
		return body;
	}
	throw new Refused(body?.error ?? `${path}: answered ${reply.status} without a reason`,
		body?.code ?? "failed", reply.status);
}

async function ask(method, path, body, headers) {
	let reply;

	try {
		reply = await fetch(`/api/${path}`, {
			method,
			headers: body === undefined ? headers : {...headers, "Content-Type": "application/json"},
			body: body === undefined ? undefined : JSON.stringify(body),
			credentials: "same-origin",
			cache: "no-store",
			signal: AbortSignal.timeout(REQUEST_MS),
		});
	} catch {
		throw away(path);
	}
	return answerOf(reply, path);
}

async function logInOnce(secret) {
	if (secret) {
		return ask("POST", "session", {token: secret}, {});
	}
	return ask("GET", `session?${whoseSession()}`, undefined, {});
}

/**
 * Logs in with a token, by default the address's; without one, looks whether this browser is logged in.
 *
 * @returns {Promise<{role: string, lane: ?string, csrf: string, languages: string[]}>}
 */
export async function login(secret = token()) {
	loggingIn ??= logInOnce(secret).finally(() => {
		loggingIn = null;
	});
	session = await loggingIn;
	return session;
}

export async function logout() {
	await change("DELETE", "session", undefined);
	session = null;
}

/* Whoever was logged out because the console was started anew logs in again, once per request. */
async function again(request) {
	if (!session) {
		await login();
	}
	try {
		return await request();
	} catch (error) {
		if (error.status !== 401 && error.code !== "csrf") {
			throw error;
		}
		await login();
		return request();
	}
}

function change(method, path, body) {
	return again(() => ask(method, path, body,
		{"X-Postern-CSRF": session.csrf, "X-Postern-Request": crypto.randomUUID()}));
}

/** Asks for something under /api: get("lanes"). Throws Refused. */
export function get(path) {
	return again(() => ask("GET", path, undefined, {}));
}

/** The same for a text: get of .svg and .txt. */
export function getText(path) {
	return again(async () => {
		let reply;

		try {
			reply = await fetch(`/api/${path}`, {cache: "no-store", signal: AbortSignal.timeout(REQUEST_MS)});
		} catch {
			throw away(path);
		}
		return reply.ok ? reply.text() : answerOf(reply, path);
	});
}

/** Has something done: post(lanePath(lane, "decline"), {encounter: 3}). Throws Refused. */
export function post(path, body = {}) {
	return change("POST", path, body);
}

/* Cuts a stream of server-sent events into events; what is not whole yet stays. */
function cut(text, on) {
	const blocks = text.split("\n\n");
	const rest = blocks.pop();

	for (const block of blocks) {
		let kind = "message";
		const data = [];

		for (const line of block.split("\n")) {
			if (line.startsWith("event:")) {
				kind = line.slice(6).trim();
			} else if (line.startsWith("data:")) {
				data.push(line.slice(5).trimStart());
			}
		}
		if (data.length > 0) {
			on(kind, JSON.parse(data.join("\n")));
		}
	}
	return rest;
}

async function follow(path, on, stop) {
	const silent = new AbortController();
	let timer = setTimeout(() => silent.abort(), QUIET_MS);
	let rest = "";

	try {
		const reply = await fetch(`/api/${path}`, {
			headers: {Accept: "text/event-stream"},
			cache: "no-store",
			signal: AbortSignal.any([silent.signal, stop]),
		});

		if (!reply.ok) {
			await answerOf(reply, path);
		}
		on("connected", null);
		for (const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();;) {
			const {value, done} = await reader.read();

			if (done) {
				return;
			}
			clearTimeout(timer);
			timer = setTimeout(() => silent.abort(), QUIET_MS);
			rest = cut(rest + value, on);
		}
	} finally {
		clearTimeout(timer);
	}
}

/**
 * Follows the events of a path under /api until the function that it returns is called.
 *
 * @param on  called as on(kind, data), with "connected" (null) at each beginning and "disconnected"
 *            (a Refused) at each end, after which it connects again by itself
 */
export function listen(path, on) {
	const stop = new AbortController();

	(async () => {
		for (let failures = 0; !stop.signal.aborted;) {
			let error = away(path);

			try {
				await again(() => follow(path, (kind, data) => {
					failures = 0;
					on(kind, data);
				}, stop.signal));
			} catch (reason) {
				error = reason instanceof Refused ? reason : error;
			}
			if (!stop.signal.aborted) {
				on("disconnected", error);
				await new Promise((wake) => {
					setTimeout(wake, AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
				});
				failures++;
			}
		}
	})();
	return () => stop.abort();
}
