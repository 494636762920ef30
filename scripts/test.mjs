// `npm test` and `npm run test:LAYER`: every layer of tests, or the named ones, from a fresh clone.
//   unit, parity, trainer   vitest in Node          extension   mocha in VS Code's extension host
//   e2e                     vitest driving the packaged .vsix in a workbench in Chromium
// The last line is `N passed, N failed` (and `, N skipped`) over all of them. A layer that this machine cannot run says
// why in one line and counts as one skipped; a layer that finds no tests, or breaks, as one failed.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { Unavailable } from './processes.mjs';

const artifacts = path.join(root, 'test', '.artifacts');

/** Runs one vitest project and reads its counts from its JSON report. */
async function vitest(project, env = {}) {
  const report = path.join(artifacts, `${project}.json`);
  rmSync(report, { force: true });
  const cli = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [cli, 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve));
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    throw new Error(`vitest gave no results (exit code ${code})`);
  }
  const broken = results.testResults.filter(file => file.status === 'failed' && file.assertionResults.every(t => t.status !== 'failed')).length;
  const counts = { passed: results.numPassedTests, failed: results.numFailedTests + broken, skipped: results.numPendingTests + results.numTodoTests };
  if (code !== 0 && counts.failed === 0 && counts.passed > 0) counts.failed = 1; // an error outside any test
  return counts;
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
    return vitest('e2e', { VSCODE_SERVER: await setUpVscode(), CHROMIUM: await setUpChromium(), TRM_VSIX: await packageExtension() });
  },
};

/** Runs one layer; never throws. */
async function runLayer(name) {
  console.log(`\n=== ${name}`);
  const began = Date.now();
  let counts;
  let note = '';
  try {
    counts = await layers[name]();
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
