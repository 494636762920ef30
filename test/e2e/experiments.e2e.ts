/** Many runs from the editor: a sweep into the queue by the config's menu, its table, and the paper's ablation by its command. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runFolders, tinyConfig } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await Workbench.open({
    prepare: folder => { writeFileSync(path.join(folder, 'grid.trm.yaml'), `${tinyConfig(4)}engine: wasm\nsweep:\n  ema: [true, false]\n  seed: [0, 1]\n`); },
  });
});
afterAll(async () => { await workbench.close(); });

/** The page of a table: Markdown previews are webviews whose title is the editor's. */
const table = async (): Promise<Frame> => workbench.webview(/^Preview .*\.md$/, 60_000);
const rows = async (): Promise<string[]> => (await table()).locator('table tbody tr').allInnerTexts();
const states = (): string[] => runFolders(workbench.folder).map(run => {
  const file = path.join(run, 'run.json');
  const { state, queue } = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { state: 'none' }) as { state: string; queue?: { waiting: boolean } };
  return queue?.waiting ? 'queued' : state;
});

test('a sweep goes into the queue by the menu of its config, and its table follows the runs', async () => {
  await workbench.explorerMenu('grid.trm.yaml', 'Add to Queue');
  const message = await workbench.notification('4 runs are in the queue.');
  await workbench.show('TRM');
  await workbench.page.getByRole('tree', { name: 'Runs' }).getByRole('treeitem', { name: /grid: .*queued/ }).first().waitFor({ timeout: 30_000 });
  await workbench.screenshot('queue');
  await message.getByRole('button', { name: 'Show Table' }).click();
  await workbench.eventually('The end of all runs', () => states().every(state => state === 'finished'), 120_000);
  await workbench.eventually('The whole table', async () => (await (await table()).locator('body').innerText()).includes('4 of 4 runs finished.'));
  const shown = await rows();
  expect(shown.map(row => row.split('\t')[0])).toEqual(['ema=true', 'ema=false']);
  for (const row of shown) expect(row).toMatch(/\t\d+\.\d \(\d+\.\d-\d+\.\d\)\t\d+\.\d, \d+\.\d\t/);
  await workbench.screenshot('experiment-table', { published: true });
});

test('Train TRM on a config with a sweep asks what is meant', async () => {
  await workbench.notification(/Experiment grid-\w+: 4 of 4 runs finished\./);
  await workbench.show('Explorer');
  await workbench.explorerMenu('grid.trm.yaml', 'Train TRM');
  await workbench.quickInput.getByRole('option', { name: 'Queue All Combinations' }).waitFor();
  await workbench.pick('Train Without the Sweep');
  await workbench.eventually('The run of the config alone', () => states().length === 5 && states().every(state => state === 'finished'), 90_000);
});

test('the paper\'s ablation is queued by its command; the queue stops and goes on, and runs can be taken out', async () => {
  await workbench.palette('TRM: Run Experiment');
  await workbench.pick(/Ablation/);
  await workbench.pick(/4x4/);
  await workbench.quickInput.locator('input').first().fill('1');
  await workbench.page.keyboard.press('Enter');
  await workbench.notification('13 runs are in the queue.');
  expect(existsSync(path.join(workbench.folder, 'ablation-4x4.trm.yaml'))).toBe(true);
  await workbench.eventually('The first row at work', () => states().includes('running'), 90_000);
  await workbench.palette('TRM: Stop the Queue');
  await workbench.notification('No other run will be begun.');
  const waiting = (): number => states().filter(state => state === 'queued').length;
  expect(waiting()).toBe(12);
  await workbench.show('TRM');
  await workbench.page.getByRole('tree', { name: 'Runs' }).getByRole('treeitem', { name: /running/ }).first().waitFor({ timeout: 30_000 });
  await workbench.screenshot('ablation');
  await workbench.contextMenu(workbench.page.getByRole('tree', { name: 'Runs' }).getByRole('treeitem', { name: /queued/ }).first(), 'Stop Run');
  await workbench.eventually('One run less in the queue', () => waiting() === 11);
  await workbench.contextMenu(workbench.page.getByRole('tree', { name: 'Runs' }).getByRole('treeitem', { name: /running/ }).first(), 'Stop Run');
  await workbench.eventually('The end of the first row', () => !states().includes('running'));
  expect(waiting()).toBe(11);
  await workbench.palette('TRM: Start the Queue');
  await workbench.eventually('The next row at work', () => states().includes('running') && waiting() === 10, 90_000);
  expect(workbench.complaints).toEqual([]);
});
