/**
 * Folders that are not as usual. On a file system that is read-only everything can be looked at, and Train TRM says in words why it cannot be.
 * A virtual workspace, which lies on no disk, is politely declined.
 */
import { readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder, tryMount } from '../unit/runs-fixture';
import { packageCompanion } from './companion';
import { trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
afterEach(async () => { await workbench.close(); });

test('a read-only folder: its runs and traces are there, Train TRM says why not and what to do, and nothing is left behind', async ({ skip }) => {
  const view = temporaryFolder(); // the folder as it is seen from another place, read-only
  const mount = { problem: '' }; // why it could not be mounted
  workbench = await Workbench.open({
    uri: view,
    prepare: async folder => {
      writeTinyConfigs(folder, ['brief-4x4']);
      await trainBefore(folder, 'brief-4x4');
      mount.problem = tryMount('--bind', folder, view) ?? tryMount('-o', 'remount,ro,bind', view) ?? '';
    },
    size: { width: 1400, height: 900 },
  });
  if (mount.problem !== '') skip(mount.problem);
  const before = readdirSync(view, { recursive: true });
  await workbench.show('TRM');
  const run = workbench.page.getByRole('tree', { name: 'Runs' }).getByRole('treeitem', { name: /^brief-4x4, finished/ });
  await run.waitFor();
  const charts = await workbench.webview('Live Charts');
  await workbench.eventually('The losses', async () => (await charts.locator('[data-chart="loss"] .chart-summary').innerText()).startsWith('Step 0 to 12.'));
  await charts.getByRole('button', { name: 'Inspect a puzzle trace' }).click();
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await workbench.page.keyboard.press('Enter');
  const trace = await workbench.webview(/^(Puzzle Trace|Trace: brief-4x4)$/, 60_000);
  await trace.locator('h1', { hasText: /^brief-4x4 · test puzzle 0 · / }).waitFor({ timeout: 120_000 });

  await workbench.openFile('brief-4x4.trm.yaml');
  await workbench.palette('TRM: Train TRM');
  const refused = await workbench.notification(/Cannot .*: the file system is read-only \(EROFS\)\. Mount it writable, or choose another runs folder\./, 90_000);
  await refused.getByRole('button', { name: 'Show Log' }).waitFor();
  await workbench.page.locator('.notifications-toasts .notification-list-item', { hasText: 'Starting brief-4x4' }).waitFor({ state: 'hidden' });
  await workbench.screenshot('read-only-folder');

  await workbench.show('TRM');
  await workbench.contextMenu(run, 'Pin Run');
  await workbench.notification(/Cannot .*: the file system is read-only \(EROFS\)/);
  expect(readdirSync(view, { recursive: true })).toEqual(before);
  expect(workbench.complaints).toEqual([]);
});

test('a runs folder where nobody may write is named', async () => {
  const place = '/sys/trm-runs'; // not even root makes folders there
  workbench = await Workbench.open({ prepare: folder => writeTinyConfigs(folder, ['brief-4x4']), settings: { 'trm.runsDir': place } });
  await workbench.explorerMenu('brief-4x4.trm.yaml', 'Train TRM');
  const refused = await workbench.notification(/Cannot .*\/sys\/trm-runs.*: .* \(E(ROFS|PERM|ACCES)\)\. .*choose another runs folder\./, 90_000);
  await refused.getByRole('button', { name: 'Show Log' }).waitFor();
  await workbench.screenshot('runs-folder-refused');
  expect(readdirSync(workbench.folder)).not.toContain('runs');
});

test('a virtual workspace is declined: nothing of ours is offered in it, and the Extensions view says why', async () => {
  workbench = await Workbench.open({ uri: 'companion:/work', companion: packageCompanion, size: { width: 1400, height: 900 } });
  const { page } = workbench;
  const file = page.locator('.explorer-folders-view').getByRole('treeitem', { name: 'away.trm.yaml' }).first();
  await file.waitFor();
  await file.dblclick();
  await page.locator('.monaco-editor .view-line', { hasText: 'epochs' }).waitFor();
  await page.keyboard.press('Control+Shift+x');
  const row = page.locator('.extensions-viewlet .extension-list-item', { hasText: 'TRM Explorer' }).first();
  await row.waitFor({ timeout: 60_000 });
  await row.click();
  const editor = page.locator('.extension-editor');
  await editor.getByText('Not in a virtual workspace: training needs the files of the folder on a disk.').waitFor();
  await workbench.screenshot('virtual-workspace');
  expect(await page.locator('.activitybar').getByRole('tab', { name: /^TRM/ }).count()).toBe(0);
  await workbench.show('Explorer');
  await file.click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Copy Path/ }).first().waitFor();
  expect(await page.getByRole('menuitem', { name: 'Train TRM' }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('F1');
  await workbench.quickInput.locator('input').first().fill('>TRM: Train TRM');
  await workbench.quickInput.getByText('No matching commands', { exact: false }).waitFor();
});
