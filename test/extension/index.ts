/**
 * Runs the suites of this folder inside VS Code's extension host. Every *.test.ts here is found by its name: the runner
 * (scripts/test-extension.mjs) bundles each into test/.artifacts/extension, and this loads whatever is there.
 *
 * Results go to the file named by EXTENSION_TEST_REPORT, for the counts, and to the console, for people.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

/** Called by VS Code once its extension host is up; a rejection makes the run fail. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, reporter: 'spec', color: false });
  for (const file of readdirSync(__dirname).filter(name => name.endsWith('.test.cjs')).sort()) mocha.addFile(path.join(__dirname, file));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  await new Promise<void>(resolve => {
    mocha.run(() => resolve())
      .on('pass', () => { counts.passed += 1; })
      .on('fail', () => { counts.failed += 1; })
      .on('pending', () => { counts.skipped += 1; });
  });
  const report = process.env['EXTENSION_TEST_REPORT'];
  if (report !== undefined) writeFileSync(report, JSON.stringify(counts));
  if (counts.failed > 0) throw new Error(`${counts.failed} of the extension's tests failed`);
}
