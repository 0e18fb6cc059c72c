// SPDX-License-Identifier: Apache-2.0
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Where screenshots of a run are left. */
const OUTPUT = process.env.OUTPUT || path.join(os.tmpdir(), 'postern-browser');
fs.mkdirSync(OUTPUT, { recursive: true });

module.exports = { OUTPUT };
