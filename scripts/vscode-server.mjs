// The VS Code server of setup-vscode.mjs as something to start and stop, and Chromium to look at it with.
// Used by the demo, by the end-to-end tests and by the stand-in for desktop VS Code of the extension tests.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { endGroup, freePort, runToEnd } from './processes.mjs';
import { setUpChromium } from './setup-chromium.mjs';

/** User settings that keep a workbench quiet: nothing that asks, updates, counts or opens by itself. */
export const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'remote.autoForwardPorts': false,
  'git.openRepositoryInParentFolders': 'never',
};

/** The settings of the tests: menus drawn by VS Code itself, no git, no question of trust unless a test asks one. */
export const testSettings = {
  ...quietSettings,
  'security.workspace.trust.enabled': false,
  'git.enabled': false,
  'window.menuStyle': 'custom',
};

/**
 * @typedef {object} Server
 * @property {number} port on 127.0.0.1
 * @property {import('node:child_process').ChildProcess} process leader of a process group of its own
 * @property {() => string} log what it printed so far
 * @property {() => Promise<void>} stop ends it with its extension hosts (not with detached trainers)
 */

/**
 * Starts the server and waits until it listens.
 * @param {object} options
 * @param {string} options.server folder of the build (setUpVscode)
 * @param {string} options.dataDir folder for everything it writes: user data, logs, state
 * @param {string} options.extensionsDir folder with installed extensions
 * @param {Record<string, unknown>} [options.settings] user settings, written only when there are none yet
 * @param {string} [options.token] connection token; none: anybody on this machine may connect
 * @param {string[]} [options.args] further arguments
 * @param {NodeJS.ProcessEnv} [options.env] added to this process's environment
 * @returns {Promise<Server>}
 */
export async function startServer({ server, dataDir, extensionsDir, settings = quietSettings, token, args = [], env = {} }) {
  for (const scope of ['User', 'Machine']) {
    mkdirSync(path.join(dataDir, 'data', scope), { recursive: true });
    try {
      writeFileSync(path.join(dataDir, 'data', scope, 'settings.json'), JSON.stringify(settings, null, 2), { flag: 'wx' });
    } catch { /* there already, perhaps changed by its user */ }
  }
  const port = await freePort();
  const child = spawn(process.execPath, [
    path.join(server, 'out', 'server-main.js'), '--host', '127.0.0.1', '--port', String(port),
    ...(token ? ['--connection-token', token] : ['--without-connection-token']),
    '--accept-server-license-terms', '--telemetry-level', 'off',
    '--server-data-dir', dataDir, '--user-data-dir', path.join(dataDir, 'data'), '--extensions-dir', extensionsDir, ...args,
  ], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env } });
  let log = '';
  const killed = () => { try { process.kill(-child.pid, 'SIGKILL'); } catch { /* gone */ } };
  process.once('exit', killed); // whatever ends us, no server stays behind
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => { killed(); reject(new Error(`VS Code's server did not start within 60 s:\n${log}`)); }, 60_000);
    const onData = data => {
      log += data;
      if (log.includes('Extension host agent listening')) { clearTimeout(late); resolve(); }
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('error', reject);
    child.once('exit', code => { clearTimeout(late); reject(new Error(`VS Code's server ended with exit code ${code}:\n${log}`)); });
  });
  return {
    port,
    process: child,
    log: () => log,
    stop: async () => {
      await endGroup(child);
      process.removeListener('exit', killed);
    },
  };
}

/** Installs a .vsix into an extensions folder, as a person would with "Install from VSIX". */
export async function installExtension({ server, dataDir, extensionsDir, vsix }) {
  mkdirSync(extensionsDir, { recursive: true });
  await runToEnd(process.execPath, [
    path.join(server, 'out', 'server-main.js'), '--install-extension', vsix, '--force', '--accept-server-license-terms',
    '--server-data-dir', dataDir, '--user-data-dir', path.join(dataDir, 'data'), '--extensions-dir', extensionsDir,
  ], { quiet: true, env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' } });
}

/**
 * The address of a workbench.
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.folder absolute path of the folder to open
 * @param {string} [options.token]
 * @param {string} [options.developmentPath] folder of an extension to run from its source
 * @param {string} [options.testsPath] module with the tests to run in the extension host
 */
export function workbenchUrl({ port, folder, token, developmentPath, testsPath }) {
  const remote = file => `vscode-remote://127.0.0.1:${port}${file}`;
  const payload = [
    ...(developmentPath ? [['extensionDevelopmentPath', remote(developmentPath)]] : []),
    ...(testsPath ? [['extensionTestsPath', remote(testsPath)]] : []),
  ];
  const query = new URLSearchParams({ ...(token ? { tkn: token } : {}), folder });
  if (payload.length > 0) query.set('payload', JSON.stringify([...payload, ['skipWelcome', 'true']]));
  return `http://127.0.0.1:${port}/?${query}`;
}

/**
 * Starts Chromium for tests; it is found or installed first.
 * @returns {Promise<import('playwright-core').Browser>}
 */
export async function launchChromium() {
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: await setUpChromium(),
    headless: !process.env.HEADED,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}
