/** Accuracy against depth in the inspector: measured in the background, cancelled with what was found so far, measured whole, and there at once the next time. */
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
let frame: Frame;
beforeAll(async () => {
  workbench = await Workbench.open({
    prepare: async folder => {
      writeTinyConfigs(folder, ['tiny-4x4']);
      await trainBefore(folder, 'tiny-4x4', 'dataset.test=400', 'data_paths=[data/many-4x4]', 'eval_examples=40');
    },
    size: { width: 1400, height: 1000 },
  });
}, 400_000);
afterAll(async () => { await workbench.close(); });

const words = async (): Promise<string> => frame.locator('.curve-words').innerText();
const press = async (name: string): Promise<void> => frame.locator('.curve vscode-button', { hasText: name }).click();
async function puzzles(count: number): Promise<void> {
  const field = frame.locator('.curve .field input');
  await field.fill(String(count));
  await field.press('Tab');
}

test('it is measured while the trace can be looked at, and can be cancelled with what it has', async () => {
  await workbench.palette('TRM: Inspect Puzzle Trace');
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await workbench.page.keyboard.press('Enter');
  frame = await workbench.webview(/^(Puzzle Trace|Trace: tiny-4x4)$/, 60_000);
  await frame.locator('h1', { hasText: 'test puzzle 0' }).waitFor({ timeout: 120_000 });
  await frame.locator('.curve > summary').click();
  await workbench.eventually('What it is', async () => /far beyond its training/.test(await words()));
  await puzzles(400);
  await press('Measure');
  await workbench.eventually('A part of it', async () => /^So far: \d+ of 400 puzzles/.test(await words()), 120_000);
  expect(await frame.locator('.curve-working').innerText()).toMatch(/^\d+ of 400 puzzles at depth 128 · \d+ %/);
  await frame.locator('.overview').press('ArrowRight');
  await workbench.eventually('The next frame', async () => /frame 2 of 12/.test(await frame.locator('.where').innerText()));
  await workbench.openFile('tiny-4x4.trm.yaml');
  await workbench.page.locator('.tabs-container .tab', { hasText: 'Trace: tiny-4x4' }).click(); // the page is kept, and the measuring goes on, while another tab is in front
  await frame.locator('h1', { hasText: 'test puzzle 0' }).waitFor({ timeout: 120_000 });
  await workbench.eventually('The part, seen again', async () => /^So far: \d+ of 400 puzzles/.test(await words()));
  expect(await frame.locator('.curve .field input').inputValue()).toBe('400');
  await press('Cancel');
  await workbench.eventually('The part that was done', async () => /^Ended early: \d+ of 400 puzzles, EMA weights of step \d+\. Puzzle accuracy is highest at \d+ supervision steps?.*95 % interval/.test(await words()));
  await frame.locator('.curve-chart canvas').waitFor();
});

test('it is measured whole: curve, summary, table', async () => {
  await puzzles(64);
  await press('Measure');
  await workbench.eventually('The whole of it', async () => /^64 of 400 test puzzles, /.test(await words()), 180_000);
  await frame.locator('.curve-chart').getByRole('button', { name: /show as a table/ }).click();
  await workbench.eventually('The table', async () => /Supervision steps/i.test(await frame.locator('.curve-chart .chart-table').innerText()));
  await workbench.screenshot('depth-curve-table');
  await frame.locator('.curve-chart').getByRole('button', { name: /show as a table/ }).click();
  await frame.locator('.curve-chart .plot').press('Home');
  expect(await frame.locator('.chart-summary').first().innerText()).toMatch(/^Supervision steps 1 to 128\. puzzle accuracy \(exact\): last /);
  for (const [name, theme, body] of [['light', 'Default Light Modern', 'vscode-light'], ['high-contrast', 'Default High Contrast', 'vscode-high-contrast'], ['dark', 'Default Dark Modern', 'vscode-dark']] as const) {
    workbench.useTheme(theme);
    await frame.locator(`body.${body}`).waitFor();
    await workbench.page.waitForTimeout(1000);
    await frame.locator('.curve-chart').scrollIntoViewIfNeeded();
    await workbench.screenshot(`depth-curve-${name}`);
  }
});

test('it is kept: after a reload it is there at once', async () => {
  await workbench.reload();
  frame = await workbench.webview(/^(Puzzle Trace|Trace: tiny-4x4)$/, 60_000);
  await frame.locator('h1', { hasText: 'test puzzle 0' }).waitFor({ timeout: 120_000 });
  await frame.locator('.curve > summary').click();
  await puzzles(64);
  await workbench.eventually('The curve', async () => /^64 of 400 test puzzles, /.test(await words()), 5_000);
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
