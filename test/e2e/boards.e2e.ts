/**
 * The inspector on every kind of board and architecture: a maze, a task of ARC, a deep equilibrium model, HRM, one feature, several z. Each is trained for a moment
 * before the editor is opened, and looked at; what is said of a cell must fit what is on the board.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mazeCharacters } from '../../src/puzzles/maze-board';
import { writeArcFiles } from '../unit/arc-example';
import { trainBefore } from './tiny';
import { Workbench } from './workbench';

const arch = { mlp_t: true, pos_encodings: 'none', hidden_size: 32, expansion: 2, H_cycles: 2, L_cycles: 2, halt_max_steps: 4, forward_dtype: 'float32' };
const common = { lr: 2e-3, lr_warmup_steps: 5, ema: true, ema_rate: 0.9, watch: [0] };
const sudoku = { kind: 'sudoku', size: 4, train: 60, test: 20, holes: [4, 6], augment: 'on_the_fly' };
/** Configs by name (JSON is YAML). */
const configs: Readonly<Record<string, object>> = {
  maze: {
    arch: { ...arch, name: 'trm', puzzle_emb_len: 2 }, data_paths: ['data/maze'], dataset: { kind: 'maze', size: 10, layout: 'lattice', loops: 0, min_path: 14, train: 200, test: 20, augment: 0 },
    global_batch_size: 16, epochs: 8, eval_interval: 8, ...common,
  },
  arc: { arch: { ...arch, name: 'trm', H_cycles: 1, halt_max_steps: 2 }, data_paths: ['data/arc'], dataset: { kind: 'arc', files: 'json', augment: 3 }, global_batch_size: 4, epochs: 4, eval_interval: 4, ...common },
  deq: { arch: { name: 'deq', mlp_t: true, pos_encodings: 'none', hidden_size: 32, expansion: 2, L_layers: 2, solver: 'anderson', solver_iterations: 8, puzzle_emb_len: 2, forward_dtype: 'float32' }, data_paths: ['data/s4'], dataset: sudoku, global_batch_size: 16, epochs: 8, eval_interval: 8, ...common },
  hrm: { arch: { ...arch, name: 'hrm', H_layers: 1, L_layers: 1, puzzle_emb_ndim: 32 }, data_paths: ['data/s4'], dataset: sudoku, global_batch_size: 16, epochs: 8, eval_interval: 8, ...common },
  singlez: { arch: { ...arch, name: 'trm_singlez', puzzle_emb_len: 2 }, data_paths: ['data/s4'], dataset: sudoku, global_batch_size: 16, epochs: 8, eval_interval: 8, ...common },
  hier6: { arch: { ...arch, name: 'trm_hier6', L_cycles: 3, z_features: 3, puzzle_emb_len: 2 }, data_paths: ['data/s4'], dataset: sudoku, global_batch_size: 16, epochs: 8, eval_interval: 8, ...common },
};

let workbench: Workbench;
beforeAll(async () => {
  workbench = await Workbench.open({
    prepare: async folder => {
      writeArcFiles(path.join(folder, 'json'));
      for (const [name, config] of Object.entries(configs)) {
        writeFileSync(path.join(folder, `${name}.trm.yaml`), JSON.stringify(config, null, 2));
        await trainBefore(folder, name);
      }
    },
    size: { width: 1400, height: 1000 },
    settings: { 'workbench.colorTheme': 'Default Dark Modern' },
  });
}, 400_000);
afterAll(async () => { await workbench.close(); });

async function inspect(run: string, puzzle = 0): Promise<Frame> {
  await workbench.palette('TRM: Inspect Puzzle Trace');
  await workbench.pick(new RegExp(`^\\S* ?${run}`));
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  const input = workbench.quickInput.locator('input').first();
  await input.fill(String(puzzle));
  await input.press('Enter');
  const frame = await workbench.webview(new RegExp(`^(Puzzle Trace|Trace: ${run})$`), 60_000);
  await frame.locator('h1', { hasText: new RegExp(`^${run} · `) }).waitFor({ timeout: 120_000 });
  await frame.locator('.overview').press('End');
  return frame;
}
const labels = async (frame: Frame, board: string): Promise<string[]> => frame.locator(`[data-board="${board}"] .cell`).evaluateAll(cells => (cells as unknown as { getAttribute: (name: string) => string | null }[]).map(cell => cell.getAttribute('aria-label') ?? ''));
const place = async (frame: Frame): Promise<string> => (await frame.locator('.where').innerText()).replaceAll(/\s+/g, ' ');
/** What a tiny model says after one supervision step beside what it says in the end, cell by cell. */
async function compareDepths(frame: Frame, board: string): Promise<void> {
  await frame.locator('.compare-ask').click();
  await workbench.pick(/^Another depth/);
  await workbench.quickInput.getByText('Supervision steps', { exact: false }).first().waitFor();
  await workbench.quickInput.locator('input').first().fill('1');
  await workbench.page.keyboard.press('Enter');
  await frame.locator('[data-board="second"]').waitFor({ timeout: 120_000 });
  await frame.locator('.overview').press('End');
  await workbench.eventually('The differences', async () => /A and B (differ in \d+ cells?|agree in every cell)/.test(await place(frame)));
  const tokens = async (of: string): Promise<(string | null)[]> => frame.locator(`[data-board="${of}"] .cell`).evaluateAll(cells => (cells as unknown as { getAttribute: (name: string) => string | null }[]).map(cell => cell.getAttribute('data-token')));
  const [first, second] = [await tokens('first'), await tokens('second')];
  const differing = (await labels(frame, 'difference')).filter(label => /, A: .*, B: /.test(label));
  expect(differing).toHaveLength(first.filter((token, cell) => token !== second[cell]).length);
  await workbench.screenshot(`${board}-difference`);
}
const close = async (): Promise<void> => workbench.palette('View: Close Editor');

describe('boards', () => {
  test('a maze: walls, start, goal and the way, and whether it arrives', async () => {
    const frame = await inspect('maze', 1);
    const question = await labels(frame, 'question');
    expect(question.filter(label => /, start(,|$)/.test(label))).toHaveLength(1);
    expect(question.filter(label => /, goal(,|$)/.test(label))).toHaveLength(1);
    expect((await labels(frame, 'solution')).filter(label => /on the way/.test(label)).length).toBeGreaterThan(10);
    await workbench.eventually('What the way is', async () => /In y the way (leads|does not lead) from start to goal\. In z the way /.test(await frame.locator('#frame-summary').innerText()));
    await workbench.screenshot('board-maze');
    await compareDepths(frame, 'board-maze');
    await frame.getByRole('button', { name: 'Stop comparing' }).click();
    const tokens = async (): Promise<number[]> => frame.locator('[data-board="question"] .cell').evaluateAll(cells => (cells as unknown as { getAttribute: (name: string) => string | null }[]).map(cell => Number(cell.getAttribute('data-token'))));
    const before = await tokens();
    const rows = Array.from({ length: 10 }, (_, row) => before.slice(10 * row, 10 * row + 10).map(token => mazeCharacters[token - 1]).join(''));
    await frame.getByRole('button', { name: 'Paste a puzzle' }).click();
    await frame.locator('.paste textarea').fill(rows.join('\n')); // a row may begin with free cells, which are spaces
    await frame.getByText('Inspect This Puzzle').click();
    await frame.locator('h1', { hasText: 'pasted' }).waitFor({ timeout: 120_000 });
    expect(await tokens()).toEqual(before);
    await close();
  });

  test('a task of ARC: examples, palette with numbers, what counts as the answer', async () => {
    const frame = await inspect('arc');
    await frame.locator('.examples canvas').first().waitFor();
    expect(await frame.locator('.examples canvas').first().getAttribute('aria-label')).toMatch(/^Example 1, input, 2 by 3: 1 0 0, 0 2 0$/);
    const question = await labels(frame, 'question');
    expect(question.filter(label => /colour \d/.test(label)).length).toBeGreaterThan(0);
    expect(question[0]).toMatch(/^row 1, column 1, colour \d/);
    expect((await labels(frame, 'y')).length).toBe(question.length);
    await workbench.screenshot('board-arc');
    await compareDepths(frame, 'board-arc');
    expect(await frame.getByRole('button', { name: 'Paste a puzzle' }).isVisible()).toBe(false); // a task of ARC means nothing without its identifier
    await close();
  });
});

describe('architectures', () => {
  test('a deep equilibrium model: iterates of the solver', async () => {
    const frame = await inspect('deq');
    await workbench.eventually('The answer', async () => /answer \(z_L\)/.test(await place(frame)));
    await frame.locator('.overview').press('ArrowLeft');
    await workbench.eventually('An iterate', async () => /iterate \d+ of \d+ \(solver_iterations\)/.test(await place(frame)));
    await workbench.screenshot('board-deq');
    await close();
  });

  test.each([['hrm', /y-update \(z_H\)/], ['singlez', /last update \(z_L\)/], ['hier6', /y-update \(z_H\)/]] as const)('%s', async (run, last) => {
    const frame = await inspect(run);
    await workbench.eventually('The last update', async () => last.test(await place(frame)));
    await frame.locator('.overview').press('ArrowLeft');
    await workbench.screenshot(`board-${run}`);
    await close();
  });
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
