// Lays out what is published: `node scripts/package.mjs <native library>` → target/npm/*.tgz.
// The main package gets its optional dependencies here and not in the repository, where they do not exist yet.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(process.env.CARGO_TARGET_DIR ?? join(here, '../../target'), 'npm');
const library = process.argv[2];
if (!library) throw new Error('usage: node scripts/package.mjs <native library>');

const read = (path) => JSON.parse(readFileSync(join(here, path), 'utf8'));
const { devDependencies: _, scripts: __, ...manifest } = read('package.json');
const platforms = readdirSync(join(here, 'npm'));
for (const name of platforms) {
  const { version } = read(`npm/${name}/package.json`);
  if (version !== manifest.version) throw new Error(`npm/${name} has version ${version}, not ${manifest.version}`);
}
// By the rules of npm, and not by those of the loader: the test of the package finds out whether they agree.
const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
const fits = (list, value) => list === undefined || list.includes(value);
const platform = platforms.find((name) => {
  const { os, cpu, libc: of } = read(`npm/${name}/package.json`);
  return fits(os, process.platform) && fits(cpu, process.arch) && fits(of, libc);
});
manifest.optionalDependencies = Object.fromEntries(platforms.map((p) => [`@zhifuyun/sdk-${p}`, manifest.version]));

rmSync(out, { recursive: true, force: true });
const pack = (name) => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', out], { cwd: join(out, name), stdio: 'inherit' });
};

const licences = (folder) => {
  const file = join(folder, 'package.json');
  const { files, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  const names = ['LICENSE-APACHE', 'LICENSE-MIT'];
  for (const name of names) cpSync(join(here, '../..', name), join(folder, name));
  writeFileSync(file, `${JSON.stringify({ ...rest, files: [...files, ...names] }, null, 2)}\n`);
};

const sdk = join(out, 'sdk');
mkdirSync(sdk, { recursive: true });
for (const part of ['dist', 'README.md']) cpSync(join(here, part), join(sdk, part), { recursive: true });
writeFileSync(join(sdk, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
licences(sdk);
pack('sdk');

const native = join(out, platform);
cpSync(join(here, 'npm', platform), native, { recursive: true });
cpSync(library, join(native, 'zhifuyun.node'));
licences(native);
pack(platform);
