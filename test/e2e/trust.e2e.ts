/** A folder nobody has trusted yet: runs can be looked at, training is refused in words. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runFolders, trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await Workbench.open({
    settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
    prepare: async folder => {
      writeTinyConfigs(folder, ['brief-4x4']);
      await trainBefore(folder, 'brief-4x4');
    },
  });
}, 240_000);
afterAll(async () => { await workbench.close(); });

test('runs that are there can be looked at', async () => {
  await workbench.page.getByText('Restricted Mode').first().waitFor();
  await workbench.show('TRM');
  await workbench.page.getByRole('tree', { name: 'Runs' }).getByRole('treeitem', { name: /^brief-4x4, finished/ }).waitFor();
  const charts = await workbench.webview('Live Charts');
  await charts.locator('.run-header[data-state="finished"] .run-name', { hasText: 'brief-4x4' }).waitFor();
  await workbench.eventually('The losses', async () => (await charts.locator('[data-chart="loss"] .chart-summary').innerText()).startsWith('Step 0 to 12.'));
});

test('Train TRM is refused in words, with the way to trust the folder', async () => {
  await workbench.openFile('brief-4x4.trm.yaml');
  await workbench.page.locator('.codelens-decoration a', { hasText: 'Train TRM' }).click();
  const refused = await workbench.notification('which you have not trusted yet');
  await refused.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
  await workbench.screenshot('untrusted');
  expect(runFolders(workbench.folder)).toHaveLength(1);
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
