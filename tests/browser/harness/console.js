// SPDX-License-Identifier: Apache-2.0
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Program, POSTERN } = require('./program');

/** `postern console` on a port of its own choice. */
class Console extends Program {
	/**
	 * @param lanes by name, each a Lane or the path of a socket
	 * @param options more of `postern console`
	 */
	static async start(folder, lanes, options = []) {
		fs.mkdirSync(folder, { recursive: true });
		const named = Object.entries(lanes).flatMap(([name, lane]) =>
			['--lane', `${name}=${lane.socket || lane}`]);
		const listen = options.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
		const server = new Console(folder, 'console', POSTERN, ['console', ...named,
			'--tokens', path.join(folder, 'tokens'), ...listen, ...options]);
		await server.wait_for(/^integrator\s+\S+$/m);
		return server;
	}

	/** What it printed for a role: the address with the token in its fragment. */
	address(role, lane) {
		const lines = fs.readFileSync(this.out, 'utf8').split('\n')
			.map((line) => line.trim().split(/\s+/)).filter((words) => words[0] === role);
		const found = lines.map((words) => words[words.length - 1])
			.find((url) => !lane || url.includes(`/traveler/${lane}#`));
		if (!found) {
			throw new Error(`no address of ${role}:\n${this.said()}`);
		}
		return found;
	}

	get origin() {
		return new URL(this.address('officer')).origin;
	}

	token(role) {
		return new URL(this.address(role)).hash.replace('#token=', '');
	}
}

module.exports = { Console };
