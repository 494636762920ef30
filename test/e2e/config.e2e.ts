/**
 * From an empty folder to a config: the empty views and their buttons, a config from a preset, and what the editor says and
 * offers while it is written. One window: the tests follow on each other.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workbench } from './workbench';

let workbench: Workbench;
const empty = mkdtempSync(path.join(os.tmpdir(), 'trm-empty-'));
beforeAll(async () => { workbench = await Workbench.open({ folder: empty }); });
afterAll(async () => {
  await workbench.close();
  rmSync(empty, { recursive: true });
});

const file = (): string => readFileSync(path.join(workbench.folder, 'mine.trm.yaml'), 'utf8');
const editor = () => workbench.page.locator('.editor-instance .monaco-editor').first();
/** The editor's text, as it is seen. */
const shown = async (): Promise<string> => (await editor().locator('.view-lines').innerText()).replaceAll('\u00a0', ' ');

/** Puts the cursor to the end of a line. */
async function goToEnd(line: number): Promise<void> {
  const input = workbench.quickInput.locator('input').first();
  // The picker closes when something else takes the focus meanwhile: then it is opened again.
  await workbench.eventually('The line picker', async () => {
    await workbench.page.keyboard.press('Control+g');
    return input.fill(`:${line}`, { timeout: 3000 }).then(() => true, () => false);
  });
  await workbench.page.keyboard.press('Enter');
  await workbench.quickInput.waitFor({ state: 'hidden' });
  await workbench.page.keyboard.press('End');
}

/** Number of the line that begins so. */
function lineOf(text: string): number {
  return file().split('\n').findIndex(line => line.trim().startsWith(text)) + 1;
}

/** Saves the file and waits until this is in it. */
async function save(text: string): Promise<void> {
  await workbench.page.keyboard.press('Control+s');
  await workbench.eventually(`The saved "${text}"`, () => file().includes(text));
}

test('an empty folder: both views say what to do, and Train TRM leads to a config', async () => {
  await workbench.show('TRM');
  await workbench.page.getByText('No runs in this folder yet.').waitFor();
  const charts = await workbench.webview('Live Charts');
  await charts.getByText('No runs yet').waitFor();
  await charts.getByText('Train…').waitFor();
  await workbench.screenshot('empty-views');
  await workbench.page.locator('.welcome-view-content').getByRole('button', { name: 'Train TRM' }).click();
  const message = await workbench.notification('There is no config (NAME.trm.yaml) in this workspace yet.');
  await message.getByRole('button', { name: 'New Config from Preset' }).click();
  await workbench.pick(/Sudoku 4x4/);
  const name = workbench.quickInput.locator('input').first();
  await workbench.quickInput.getByText('Name of the config').waitFor();
  expect(await name.inputValue()).toBe('sudoku-4x4');
  await name.fill('mi?ne');
  await workbench.quickInput.getByText('Use letters, digits').waitFor();
  await name.fill('mine');
  await workbench.page.keyboard.press('Enter');
  await workbench.page.locator('.tabs-container .tab.active', { hasText: 'mine.trm.yaml' }).waitFor();
  expect(file()).toBe(readFileSync(path.join(__dirname, '..', '..', 'examples', 'sudoku-4x4.trm.yaml'), 'utf8'));
});

test('the line above it says what it is', async () => {
  const lens = workbench.page.locator('.codelens-decoration');
  await lens.getByText('Train TRM').waitFor();
  await lens.getByText(/parameters · depth \d+ · 432 optimiser steps/).waitFor();
  await lens.getByText(/^about \d[\d.]* [MG]B of memory on (tensorflow|wasm)$/).waitFor();
});

test('an unknown key is underlined, explained, and mended by its quick fix', async () => {
  const line = lineOf('hidden_size');
  await goToEnd(line);
  await workbench.page.keyboard.press('Shift+Home');
  await workbench.page.keyboard.type('hiden_size: 64');
  await editor().locator('.squiggly-error').first().waitFor();
  await save('hiden_size: 64');
  await workbench.palette('Problems: Focus on Problems View');
  const problem = workbench.page.locator('.markers-panel').getByRole('treeitem', { name: /unknown key/ });
  await problem.waitFor();
  expect(await problem.innerText()).toContain('arch.hiden_size: unknown key');
  expect(await problem.innerText()).toContain('arch.hidden_size');
  await workbench.screenshot('config-problem');

  await workbench.palette('TRM: Train TRM');
  const refused = await workbench.notification(`mine.trm.yaml:${line}:3: arch.hiden_size: unknown key`);
  expect(await refused.innerText()).toContain('Correct the config and train again.');
  await workbench.palette('Notifications: Clear All Notifications');
  await workbench.palette('View: Hide Panel');

  await workbench.page.locator('.tabs-container .tab.active').click();
  await goToEnd(line);
  await workbench.page.keyboard.press('Home');
  await workbench.page.keyboard.press('Control+.');
  await workbench.page.locator('.action-widget .focused').getByText('Replace with hidden_size').waitFor();
  await workbench.page.keyboard.press('Enter');
  await workbench.eventually('No error any more', async () => (await editor().locator('.squiggly-error').count()) === 0);
  await save('  hidden_size: 64');
});

test('completion offers keys and values that fit the place', async () => {
  await goToEnd(lineOf('lr_warmup_steps'));
  await workbench.page.keyboard.press('Enter');
  await workbench.page.keyboard.type('lr_m');
  const suggestions = workbench.page.locator('.suggest-widget.visible');
  const offered = suggestions.getByRole('option', { name: /^lr_min_ratio/ });
  if (!(await offered.isVisible())) await workbench.page.keyboard.press('Control+Space');
  await offered.waitFor();
  await workbench.screenshot('config-completion');
  await workbench.page.keyboard.press('Enter');
  await workbench.eventually('The completed key', async () => (await shown()).includes('lr_min_ratio:'));
  await workbench.page.keyboard.press('Control+z');
  await workbench.page.keyboard.press('Control+z');
  await goToEnd(lineOf('mlp_t'));
  await workbench.page.keyboard.press('Escape');
});

test('hover explains a key in the words of the paper', async () => {
  const line = editor().locator('.view-line', { hasText: 'halt_max_steps' });
  await line.locator('span span', { hasText: 'halt_max_steps' }).first().hover();
  const hover = workbench.page.locator('.monaco-hover:visible', { hasText: 'halt_max_steps' });
  await hover.waitFor();
  expect(await hover.innerText()).toMatch(/supervision steps/i);
  await workbench.screenshot('config-hover');
});

test('hover on the data shows its first puzzle, once it is there', async () => {
  await workbench.palette('TRM: Build Dataset');
  await workbench.notification('The dataset of mine.trm.yaml is ready.');
  await workbench.palette('Notifications: Clear All Notifications');
  await goToEnd(lineOf('data_paths'));
  await workbench.page.keyboard.press('Home');
  await workbench.page.keyboard.press('Control+k');
  await workbench.page.keyboard.press('Control+i');
  const picture = workbench.page.locator('.monaco-hover:visible img');
  await picture.waitFor();
  expect(await picture.getAttribute('alt')).toMatch(/^Question: [\d. |/+-]+\. Answer: [\d |/+-]+\.$/);
  await workbench.eventually('The drawn picture', async () => await picture.evaluate(image => Number(Reflect.get(image as object, 'naturalWidth')) > 200));
  await workbench.screenshot('config-hover-data');
});

test('a link on the data leads to it in the Explorer', async () => {
  await goToEnd(lineOf('data_paths'));
  await workbench.page.keyboard.press('Home');
  for (let right = 0; right < 'data_paths: [data/'.length; right++) await workbench.page.keyboard.press('ArrowRight');
  const folder = workbench.page.locator('.explorer-folders-view .monaco-list-row.focused', { hasText: 'sudoku-4x4' });
  expect(await folder.isVisible()).toBe(false);
  await workbench.eventually('The dataset in the Explorer', async () => {
    await workbench.palette('Open Link');
    return folder.waitFor({ timeout: 3000 }).then(() => true, () => false);
  });
  await workbench.screenshot('config-data-link');
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
