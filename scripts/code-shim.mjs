#!/usr/bin/env node
// Stands in for desktop VS Code where that cannot be downloaded: takes the arguments that @vscode/test-electron gives to
// `code`, runs the suite in the extension host of the server build with Chromium as its window, prints what the suite
// prints, and ends with its exit code. The workbench reports through two functions it looks for in its page.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import { setUpVscode } from './setup-vscode.mjs';
import { launchChromium, startServer, testSettings, workbenchUrl } from './vscode-server.mjs';

const option = name => process.argv.find(arg => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const folder = process.argv.slice(2).find(arg => !arg.startsWith('-')) ?? process.cwd();
const timeout = Number(process.env.EXTENSION_TEST_TIMEOUT_MS ?? 300_000);

const dataDir = mkdtempSync(path.join(os.tmpdir(), 'trm-x-'));
const server = await startServer({
  server: await setUpVscode(), dataDir, extensionsDir: path.join(dataDir, 'extensions'), settings: testSettings,
  args: ['--enable-smoke-test-driver'],
});
let browser;
let code = 1;
try {
  browser = await launchChromium();
  const page = await browser.newPage();
  const ended = new Promise((resolve, reject) => {
    void page.exposeFunction('codeAutomationExit', resolve);
    setTimeout(() => reject(new Error(`no result within ${timeout / 1000} s: the extension host hangs or is gone`)), timeout).unref();
  });
  // The workbench's own messages begin with a component's name; those of the suite do not.
  const chatter = /^(Resolv(ing|ed) connection token|Creating a socket|Ignoring fetching|Updating additional|ChatSessionStore|Creation of workbench contribution|\[[A-Z]\w+|\[reconnection|INFO|TRACE|%c)/;
  await page.exposeFunction('codeAutomationLog', (type, args) => {
    const line = format(...args);
    if (!chatter.test(line)) (type === 'error' ? process.stderr : process.stdout).write(`${line}\n`);
  });
  await page.goto(workbenchUrl({
    port: server.port, folder, developmentPath: option('extensionDevelopmentPath'), testsPath: option('extensionTestsPath'),
  }));
  code = await ended;
} catch (error) {
  console.error(`${error.message}\n${server.log()}`);
} finally {
  await browser?.close();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit(code);
