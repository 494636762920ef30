// `npm test` and `npm run test:LAYER`: every layer of tests, or the named ones, from a fresh clone.
//   unit, parity, trainer   vitest in Node          extension   mocha in VS Code's extension host
//   e2e                     vitest driving the packaged .vsix in a workbench in Chromium; a file with failures is run once more, in new windows
// The last line is `N passed, N failed` (and `, N skipped`) over all of them. A layer that this machine cannot run says
// why in one line and counts as one skipped; a layer that finds no tests, or breaks, as one failed.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { Unavailable } from './processes.mjs';

const artifacts = path.join(root, 'test', '.artifacts');

/**
 * Runs one vitest project, whole or the given files of it, and reads what came of it from its JSON report: counts, and the files where something failed,
 * each with the names of its tests that did. The note names what was skipped; the names say why.
 */
async function vitest(project, env = {}, files = filters) {
  const report = path.join(artifacts, `${project}.json`);
  rmSync(report, { force: true });
  const cli = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [cli, 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve));
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    throw new Error(`vitest gave no results (exit code ${code})`);
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  const left = [];
  for (const { name, status, assertionResults } of results.testResults) {
    const passed = assertionResults.filter(t => t.status === 'passed').length;
    const tests = assertionResults.filter(t => t.status === 'failed').map(t => t.fullName);
    const untried = assertionResults.filter(t => t.status !== 'passed' && t.status !== 'failed').map(t => t.fullName);
    left.push(...untried);
    if (status === 'failed' && tests.length === 0) tests.push(path.relative(root, name)); // something outside its tests
    const file = { name: path.relative(root, name), passed, failed: tests.length, skipped: untried.length };
    for (const key of Object.keys(counts)) counts[key] += file[key];
    if (tests.length > 0) failures.push({ ...file, tests });
  }
  if (code !== 0 && counts.failed === 0 && counts.passed > 0) counts.failed = 1; // an error outside any file
  const note = !isNarrowed() && left.length > 0 ? `skipped: ${left.map(name => `"${name}"`).join(', ')}` : '';
  return { ...counts, failures, note };
}

/**
 * The end-to-end tests. An editor in a browser sometimes loses a click, a picker or a webview of its own accord; so a file with a failure is run once more, whole and in
 * new windows. What fails twice has failed; what passes then counts as passed, and the table names what had failed at first.
 */
async function e2e(env) {
  const first = await vitest('e2e', env);
  if (first.failures.length === 0 || isNarrowed()) return first;
  const names = first.failures.map(({ name }) => name);
  console.log(`\n=== e2e, once more: ${names.join(', ')}`);
  const second = await vitest('e2e', env, names);
  const both = key => first[key] - first.failures.reduce((sum, file) => sum + file[key], 0) + second[key];
  const note = `failed at first: ${first.failures.flatMap(({ tests }) => tests).map(name => `"${name}"`).join(', ')}`;
  return { passed: both('passed'), failed: both('failed'), skipped: both('skipped'), note };
}

const layers = {
  unit: () => vitest('unit'),
  parity: () => vitest('parity'),
  trainer: () => vitest('trainer'),
  extension: async () => (await import('./test-extension.mjs')).testExtension(),
  e2e: async () => {
    const { setUpVscode } = await import('./setup-vscode.mjs');
    const { setUpChromium } = await import('./setup-chromium.mjs');
    const { packageExtension } = await import('./package.mjs');
    return e2e({ VSCODE_SERVER: await setUpVscode(), CHROMIUM: await setUpChromium(), TRM_VSIX: await packageExtension() });
  },
};

/** Whether tests were chosen by name: all others count as skipped then. */
const isNarrowed = () => filters.some(word => word.startsWith('-'));

/** Runs one layer; never throws. */
async function runLayer(name) {
  console.log(`\n=== ${name}`);
  const began = Date.now();
  let counts;
  let note = '';
  try {
    counts = await layers[name]();
    note = counts.note ?? '';
    if (counts.passed + counts.failed + counts.skipped === 0) {
      counts = { passed: 0, failed: 1, skipped: 0 };
      note = 'found no tests';
    }
  } catch (error) {
    const skipped = error instanceof Unavailable;
    counts = { passed: 0, failed: skipped ? 0 : 1, skipped: skipped ? 1 : 0 };
    note = `${skipped ? 'skipped' : 'broke'}: ${error.message}`;
    console.log(note);
  }
  return { name, ...counts, seconds: (Date.now() - began) / 1000, note: note.split('\n')[0] };
}

const words = process.argv.slice(2);
const names = words.filter(w => w in layers);
/** Anything else on the command line goes to vitest: file names, `-t NAME`. */
const filters = words.filter(w => !(w in layers));

ensureInstalled();
mkdirSync(artifacts, { recursive: true });
try {
  await (await import('../esbuild.mjs')).ensureBuilt();
} catch (error) {
  console.log(`The build failed.\n${error.message}\n0 passed, 1 failed`);
  process.exit(1);
}

const results = [];
for (const name of names.length > 0 ? names : Object.keys(layers)) results.push(await runLayer(name));

console.log('\nlayer        passed  failed  skipped  seconds');
for (const { name, passed, failed, skipped, seconds, note } of results) {
  console.log(`${name.padEnd(11)} ${String(passed).padStart(7)} ${String(failed).padStart(7)} ${String(skipped).padStart(8)} ${seconds.toFixed(1).padStart(8)}  ${note}`.trimEnd());
}
const sum = key => results.reduce((total, layer) => total + layer[key], 0);
const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
