// The extension layer: bundles test/extension and runs it with mocha in VS Code's extension host. Desktop VS Code, where
// there is a display and its download is reachable; else the server build, through code-shim.mjs.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './ensure-installed.mjs';
import { setUpChromium } from './setup-chromium.mjs';
import { setUpVscode, vscodeVersion } from './setup-vscode.mjs';

const source = path.join(root, 'test', 'extension');
const artifacts = path.join(root, 'test', '.artifacts');

/** Bundles the runner and every suite, each to a file of its own. */
async function bundle(outdir) {
  const { build } = await import('esbuild');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: readdirSync(source).filter(f => f === 'index.ts' || f.endsWith('.test.ts')).map(f => path.join(source, f)),
    bundle: true, outdir, outExtension: { '.js': '.cjs' }, external: ['vscode', 'mocha'],
    platform: 'node', format: 'cjs', target: 'node20', sourcemap: 'inline', logLevel: 'warning',
  });
}

/** Whether desktop VS Code can be shown and downloaded here. */
async function desktopIsPossible() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return false;
  return fetch('https://update.code.visualstudio.com/api/releases/stable', { signal: AbortSignal.timeout(5000) }).then(r => r.ok, () => false);
}

/**
 * Runs the layer.
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 * @throws Unavailable when neither editor can be had
 */
export async function testExtension() {
  const suites = path.join(artifacts, 'extension');
  await bundle(suites);
  const { runTests } = await import('@vscode/test-electron');
  const desktop = await desktopIsPossible();
  if (!desktop) {
    await setUpVscode();
    await setUpChromium();
  }
  const report = path.join(artifacts, 'extension-report.json');
  mkdirSync(artifacts, { recursive: true });
  rmSync(report, { force: true });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trm-workspace-'));
  let crash;
  try {
    await runTests({
      ...(desktop ? { version: vscodeVersion } : { vscodeExecutablePath: path.join(root, 'scripts', 'code-shim.mjs') }),
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(suites, 'index.cjs'),
      launchArgs: [folder, '--disable-workspace-trust'],
      extensionTestsEnv: { EXTENSION_TEST_REPORT: report },
    });
  } catch (error) {
    crash = error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    throw new Error(`the extension host gave no results${crash ? `: ${crash.message}` : ''}`);
  }
}
