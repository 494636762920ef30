// The build: every program of the project as one file in dist/, and beside them the files they load at run time. The extension and the
// webviews begin with a small file; what they `import()` is in files of its own, in a folder of the same name, which are read when that is reached.
//
//   dist/extension.cjs            what the extension starts with dist/wasm/           TensorFlow.js's wasm binaries
//   dist/trainer.cjs, trm.cjs     trainer process, command line  dist/binding-src/    source of the native binding
//   dist/wasm-worker.cjs          worker thread of the trainer   dist/licenses/       licences of what is bundled
//   dist/webview/*.js, *.css      the webviews                   dist/native/         made by `npm run package` only
//
// `node esbuild.mjs [--production] [--watch]`; scripts call `build` and `ensureBuilt`. Files are replaced whole
// (temporary name, rename): a program that starts during a build finds the old one or the new one.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled, root } from './scripts/ensure-installed.mjs';

const dist = path.join(root, 'dist');
const modules = path.join(root, 'node_modules');

/** Scripts of the project as they are, where the bench imports one when it needs it: they know themselves by their own addresses. */
const scriptsApart = {
  name: 'scripts-apart',
  setup: b => b.onResolve({ filter: /\/scripts\/[\w-]+\.mjs$/ }, ({ path: file, resolveDir }) => ({ path: pathToFileURL(path.resolve(resolveDir, file)).href, external: true })),
};

/** What runs in Node: output in dist/ <- entry point. */
const programs = {
  extension: { entry: 'src/extension.ts', external: ['vscode'], split: true },
  trainer: { entry: 'src/trainer/main.ts' },
  'wasm-worker': { entry: 'src/training/worker-main.ts' },
  trm: { entry: 'src/cli/main.ts', banner: '#!/usr/bin/env node' },
  bench: { entry: 'bench/main.ts', external: ['playwright-core'], plugins: [scriptsApart] },
};

/** What runs in a webview: output in dist/webview/ <- entry point. CSS imported from there is written beside it. */
const pages = {
  checkpoint: { entry: 'webview/checkpoint/main.ts' },
  live: { entry: 'webview/live/main.ts' },
  trace: { entry: 'webview/trace/main.ts' },
};

/**
 * Packages bundled as others than their importers ask for. tfjs-node-gpu's kernels import the umbrella package
 * (layers, data, a WebGL backend), but use only what is in the core.
 */
const alias = { '@tensorflow/tfjs': './src/engine/tfjs-umbrella.ts' };

/** zod's error texts in English only: its index of languages, a quarter of the extension's code, is replaced by one that has no other. */
const englishZod = {
  name: 'english-zod',
  setup: b => b.onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ importer, resolveDir }) =>
    (importer.includes(`${path.sep}zod${path.sep}`) ? { path: path.join(resolveDir, '..', 'locales', 'en.js') } : undefined)),
};

/** Packages by their ES modules: without it there would be a second tfjs-core, its CommonJS bundle. */
const mainFields = ['module', 'main'];

/** Files copied as they are: folder in dist/ <- folder in node_modules, and which of its files. */
const copies = [
  { to: 'wasm', from: '@tensorflow/tfjs-backend-wasm/dist', files: /\.wasm$/ },
  { to: 'binding-src', from: '@tensorflow/tfjs-node-gpu/binding', files: /\.(cc|h)$/ },
  { to: 'binding-src/include', from: 'node-api-headers/include', files: /\.h$/ },
  { to: 'webview', from: '@vscode/codicons/dist', files: /^codicon\.(css|ttf)$/ },
];

/** Entry, with what it imports at once, as one file; what it `import()`s in files beside it, in a folder of its own. esbuild does so with ES modules only. */
const inPieces = (name, entry, outdir) => ({ entryPoints: { [name]: entry }, outdir, format: 'esm', splitting: true, chunkNames: `${name}/[name]-[hash]` });

/** esbuild's options for one target. */
function options(name, production) {
  const shared = {
    bundle: true, write: false, metafile: true, absWorkingDir: root, logLevel: 'silent', legalComments: 'none',
    // TensorFlow.js finds its kernels by names of classes; to keep them costs the extension a tenth of its start.
    minify: production, keepNames: production && name !== 'extension', sourcemap: production ? false : 'linked', alias, plugins: [englishZod],
  };
  if (!programs[name]) {
    return { ...shared, ...inPieces(name, pages[name].entry, path.join(dist, 'webview')), platform: 'browser', target: 'chrome128', loader: { '.ttf': 'file' }, assetNames: '[name]' };
  }
  const { entry, external = [], banner, split, plugins = [] } = programs[name];
  const inNode = { ...shared, plugins: [englishZod, ...plugins], external, platform: 'node', mainFields, target: 'node20', ...(banner ? { banner: { js: banner } } : {}) };
  if (split) return { ...inNode, ...inPieces(name, entry, dist), outExtension: { '.js': '.cjs' }, sourcemap: production ? false : 'inline' };
  return { ...inNode, entryPoints: [entry], outfile: path.join(dist, `${name}.cjs`), format: 'cjs' };
}

/** The pieces of a program as CommonJS, in which `import()` is a `require` when it is reached. */
async function asCommonJs({ transform }, files, production) {
  return Promise.all(files.map(async file => {
    const { code } = await transform(file.text, { format: 'cjs', platform: 'node', target: 'node20', supported: { 'dynamic-import': false }, minify: production, sourcemap: production ? false : 'inline', sourcefile: path.basename(file.path) });
    return { path: file.path, contents: Buffer.from(code) };
  }));
}

const everything = [...Object.keys(programs), ...Object.keys(pages)];
const entryOf = name => (programs[name] ?? pages[name]).entry;

/** Replaces a file whole. */
function put(file, contents) {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, contents, { mode: contents.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644 });
  renameSync(temporary, file);
}

/** Writes what esbuild made, takes away pieces of earlier builds, and notes in dist/.inputs which of our files it read. */
async function finish(esbuild, name, result, production) {
  const files = programs[name]?.split ? await asCommonJs(esbuild, result.outputFiles, production) : result.outputFiles;
  for (const file of files) put(file.path, Buffer.from(file.contents));
  if (!files.some(f => f.path.endsWith('.map'))) rmSync(path.join(dist, outputOf(name) + '.map'), { force: true });
  const pieces = path.join(dist, path.dirname(outputOf(name)), name);
  const made = new Set(files.map(file => file.path));
  for (const old of existsSync(pieces) ? readdirSync(pieces) : []) if (!made.has(path.join(pieces, old))) rmSync(path.join(pieces, old));
  const ours = Object.keys(result.metafile.inputs).filter(file => !file.includes('node_modules/') && !file.startsWith('('));
  put(path.join(dist, '.inputs', `${name}.json`), Buffer.from(JSON.stringify(ours)));
}

const outputOf = name => (programs[name] ? `${name}.cjs` : path.join('webview', `${name}.js`));

function copyFiles() {
  for (const { to, from, files } of copies) {
    for (const file of readdirSync(path.join(modules, from)).filter(f => files.test(f))) {
      const target = path.join(dist, to, file);
      const source = path.join(modules, from, file);
      if (existsSync(target) && statSync(target).size === statSync(source).size) continue;
      put(target, readFileSync(source));
    }
  }
}

/** The licence of every package whose code is in a bundle or copied, as dist/licenses/<package>.txt. */
function copyLicences(metafiles) {
  const inputs = metafiles.flatMap(m => Object.keys(m.inputs));
  const named = inputs.map(f => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(f)?.[1]);
  for (const name of new Set([...named, ...copies.map(c => /^(?:@[^/]+\/)?[^/]+/.exec(c.from)[0])].filter(Boolean))) {
    const folder = path.join(modules, name);
    if (!existsSync(folder)) continue; // nested copy of a package that is also at the top, under another version
    const text = readdirSync(folder).find(f => /^(licen[cs]e|copying)/i.test(f));
    const { license, repository, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const header = `${name} ${version}\nLicence: ${license}\nSource: ${repository?.url ?? repository ?? '-'}\n\n`;
    put(path.join(dist, 'licenses', `${name.replace('/', '__')}.txt`), Buffer.from(header + (text ? readFileSync(path.join(folder, text), 'utf8') : '')));
  }
}

/**
 * Builds targets (all of them unless named).
 * @param {{ production?: boolean, targets?: string[], log?: (line: string) => void }} [choice]
 * @throws Error with the compiler's messages
 */
export async function build({ production = false, targets = everything, log = console.error } = {}) {
  const esbuild = await import('esbuild');
  const present = targets.filter(name => {
    const exists = existsSync(path.join(root, entryOf(name)));
    if (!exists && production && name !== 'bench') throw new Error(`${entryOf(name)} is missing: the package would be incomplete`);
    if (!exists) log(`build: no ${entryOf(name)}, skipped`);
    return exists;
  });
  const results = await Promise.allSettled(present.map(async name => {
    const result = await esbuild.build(options(name, production));
    await finish(esbuild, name, result, production);
    return result.metafile;
  }));
  const failures = results.filter(r => r.status === 'rejected').flatMap(r => r.reason.errors ?? [{ text: r.reason.message }]);
  if (failures.length > 0) throw new Error((await esbuild.formatMessages(failures, { kind: 'error' })).join(''));
  copyFiles();
  copyLicences(results.map(r => r.value));
}

/** Whether a target's output is older than anything it was made from. */
function isStale(name) {
  const mtime = file => statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs;
  const made = mtime(path.join('dist', outputOf(name)));
  if (made === undefined) return true;
  try {
    const inputs = JSON.parse(readFileSync(path.join(dist, '.inputs', `${name}.json`), 'utf8'));
    return [...inputs, 'esbuild.mjs', 'package-lock.json', 'tsconfig.json'].some(file => !(mtime(file) <= made));
  } catch {
    return true;
  }
}

/** Builds those of the targets that are not up to date; a few milliseconds when all are. */
export async function ensureBuilt(targets = everything) {
  const stale = targets.filter(isStale);
  if (stale.length > 0) await build({ targets: stale });
}

/** Builds, then again whenever a source file changes, until interrupted. */
async function watch() {
  const esbuild = await import('esbuild');
  copyFiles();
  for (const name of everything.filter(n => existsSync(path.join(root, entryOf(n))))) {
    const report = { name: 'report', setup: b => b.onEnd(async result => {
      if (result.errors.length === 0) await finish(esbuild, name, result, false);
      console.error(`${new Date().toLocaleTimeString()} ${name}: ${result.errors.length === 0 ? 'built' : result.errors.map(e => `${e.location?.file}:${e.location?.line} ${e.text}`).join('\n')}`);
    }) };
    const plan = options(name, false);
    await (await esbuild.context({ ...plan, plugins: [...plan.plugins, report] })).watch();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled();
  try {
    if (process.argv.includes('--watch')) await watch();
    else await build({ production: process.argv.includes('--production') });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
