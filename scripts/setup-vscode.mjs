// A real VS Code (workbench, extension host and all) where the desktop one cannot be downloaded: the server build
// inside the npm package code-server, unpacked and given its modules in .cache/vscode-server. About 50 s and 270 MB, once.
//
// It is no dependency of the project, because its own install script builds things and insists on one Node version.
// Each step leaves its result under its final name only when it is complete, so an interrupted set-up goes on where it was.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cache, npmCommand } from './ensure-installed.mjs';
import { aptInstall, asScript, runToEnd, Unavailable, which } from './processes.mjs';

/** Version of the npm package code-server, and of the VS Code inside it. */
export const codeServerVersion = '4.100.3';
export const vscodeVersion = '1.100.3';

const home = path.join(cache, 'vscode-server');
const server = path.join(home, 'vscode');
const tarball = path.join(home, `code-server-${codeServerVersion}.tgz`);
const marker = path.join(home, 'ready.json');
const sha512 = 'q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==';

function npm(args, options) {
  const [program, first] = npmCommand();
  return runToEnd(program, [...first, ...args, '--no-audit', '--no-fund'], { quiet: true, shell: program.endsWith('.cmd'), ...options });
}

async function download() {
  if (existsSync(tarball)) return;
  console.error(`Downloading code-server ${codeServerVersion} ...`);
  const partial = path.join(home, 'partial');
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await npm(['pack', `code-server@${codeServerVersion}`, '--pack-destination', partial], { cwd: home })
    .catch(error => { throw new Unavailable(`the VS Code build for tests cannot be downloaded: ${error.message.split('\n').at(-1)}`); });
  const file = path.join(partial, readdirSync(partial).find(name => name.endsWith('.tgz')) ?? '');
  const found = createHash('sha512').update(readFileSync(file)).digest('base64');
  if (found !== sha512) throw new Error(`code-server ${codeServerVersion}: the download has checksum ${found}, expected ${sha512}`);
  renameSync(file, tarball);
  rmSync(partial, { recursive: true });
}

async function unpack() {
  if (existsSync(server)) return;
  console.error('Unpacking ...');
  const partial = path.join(home, 'unpacked');
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  await runToEnd('tar', ['-xzf', tarball, '-C', partial, 'package/lib/vscode'], { quiet: true });
  renameSync(path.join(partial, 'package', 'lib', 'vscode'), server);
  rmSync(partial, { recursive: true });
}

/** The search program the server expects; only searching in files and quick open of files need it. */
async function linkRipgrep() {
  const link = path.join(server, 'node_modules', '@vscode', 'ripgrep', 'bin', 'rg');
  if (existsSync(link)) return;
  if (!which('rg')) await aptInstall('ripgrep', 'ripgrep').catch(error => console.error(`${error.message}; searching in files will find nothing.`));
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(link, { force: true });
  const rg = which('rg');
  if (rg) symlinkSync(rg, link);
  else writeFileSync(link, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
}

/**
 * Makes the VS Code server ready to start; quick when it already is.
 * @returns {Promise<string>} the folder with out/server-main.js
 * @throws Unavailable when a tool or the download is missing
 */
export async function setUpVscode() {
  const wanted = JSON.stringify({ codeServerVersion, abi: process.versions.modules });
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return server;
  if (process.platform === 'win32') throw new Unavailable('the VS Code build for tests does not run on Windows');
  rmSync(marker, { force: true });
  mkdirSync(home, { recursive: true });
  await download();
  await unpack();
  console.error('Installing its modules ...');
  await npm(['install', '--ignore-scripts', '--omit=dev'], { cwd: server });
  if (!which('g++') || !which('make') || !which('python3')) await aptInstall('a C++ compiler', 'g++', 'make', 'python3');
  console.error('Compiling two of them ...');
  await npm(['rebuild', '--ignore-scripts=false', '@vscode/spdlog', 'native-watchdog'], { cwd: server });
  await linkRipgrep();
  await runToEnd(process.execPath, [path.join(server, 'out', 'server-main.js'), '--version'], { quiet: true });
  writeFileSync(marker, wanted);
  console.error(`VS Code ${vscodeVersion} is ready in ${path.relative(process.cwd(), server)}.`);
  return server;
}

await asScript(process.argv[1] === fileURLToPath(import.meta.url), async () => console.log(await setUpVscode()));
