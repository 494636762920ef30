// `npm run demo [-- --headless]`: a VS Code with the extension in it, opened on examples/.
// Where there is a display and `code` on the PATH, the desktop one, running the extension from this folder. Otherwise
// the server build of setup-vscode.mjs with the packaged extension, on 127.0.0.1 only and with a random token in the
// address, because other people may share the machine. Its settings and state stay in .cache/demo.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cache, ensureInstalled, root } from './ensure-installed.mjs';
import { packageExtension } from './package.mjs';
import { asScript, which } from './processes.mjs';
import { setUpVscode } from './setup-vscode.mjs';
import { installExtension, quietSettings, startServer, workbenchUrl } from './vscode-server.mjs';

const examples = path.join(root, 'examples');
const home = path.join(cache, 'demo');

async function onDesktop(code) {
  const { ensureBuilt } = await import('../esbuild.mjs');
  await ensureBuilt();
  spawn(code, [`--extensionDevelopmentPath=${root}`, `--user-data-dir=${path.join(home, 'desktop')}`, examples], { stdio: 'ignore', detached: true }).unref();
  console.log('VS Code opens on examples/. Right-click sudoku-4x4.trm.yaml and choose "Train TRM".');
}

async function served() {
  const server = await setUpVscode();
  const vsix = await packageExtension();
  const dirs = { dataDir: path.join(home, 'server'), extensionsDir: path.join(home, 'extensions') };
  await installExtension({ server, ...dirs, vsix });
  const token = randomBytes(24).toString('hex');
  const running = await startServer({ server, ...dirs, token, settings: { ...quietSettings, 'security.workspace.trust.enabled': false } });
  console.log([
    '',
    'Open this address in a browser (from another machine: forward the port over SSH first):',
    `  ${workbenchUrl({ port: running.port, folder: examples, token })}`,
    'Then right-click sudoku-4x4.trm.yaml in the Explorer and choose "Train TRM".',
    'Ctrl-C stops the editor. Trainings go on, as they do when any editor is closed.',
  ].join('\n'));
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP'), once(running.process, 'exit')]);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { /* already stopping */ });
  await running.stop();
}

await asScript(process.argv[1] === fileURLToPath(import.meta.url), async () => {
  ensureInstalled();
  const code = which('code');
  const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (code && display && !process.argv.includes('--headless')) await onDesktop(code);
  else await served();
});
