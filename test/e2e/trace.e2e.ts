/**
 * The third door: Inspect Puzzle Trace from the palette, on a run that was trained before, on one of its checkpoints, on a
 * run that is training, on larger boards and on puzzles pasted as text. One window: the tests follow on each other.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainBefore, writeLargerConfig, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await Workbench.open({
    prepare: async folder => {
      writeTinyConfigs(folder, ['tiny-4x4', 'long-4x4']);
      const larger = ([6, 9] as const).map(size => writeLargerConfig(folder, size));
      for (const name of ['tiny-4x4', ...larger]) await trainBefore(folder, name);
    },
    size: { width: 1400, height: 900 },
  });
}, 400_000);
afterAll(async () => { await workbench.close(); });

const inspector = async (run: string): Promise<Frame> => workbench.webview(new RegExp(`^(Puzzle Trace|Trace: ${run})$`), 60_000);
const heading = (frame: Frame, text: string | RegExp): Locator => frame.locator('h1', { hasText: text });
/** Waits until the line about the present frame reads so. */
async function isAt(frame: Frame, words: RegExp): Promise<void> {
  await workbench.eventually(`The frame ${String(words)}`, async () => words.test((await frame.locator('.where').innerText()).replaceAll(/\s+/g, ' ')), 120_000);
}
/** Digits of a board, row by row; 0 is blank. */
const digits = async (frame: Frame, board: string): Promise<string> =>
  (await frame.locator(`[data-board="${board}"] .cell`).evaluateAll(cells => (cells as unknown as { getAttribute: (name: string) => string | null }[]).map(cell => Math.max(0, Number(cell.getAttribute('data-token')) - 1)))).join('');
const pixels = async (frame: Frame, board: string): Promise<string> => frame.locator(`[data-board="${board}"] canvas`).evaluate(canvas => (canvas as unknown as { toDataURL: () => string }).toDataURL());

/** Opens the inspector as a person does: palette, run, number of the puzzle. */
async function inspect(run: string, puzzle: number): Promise<Frame> {
  await workbench.palette('TRM: Inspect Puzzle Trace');
  await workbench.pick(new RegExp(run));
  await answerNumber(puzzle);
  const frame = await inspector(run);
  await heading(frame, new RegExp(`^${run} · `)).waitFor({ timeout: 120_000 });
  return frame;
}

async function answerNumber(puzzle: number): Promise<void> {
  const input = workbench.quickInput.locator('input').first();
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await input.fill(String(puzzle));
  await input.press('Enter');
}

/** Puts a value into a field of the chooser and leaves it, as Tab does. */
async function choose(frame: Frame, field: 'Puzzle' | 'Depth', value: string): Promise<void> {
  const input = frame.locator('.chooser > .field', { hasText: field }).locator('input');
  await input.fill(value);
  await input.press('Tab');
}

describe('a run that was trained before', () => {
  let frame: Frame;

  test('the palette opens the trace of a test puzzle, solved in the end', async () => {
    frame = await inspect('tiny-4x4', 3);
    await heading(frame, 'test puzzle 3').waitFor();
    expect(await digits(frame, 'question')).toMatch(/^(?=.*0)[0-4]{16}$/);
    expect(await digits(frame, 'solution')).toMatch(/^[1-4]{16}$/);
    await isAt(frame, /supervision step 1 of 4 · latent recursion 1 of 1 \(H_cycles\) · z-update 1 of 2 \(L_cycles\) ?frame 1 of 12/);
  });

  test('keys move by frame and by supervision step, and the boards change', async () => {
    const board = frame.locator('.overview');
    await board.focus();
    await board.press('Home');
    const first = await pixels(frame, 'y');
    await board.press('ArrowRight');
    await isAt(frame, /frame 2 of 12/);
    await board.press('Shift+ArrowRight');
    await isAt(frame, /supervision step 2 of 4/);
    await board.press('End');
    await isAt(frame, /supervision step 4 of 4 .* y-update \(z_H\) frame 12 of 12/);
    await workbench.eventually('Another picture of y', async () => (await pixels(frame, 'y')) !== first);
    await workbench.screenshot('trace-last-frame');
    await board.press('ArrowLeft');
    await isAt(frame, /frame 11 of 12/);
    await board.press('Home');
    await isAt(frame, /frame 1 of 12/);
  });

  test('Space plays to the end', async () => {
    await frame.locator('.overview').press('Space');
    await isAt(frame, /frame 12 of 12/);
    await frame.getByRole('button', { name: 'Play (Space)' }).waitFor();
  });

  test('the scrubber is pressed and dragged; single updates are buttons', async () => {
    const overview = frame.locator('.overview');
    const box = (await overview.boundingBox())!;
    await overview.click({ position: { x: box.width * 0.6, y: box.height * 0.7 } });
    await isAt(frame, /supervision step 3 of 4/);
    await frame.locator('.strip').getByRole('button', { name: /z-update 2 of 2/ }).click();
    await isAt(frame, /supervision step 3 of 4 .* z-update 2 of 2/);
    const mouse = workbench.page.mouse;
    await overview.hover({ position: { x: box.width * 0.6, y: box.height * 0.7 } });
    await mouse.down();
    await overview.hover({ position: { x: box.width * 0.95, y: box.height * 0.7 } });
    await mouse.up();
    await isAt(frame, /supervision step 4 of 4/);
  });

  test('every supervision step says its halting probability and where it would halt', async () => {
    await frame.locator('.halting-table summary').click();
    const rows = frame.locator('.halting-table tbody tr');
    expect(await rows.count()).toBe(4);
    for (const row of await rows.all()) expect(await row.locator('td').first().innerText()).toMatch(/^([01]\.\d{3}|[<>] 0\.\d{3})$/);
    expect(await frame.locator('.halting-table thead').innerText()).toMatch(/y right, first to last frame\s+z right, first to last frame/);
    expect(await rows.first().locator('td').last().innerText()).toMatch(/^(\d+ to )?\d+ of 16$/);
    await rows.nth(1).getByRole('button').click();
    await isAt(frame, /supervision step 2 of 4 .* y-update/);
    await frame.locator('.halting-table summary').click();
  });

  test('a cell says its probability and its history', async () => {
    await frame.locator('[data-board="y"] .cell').nth(5).hover();
    expect(await frame.locator('[data-board="y"] .cell').nth(5).getAttribute('aria-label')).toMatch(/^row 2, column 2, [1-4], probability [01<>]/);
    await frame.getByRole('img', { name: /^Probability of the token shown in row 2, column 2 over 12 frames\. y: (right|wrong \([1-4]\)) (at every frame|from frame \d+ on), p .*\. z: / }).waitFor();
    await frame.locator('[data-board="y"] .cell').nth(5).focus();
    await workbench.page.keyboard.press('Enter');
    const table = frame.locator('.history-table');
    await table.locator('summary').click();
    await workbench.eventually('The stretches of z', async () => (await table.locator('tbody tr').allInnerTexts()).some(row => /^z\s+\d+(–\d+)?\s+[1-4], (right|wrong)\s+[01<>]/.test(row)));
    await workbench.screenshot('trace-cell-table');
    await table.locator('summary').click();
    await frame.locator('[data-board="y"] .cell').nth(5).focus();
    await workbench.page.keyboard.press('Enter');
  });

  test('a cell is kept with Enter, and goes with the pointer no more', async () => {
    const cells = frame.locator('[data-board="y"] .cell');
    await cells.nth(5).focus();
    await cells.nth(5).press('ArrowRight');
    await workbench.page.keyboard.press('Enter');
    await workbench.eventually('The kept cell', async () => (await cells.nth(6).getAttribute('aria-selected')) === 'true');
    await frame.locator('.overview').focus();
    await frame.locator('.detail h3', { hasText: 'Row 2, column 3 (kept)' }).waitFor();
    await cells.nth(6).focus();
    await workbench.page.keyboard.press('Enter');
    await workbench.eventually('No kept cell', async () => (await frame.locator('.cell[aria-selected]').count()) === 0);
  });

  test('beyond the depth of training', async () => {
    await choose(frame, 'Depth', '8');
    await isAt(frame, /of 24/);
    await frame.locator('.overview').press('End');
    await isAt(frame, /supervision step 8 of 8 .*beyond training depth/);
    await frame.getByText('trained with 4').waitFor();
  });

  test('another checkpoint, and back through training time', async () => {
    const select = frame.locator('vscode-single-select.checkpoint');
    const step148 = select.locator('li', { hasText: /^\s*step 148\s*$/ });
    await workbench.eventually('The list of checkpoints', async () => { // it closes when the page scrolls, as it does to bring it into sight
      await select.click();
      await workbench.page.waitForTimeout(500);
      return step148.isVisible();
    });
    await step148.click();
    await heading(frame, 'step 148').waitFor({ timeout: 120_000 });
    await frame.getByRole('group', { name: 'Watched puzzles' }).getByRole('button', { name: '1', exact: true }).click();
    await heading(frame, 'test puzzle 1').waitFor({ timeout: 120_000 });
    const words = frame.locator('.training .words');
    await frame.getByRole('button', { name: 'Earlier in training' }).click();
    await workbench.eventually('A kept trace', async () => /^step 111 \(3 of 4 kept\)$/.test(await words.innerText()));
    await heading(frame, 'step 111').waitFor();
    expect(await select.evaluate(element => (element as unknown as { value: string }).value)).toBe('kept'); // no longer step 148, nor 8 steps deep
    expect(await frame.locator('.chooser > .field', { hasText: 'Depth' }).locator('input').inputValue()).toBe('4');
    await workbench.screenshot('trace-kept');
  });

  test('a pasted puzzle; what cannot be read is said where it was pasted', async () => {
    await frame.getByRole('button', { name: 'Paste a puzzle' }).click();
    const text = frame.locator('.paste textarea');
    await text.fill('1 2 x 4\n3 4 1 2\n2 1 4 3\n4 3 2 1');
    await frame.getByText('Inspect This Puzzle').click();
    const problem = frame.locator('.paste-problem');
    await workbench.eventually('The problem', async () => /line 1, column 5: 'x' is neither a digit nor an empty cell\. Write digits/.test(await problem.innerText()));
    await workbench.screenshot('trace-paste-problem');
    await text.fill('1 2 . 4\n3 4 1 .\n. 1 4 3\n4 3 2 .');
    await frame.getByText('Inspect This Puzzle').click();
    await heading(frame, 'pasted').waitFor({ timeout: 120_000 });
    expect(await digits(frame, 'question')).toBe('1204341001434320');
    await problem.waitFor({ state: 'hidden' });
  });

  test('what was typed and kept is still there when the tab was behind another one', async () => {
    const text = frame.locator('.paste textarea');
    if (!await text.isVisible()) await frame.getByRole('button', { name: 'Paste a puzzle' }).click();
    await text.fill('1 2 . 4\n3 4');
    await workbench.openFile('tiny-4x4.trm.yaml');
    await workbench.page.waitForTimeout(500);
    await workbench.page.locator('.tabs-container .tab', { hasText: 'Trace: tiny-4x4' }).click();
    await text.waitFor();
    expect(await text.inputValue()).toBe('1 2 . 4\n3 4');
    await heading(frame, 'pasted').waitFor();
  });

  test('the trace and its pictures are saved as files', async () => {
    for (const [button, kind] of [['Export the trace as JSON', 'json'], ['Export this frame as PNG', 'png'], ['Export the whole refinement as animated GIF', 'gif']] as const) {
      await frame.getByRole('button', { name: button }).click();
      const input = workbench.quickInput.locator('input').first();
      await input.waitFor({ timeout: 60_000 });
      const file = path.join(workbench.folder, `saved.${kind}`);
      await workbench.eventually('The proposed name', async () => (await input.inputValue()).endsWith(`.${kind}`));
      await input.fill(file);
      await input.press('Enter');
      await workbench.eventually(`The saved ${kind}`, () => size(file) > 0);
      const begins = { json: '{', png: '\x89PNG', gif: 'GIF89a' }[kind];
      expect(readFileSync(file).subarray(0, begins.length).toString('latin1')).toBe(begins);
    }
  });

  test('a reload of the window brings it back', async () => {
    await workbench.reload();
    frame = await inspector('tiny-4x4');
    await heading(frame, 'pasted').waitFor({ timeout: 120_000 });
    expect(await digits(frame, 'question')).toBe('1204341001434320');
  });
});

describe('larger boards and chosen checkpoints', () => {
  test('6x6 and 9x9, with two latent recursions', async () => {
    for (const size of [6, 9]) {
      const frame = await inspect(`short-${size}x${size}`, 1);
      expect(await digits(frame, 'solution')).toMatch(new RegExp(`^[1-${size}]{${size * size}}$`));
      const overview = frame.locator('.overview');
      await overview.focus();
      await overview.press('Home');
      await overview.press('ArrowDown');
      await isAt(frame, /latent recursion 2 of 2/);
      await workbench.screenshot(`trace-${size}x${size}`);
      await workbench.palette('View: Close Editor');
    }
  });

  test('the Runs view offers it on every checkpoint', async () => {
    await workbench.show('TRM');
    const tree = workbench.page.getByRole('tree', { name: 'Runs' });
    await tree.getByRole('treeitem', { name: /^tiny-4x4/ }).click();
    await (await workbench.webview('Live Charts')).locator('.run-name').waitFor();
    await workbench.screenshot('runs-tree');
    const checkpoint = tree.getByRole('treeitem', { name: /^step 111/ });
    // The view shows a few rows only: scroll to the checkpoint.
    await tree.hover();
    await expect.poll(async () => {
      if (await checkpoint.isVisible()) return true;
      await workbench.page.mouse.wheel(0, 44);
      return false;
    }, { timeout: 30_000, interval: 200 }).toBe(true);
    await checkpoint.hover();
    await checkpoint.getByRole('button', { name: 'Inspect Puzzle Trace' }).click();
    await answerNumber(2);
    const frame = await inspector('tiny-4x4');
    await heading(frame, /test puzzle 2 · EMA weights of step 111/).waitFor({ timeout: 120_000 });
  });
});

describe('a run that is training', () => {
  test('its present weights are inspected between two steps, and go on changing', async () => {
    await workbench.openFile('long-4x4.trm.yaml');
    await workbench.palette('TRM: Train TRM');
    const charts = await workbench.webview('Live Charts');
    await charts.locator('.run-header[data-state="running"] .run-name', { hasText: 'long-4x4' }).waitFor({ timeout: 90_000 });
    await charts.getByRole('button', { name: 'Inspect a puzzle trace' }).click();
    await answerNumber(0);
    const frame = await workbench.webview(/long-4x4/, 60_000);
    await heading(frame, /^long-4x4 · test puzzle 0 · /).waitFor({ timeout: 120_000 });
    const step = async (): Promise<number> => Number(/step (\d+)/.exec(await frame.locator('h1').innerText())?.[1]);
    const first = await step();
    await frame.getByRole('button', { name: 'Next puzzle' }).click();
    await heading(frame, 'test puzzle 1').waitFor({ timeout: 120_000 });
    expect(await step()).toBeGreaterThan(first);
    const puzzle = frame.locator('.chooser > .field', { hasText: 'Puzzle' }).locator('input');
    await puzzle.fill('');
    await puzzle.pressSequentially('12', { delay: 2500 }); // run.json is written once a second meanwhile
    expect(await puzzle.inputValue()).toBe('12');
    await puzzle.press('Enter');
    await heading(frame, 'test puzzle 12').waitFor({ timeout: 120_000 });
    await workbench.eventually('Kept traces', async () => (await frame.locator('.watched .chip').count()) === 2);
    await frame.locator('.watched .chip').first().focus();
    await workbench.page.waitForTimeout(3000);
    expect(await frame.locator('.watched .chip:focus').count()).toBe(1);
    await charts.getByRole('button', { name: 'Stop (writes a checkpoint)' }).click();
    await charts.locator('.run-header[data-state="stopped"]').waitFor({ timeout: 90_000 });
  });
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});

function size(file: string): number {
  try {
    return readFileSync(file).length;
  } catch {
    return 0; // not written yet
  }
}
