// SPDX-License-Identifier: Apache-2.0
'use strict';

const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('./until');

const SOURCE = path.resolve(__dirname, '../../..');
const POSTERN = process.env.POSTERN;

function environment() {
	const { POSTERN_MODELS, ...kept } = process.env;
	return { ...kept, XDG_DATA_HOME: '/nonexistent' };
}

/** Runs a program to its end. @return {status, out, err} */
function run(program, ...args) {
	return new Promise((resolve, reject) => {
		execFile(program, args, { env: environment(), maxBuffer: 1 << 24 }, (error, out, err) => {
			if (error && typeof error.code !== 'number') {
				reject(new Error(`${program} ${args.join(' ')}: ${error.message}`));
			} else {
				resolve({ status: error ? error.code : 0, out, err });
			}
		});
	});
}

/** Runs postern; throws if its exit status isn't 0. @return what it printed */
async function postern(...args) {
	const done = await run(POSTERN, ...args);
	if (done.status !== 0) {
		throw new Error(`postern ${args.join(' ')}: exit status ${done.status}\n${done.out}${done.err}`);
	}
	return done.out;
}

/** A program in the background; what it prints goes into files of a folder. */
class Program {
	constructor(folder, name, program, args) {
		this.name = name;
		this.out = path.join(folder, `${name}.out`);
		this.err = path.join(folder, `${name}.err`);
		const files = [this.out, this.err].map((file) => fs.openSync(file, 'w'));
		this.process = spawn(program, args, { env: environment(), stdio: ['ignore', ...files] });
		files.forEach((file) => fs.closeSync(file));
		this.ended = new Promise((resolve) => {
			this.process.once('error', (error) => resolve(error.message));
			this.process.once('exit', (code, signal) => resolve(signal || code));
		});
		this.is_running = true;
		this.ended.then((how) => {
			this.is_running = false;
			this.how = how;
		});
	}

	said() {
		return fs.readFileSync(this.out, 'utf8') + fs.readFileSync(this.err, 'utf8');
	}

	/** Waits for a text in what it prints. @return the match */
	wait_for(pattern, seconds = 30) {
		return until(`${this.name} prints ${pattern}`, () => {
			if (!this.is_running) {
				throw new Error(`${this.name} ended (${this.how}):\n${this.said()}`);
			}
			return pattern.exec(this.said());
		}, seconds);
	}

	signal(name) {
		if (this.is_running) {
			this.process.kill(name);
		}
	}

	/** Ends it. @return its exit status, or the signal that ended it */
	end(name = 'SIGINT') {
		this.signal(name);
		return this.ended;
	}
}

module.exports = { Program, POSTERN, SOURCE, postern, run };
