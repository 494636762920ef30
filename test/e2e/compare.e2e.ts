/**
 * Two traces side by side: another checkpoint, another depth, another run and a live one beside the first, in every theme, from the keyboard, and after a
 * reload. One window: the tests follow on each other.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe';
import { trainBefore, writeLargerConfig, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
let frame: Frame;
beforeAll(async () => {
  workbench = await Workbench.open({
    prepare: async folder => {
      writeTinyConfigs(folder, ['tiny-4x4', 'brief-4x4', 'long-4x4']);
      for (const name of ['tiny-4x4', 'brief-4x4', writeLargerConfig(folder, 6)]) await trainBefore(folder, name);
    },
    size: { width: 1400, height: 900 },
  });
}, 400_000);
afterAll(async () => { await workbench.close(); });

const inspector = async (run: string): Promise<Frame> => workbench.webview(new RegExp(`^(Puzzle Trace|Trace: ${run})$`), 60_000);
const note = async (board: 'first' | 'second'): Promise<string> => frame.locator(`[data-board="${board}"] .note`).innerText();
const where = async (): Promise<string> => (await frame.locator('.where').innerText()).replaceAll(/\s+/g, ' ');

/** Cells of the board of differences that say this. */
const marks = async (): Promise<string[]> => frame.locator('[data-board="difference"] .cell').evaluateAll(cells => (cells as unknown as { getAttribute: (name: string) => string | null }[]).map(cell => cell.getAttribute('data-mark') ?? ''));
const tokens = async (board: 'first' | 'second' | 'solution'): Promise<string[]> => frame.locator(`[data-board="${board}"] .cell`).evaluateAll(cells => (cells as unknown as { getAttribute: (name: string) => string | null }[]).map(cell => cell.getAttribute('data-token') ?? ''));

async function compareWith(...answers: (string | RegExp)[]): Promise<void> {
  await frame.locator('.compare-ask').click();
  for (const answer of answers) await workbench.pick(answer);
}

test('an early checkpoint beside the best one: where they differ, and who is right there', async () => {
  await workbench.palette('TRM: Inspect Puzzle Trace');
  await workbench.pick(/tiny-4x4/);
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await workbench.page.keyboard.press('Enter');
  frame = await inspector('tiny-4x4');
  await frame.locator('h1', { hasText: 'test puzzle 0' }).waitFor({ timeout: 120_000 });
  await compareWith(/^step 74/);
  await frame.locator('[data-board="second"]').waitFor({ timeout: 120_000 });
  expect(await note('first')).toMatch(/^y · EMA weights of step \d+$/);
  expect(await note('second')).toBe('y · EMA weights of step 74');
  await frame.locator('.overview').press('End');
  const [difference, first, second, solution] = await Promise.all([marks(), tokens('first'), tokens('second'), tokens('solution')]);
  expect(difference).toEqual(first.map((token, k) => (token === second[k] ? 'same' : token === solution[k] ? 'first-right' : second[k] === solution[k] ? 'second-right' : 'both-wrong')));
  expect(await where()).toMatch(/A and B (differ in \d+ cells?|agree in every cell)/);
  await frame.locator('[data-board="difference"] .cell').nth(5).hover();
  await workbench.screenshot('compare-checkpoints');
});

test('the keyboard shows one or both, and the other feature of both', async () => {
  const overview = frame.locator('.overview');
  await overview.press('c');
  await frame.locator('[data-board="z"]').waitFor();
  expect(await frame.locator('[data-board="second"]').isVisible()).toBe(false);
  await overview.press('c');
  await frame.locator('[data-board="second"]').waitFor();
  await overview.press('f');
  await workbench.eventually('z of both', async () => (await note('first')).startsWith('z · '));
  await overview.press('f');
  await overview.press('Home');
  await overview.press('Shift+ArrowRight');
  await workbench.eventually('The second supervision step', async () => (await where()).startsWith('supervision step 2 of 4'));
});

test('both are read aloud, in a table and as a description of the frame', async () => {
  expect(await frame.locator('#frame-summary').innerText()).toMatch(/A and B (differ in|agree).* A, y of EMA weights of step \d+: \d+ of 16 cells right.* B, y of EMA weights of step 74: /);
  await frame.locator('.halting-table summary').click();
  expect(await frame.locator('.halting-table thead').innerText()).toMatch(/A: halting probability.*B: halting probability/s);
  await frame.locator('.halting-table summary').click();
});

test('every theme draws it, and axe-core finds nothing', async () => {
  for (const [name, theme, body] of [['light', 'Default Light Modern', 'vscode-light'], ['high-contrast', 'Default High Contrast', 'vscode-high-contrast'], ['dark', 'Default Dark Modern', 'vscode-dark']] as const) {
    workbench.useTheme(theme);
    await frame.locator(`body.${body}`).waitFor();
    await workbench.page.waitForTimeout(800);
    await workbench.screenshot(`compare-${name}`);
    expect(await violations(frame, 'editor')).toEqual([]);
  }
});

test('the same weights taken deeper: the first stays where it ended', async () => {
  await compareWith(/^Another depth/);
  const input = workbench.quickInput.locator('input').first();
  await workbench.quickInput.getByText('Supervision steps', { exact: false }).first().waitFor();
  await input.fill('10');
  await input.press('Enter');
  await workbench.eventually('Depth 10', async () => /depth 10$/.test(await note('second')), 120_000);
  await frame.locator('.overview').press('End');
  await workbench.eventually('The end of the deeper one', async () => /^supervision step 10 of 10 .*beyond training depth/.test(await where()));
  expect(await note('first')).toMatch(/depth 4 · ended at step 4$/);
  await workbench.screenshot('compare-depths');
  const depth = frame.locator('.compare .field input');
  await depth.fill('6');
  await depth.press('Tab');
  await workbench.eventually('Depth 6', async () => /depth 6$/.test(await note('second')), 120_000);
});

test('both are saved together', async () => {
  await frame.getByRole('button', { name: 'Export the trace as JSON' }).click();
  const input = workbench.quickInput.locator('input').first();
  await workbench.eventually('The proposed name', async () => /-and-step-\d+-depth-6-puzzle-0-trace\.json$/.test(await input.inputValue()));
  const file = path.join(workbench.folder, 'both.json');
  await input.fill(file);
  await input.press('Enter');
  const saved = (): { depth: number }[] => { try { return JSON.parse(readFileSync(file, 'utf8')) as { depth: number }[]; } catch { return []; } };
  await workbench.eventually('Both traces', () => saved().map(({ depth }) => depth).join() === '4,6');
});

test('another run on the same data, and again after a reload; runs on other boards are not offered', async () => {
  await frame.locator('.compare-ask').click();
  await workbench.quickInput.getByRole('option', { name: /brief-4x4/ }).first().waitFor();
  expect(await workbench.quickInput.getByRole('option', { name: /short-6x6/ }).count()).toBe(0);
  await workbench.pick(/brief-4x4/);
  await workbench.pick(/^best/);
  await workbench.eventually('The other run', async () => /^y · brief-4x4 · EMA weights of step \d+/.test(await note('second')), 120_000);
  await workbench.screenshot('compare-runs');
  await workbench.reload();
  frame = await inspector('tiny-4x4');
  await frame.locator('[data-board="second"]').waitFor({ timeout: 120_000 });
  expect(await note('second')).toMatch(/^y · brief-4x4 · /);
  await frame.getByRole('button', { name: 'Stop comparing' }).click();
  await frame.locator('[data-board="y"]').waitFor();
});

test('the live weights of a run beside its checkpoint', async () => {
  await workbench.openFile('long-4x4.trm.yaml');
  await workbench.palette('TRM: Train TRM');
  const charts = await workbench.webview('Live Charts');
  await charts.locator('.run-header[data-state="running"] .run-name', { hasText: 'long-4x4' }).waitFor({ timeout: 90_000 });
  await charts.getByRole('button', { name: 'Inspect a puzzle trace' }).click();
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await workbench.page.keyboard.press('Enter');
  frame = await workbench.webview(/long-4x4/, 60_000);
  await frame.locator('h1', { hasText: /^long-4x4 · test puzzle 0 · / }).waitFor({ timeout: 120_000 });
  await compareWith(/tiny-4x4/, /^best/);
  await workbench.eventually('The finished run beside the live one', async () => /^y · tiny-4x4 · EMA weights of step \d+/.test(await note('second').catch(() => '')), 120_000);
  expect(await note('first')).toMatch(/^y · long-4x4 · EMA weights of step \d+/);
  await charts.getByRole('button', { name: 'Stop (writes a checkpoint)' }).click();
  await charts.locator('.run-header[data-state="stopped"]').waitFor({ timeout: 90_000 });
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
