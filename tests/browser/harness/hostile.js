// SPDX-License-Identifier: Apache-2.0
'use strict';

const net = require('node:net');
const readline = require('node:readline');

const MARKUP = '"><img src=x onerror="window.hacked=1"><b class=hacked>&amp;</b>';
/** What a page has to understand stays as it is; all else is only to be shown. */
const KEPT = new Set(['kind', 'state', 'verdict', 'code', 'outcome', 'choice', 'people', 'receipt',
	'wanted', 'version', 'wall', 'sha256', 'date', 'until', 'role', 'jpeg', 'format', 'decision']);

/** A value with markup in every text, and in every name of a field of `names`. */
function spoil(value, key = '') {
	if (typeof value === 'string') {
		return KEPT.has(key) ? value : value + MARKUP;
	}
	if (Array.isArray(value)) {
		return value.map((item) => spoil(item, key));
	}
	if (value && typeof value === 'object') {
		return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, spoil(item, name)]));
	}
	return value;
}

/** A socket that answers as a lane does, with markup in all that it says. */
class HostileLane {
	static async start(socket, lane) {
		const hostile = new HostileLane();
		hostile.socket = socket;
		hostile.server = net.createServer((client) => {
			const real = net.connect(lane.socket);
			client.pipe(real);
			readline.createInterface({ input: real }).on('line', (line) =>
				client.write(`${JSON.stringify(spoil(JSON.parse(line)))}\n`));
			for (const [one, other] of [[client, real], [real, client]]) {
				one.on('close', () => other.destroy());
				one.on('error', () => other.destroy());
			}
		});
		await new Promise((resolve) => hostile.server.listen(socket, resolve));
		return hostile;
	}

	/** Ends it, as World expects of whatever a test started. */
	end() {
		this.server.close();
		return Promise.resolve();
	}
}

module.exports = { HostileLane, MARKUP };
