// Before `npm pack` in this folder: builds, and puts the licences beside the package, so that the tarball is whole by
// itself, with the native half for this machine. What is published is laid out by package.mjs.
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = join(dirname(fileURLToPath(import.meta.url)), '..');
// Standard output is the name of the tarball.
execFileSync('sh', [join(here, 'make.sh'), 'build'], { stdio: ['ignore', 2, 2] });
for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) cpSync(join(here, '../..', name), join(here, name));
