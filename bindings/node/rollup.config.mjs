// What is published: one file per entry, and few for what entries share. Node.js takes longer to find and open a file
// than to run it.
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import ts from 'typescript';

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const { target } = read('tsconfig.json').compilerOptions;
const files = Object.values(read('package.json').exports).flatMap(({ require }) => require?.default ?? []);
const entries = files.map((file) => file.replace(/^\.\/dist\/|\.js$/g, ''));

/** Strips the types; they were checked when the declarations were written. */
const typescript = {
  name: 'typescript',
  resolveId: (id, from) => (from && id.startsWith('.') ? resolve(dirname(from), `${id}.ts`) : null),
  transform: (code) =>
    ts.transpileModule(code, { compilerOptions: { target, module: 'esnext', removeComments: true } }).outputText,
};

/** ES module names for the one implementation, which is CommonJS, so that classes are the same in both. */
const names = {
  name: 'names',
  generateBundle(_options, bundle) {
    for (const { isEntry, fileName, exports } of Object.values(bundle)) {
      if (!isEntry) continue;
      const file = `./${basename(fileName)}`;
      const all = `export * from '${file}';\n`;
      // For `export *` Node.js scans the file for names, which takes as long as loading it. The webhooks cannot do
      // without: where they run, there may be no `require`.
      const list = exports.map((name) => `  ${name},\n`).join('');
      const listed = `import { createRequire } from 'node:module';\n\nexport const {\n${list}} = createRequire(import.meta.url)('${file}');\n`;
      const emit = (ending, source) =>
        this.emitFile({ type: 'asset', fileName: fileName.replace(/\.js$/, ending), source });
      emit('.d.mts', all);
      emit('.mjs', fileName === 'index.js' ? listed : all);
    }
  },
};

export default {
  input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  external: /^node:/,
  plugins: [typescript, names],
  output: {
    dir: 'dist',
    format: 'cjs',
    exports: 'named',
    esModule: true,
    chunkFileNames: 'shared/[name].js',
    externalLiveBindings: false,
    hoistTransitiveImports: false,
    generatedCode: { constBindings: true },
  },
};
