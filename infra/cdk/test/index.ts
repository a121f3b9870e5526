import { readdirSync } from 'node:fs';
import { join } from 'node:path';

// All in one process: loading the CDK takes longer than most tests.
for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.test.js'))) require(join(__dirname, file));
