// SPDX-License-Identifier: Apache-2.0
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Program, POSTERN, SOURCE, postern } = require('./program');
const { until } = require('./until');

const POLICY = path.join(SOURCE, 'policies/us-border.yaml');
const DRAWN = 'synth:?people=1&seed=8&size=640x480&fps=15';
const DAY = 'policy.date=2026-01-15';
const PLUGINS = ['--detector', 'cascade', '--extractor', 'lbph'];
/** How long the lane of a test trusts a display that it does not hear. */
const NOTICE_TIMEOUT_S = 2;

/** One request on a connection of its own, as docs/control.md says it. @return the answer */
function ask_socket(socket, request) {
	return new Promise((resolve, reject) => {
		const connection = net.connect(socket);
		let text = '';
		connection.on('error', reject);
		connection.on('data', (bytes) => {
			text += bytes;
			if (text.includes('\n')) {
				connection.destroy();
				resolve(JSON.parse(text));
			}
		});
		connection.on('close', () => reject(new Error(`the lane hung up after '${text}'`)));
		connection.write(`${JSON.stringify({ v: 1, ...request })}\n`);
	});
}

/** A lane that draws its travelers, at real pace, driven by its control socket. */
class Lane extends Program {
	constructor(folder, state, args) {
		super(folder, 'lane', POSTERN, args);
		this.state = state;
		this.events_path = path.join(folder, 'events.jsonl');
		this.socket = path.join(state, 'control.sock');
	}

	/**
	 * Starts one and waits until people can step up.
	 * @param options more of `postern run`
	 */
	static async start(folder, ...options) {
		fs.mkdirSync(folder, { recursive: true });
		const state = path.join(folder, 'state');
		const lane = new Lane(folder, state, ['run', '--source', `${DRAWN}&take=1`, '--pace', 'real',
			'--policy', POLICY, '--set', DAY, '--state', state, '--control', 'auto',
			'--events', path.join(folder, 'events.jsonl'), ...PLUGINS, '--set', 'spare=none', '--set',
			`control.notice-timeout=${NOTICE_TIMEOUT_S}s`, '--sandbox', process.env.SANDBOX || 'strict',
			...options]);
		await lane.wait_for_event('worker.started');
		return lane;
	}

	events(kind) {
		const text = fs.existsSync(this.events_path) ? fs.readFileSync(this.events_path, 'utf8') : '';
		return text.split('\n').slice(0, -1).map((line) => JSON.parse(line))
			.filter((event) => !kind || event.kind === kind);
	}

	/** Waits for the count-th event of a kind. @return it */
	wait_for_event(kind, count = 1, seconds = 40) {
		return until(`${count} ${kind}`, () => {
			if (!this.is_running) {
				throw new Error(`the lane ended (${this.how}):\n${this.said()}`);
			}
			return this.events(kind)[count - 1];
		}, seconds);
	}

	ask(what, fields = {}) {
		return ask_socket(this.socket, { do: what, ...fields });
	}

	/** @return the answer, which has to be a yes */
	async must(what, fields) {
		const answer = await this.ask(what, fields);
		if (!answer.ok) {
			throw new Error(`${what}: ${answer.error}`);
		}
		return answer;
	}

	/** Waits for a state of the notice: current, stale or absent. */
	wait_for_notice(state, seconds = 15) {
		return until(`notice ${state}`, async () => (await this.must('status')).notice.state === state,
			seconds);
	}

	/** Closes whoever is there. @return the event of its end */
	async close() {
		const count = this.events('encounter.closed').length;
		await this.must('close');
		return this.wait_for_event('encounter.closed', count + 1);
	}

	receipt_path(id) {
		return path.join(this.state, 'receipts', `${id}.json`);
	}
}

/**
 * A state directory with a vault and one drawn traveler in its gallery, as subject S001.
 * @return options for Lane.start(folder, ...), which uses it
 */
async function enrol(folder) {
	const state = path.join(folder, 'state');
	const key = path.join(folder, 'vault.key');
	const people = path.join(folder, 'enrol.yaml');
	const vault = ['--state', state, '--key', key];
	fs.mkdirSync(folder, { recursive: true });
	fs.writeFileSync(people, 'scenario: 1\nname: enrol\nencounters:\n' +
		'  - {at: 0.2s, for: 3.5s, category: nonimmigrant, known-by: document, notice: current,\n' +
		'     subject: S001, expect: {outcome: enrolled}}\n');
	await postern('vault', 'init', ...vault);
	await postern('run', '--source', DRAWN, '--policy', POLICY, '--scenario', people, ...vault,
		'--gallery', 'travelers', '--set', 'policy.purpose=enrol', '--set', DAY, ...PLUGINS,
		'--sandbox', process.env.SANDBOX || 'strict');
	return ['--key', key, '--gallery', 'travelers'];
}

module.exports = { Lane, NOTICE_TIMEOUT_S, enrol };
