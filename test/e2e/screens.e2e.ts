/**
 * Both pages on a finished run, in a dark, a light and a high-contrast theme, and their pictures. With UPDATE_SCREENS=1 the run is the real 4x4 example
 * (trained here, or the run folder that SCREENS_RUN names) and the dark pictures go to media/screens, where the README shows them.
 */
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe';
import { trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

const published = process.env['UPDATE_SCREENS'] === '1';
const run = published ? 'sudoku-4x4' : 'tiny-4x4';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await Workbench.open({ prepare: trainRun, size: { width: 1400, height: 900 }, settings: { 'editor.minimap.enabled': false, 'workbench.colorTheme': 'Default Dark Modern' } });
}, 600_000);
afterAll(async () => { await workbench.close(); });

async function trainRun(folder: string): Promise<void> {
  const trained = process.env['SCREENS_RUN'];
  if (published && trained !== undefined) {
    mkdirSync(path.join(folder, 'runs'));
    cpSync(trained, path.join(folder, 'runs', path.basename(trained)), { recursive: true });
  } else {
    writeTinyConfigs(folder, ['tiny-4x4']);
    await trainBefore(folder, run);
  }
}

const themes = [
  { name: 'dark', theme: 'Default Dark Modern', body: 'body.vscode-dark' },
  { name: 'light', theme: 'Default Light Modern', body: 'body.vscode-light' },
  { name: 'high-contrast', theme: 'Default High Contrast', body: 'body.vscode-high-contrast' },
];

/** A picture in every theme, each drawn in the theme's own colours, and nothing that axe-core has to say of it. */
async function inEveryTheme(page: string, frame: Frame, canvas: string, behind: 'sideBar' | 'editor'): Promise<void> {
  const pixels = async (): Promise<string> => frame.locator(canvas).first().evaluate(element => (element as unknown as { toDataURL: () => string }).toDataURL());
  const drawn = new Set<string>();
  for (const { name, theme, body } of themes) {
    workbench.useTheme(theme);
    await frame.locator(body).waitFor();
    await workbench.eventually(`${page} in ${theme}`, async () => !drawn.has(await pixels()));
    await workbench.page.waitForTimeout(1500); // all charts are drawn anew in turns
    drawn.add(await pixels());
    await workbench.screenshot(name === 'dark' ? page : `${page}-${name}`, { published: name === 'dark' });
    expect(await violations(frame, behind)).toEqual([]);
  }
  expect(drawn.size).toBe(themes.length);
  workbench.useTheme('Default Dark Modern');
}

test('Live Charts', async () => {
  await workbench.openFile(`${run}.trm.yaml`);
  await workbench.show('TRM');
  await workbench.page.locator('.codelens-decoration').first().waitFor();
  await workbench.widenSideBar(760);
  const frame = await workbench.webview('Live Charts', 60_000);
  await frame.locator('.run-header[data-state="finished"] .run-name', { hasText: run }).waitFor();
  await workbench.eventually('The losses', async () => (await frame.locator('[data-chart="loss"] .chart-summary').innerText()).startsWith('Step 0 to '));
  await workbench.page.locator('.pane-header', { hasText: 'Runs' }).click(); // room for two rows of charts
  await workbench.page.locator('.tabs-container .tab.active').click();
  await inEveryTheme('live-charts', frame, '[data-chart="loss"] canvas', 'sideBar');
});

test('the trace inspector', async () => {
  await workbench.widenSideBar(300);
  await workbench.page.locator('.pane-header', { hasText: 'Runs' }).click();
  await workbench.palette('TRM: Inspect Puzzle Trace');
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await workbench.page.keyboard.press('Enter');
  const frame = await workbench.webview(new RegExp(`^(Puzzle Trace|Trace: ${run})$`), 60_000);
  await frame.locator('h1', { hasText: new RegExp(`^${run} · `) }).waitFor({ timeout: 120_000 });
  await frame.locator('.overview').focus();
  await frame.locator('.overview').press('Home');
  for (let frames = 0; frames < 2; frames++) await frame.locator('.overview').press('ArrowRight'); // the first update of y
  await inEveryTheme('trace-inspector', frame, '[data-board="y"] canvas', 'editor');
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
