import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { effectiveDepth, parameterCount } from '../../src/model/shapes';
import { paperRow } from '../../src/experiments/paper';
import { enqueue, planExperiment, planRun, planSweep } from '../../src/experiments/plan';
import { sweepGrid, sweptOverride } from '../../src/experiments/sweep';
import { experimentTables } from '../../src/experiments/table';
import { tableCells, tableMarkdown } from '../../src/experiments/table-text';
import { wilsonInterval } from '../../src/statistics/intervals';
import { listRuns } from '../../src/runs/read-run';
import { RunWriter } from '../../src/runs/run-writer';
import { temporaryFolder } from './runs-fixture';
import { evalSummary } from './runs-values';

const examples = path.resolve(import.meta.dirname, '../../examples');

/** A config in a folder of its own, with these lines at its end. */
function configWith(lines: string, name = 'mine'): string {
  const file = path.join(temporaryFolder(), `${name}.trm.yaml`);
  writeFileSync(file, `arch: {name: trm, hidden_size: 32, mlp_t: true, pos_encodings: none}\ndata_paths: [data]\nepochs: 10\n${lines}`);
  return file;
}

describe('overrides with several values', () => {
  it.each([
    ['arch.L_cycles=2,4, 6', { key: 'arch.L_cycles', values: ['2', '4', '6'] }],
    ['watch=[0,1],[2]', { key: 'watch', values: ['[0,1]', '[2]'] }],
    ['dataset={kind: sudoku, size: 4},{kind: maze, size: 10}', { key: 'dataset', values: ['{kind: sudoku, size: 4}', '{kind: maze, size: 10}'] }],
    ['load_checkpoint="a,b",c', { key: 'load_checkpoint', values: ['"a,b"', 'c'] }],
    ['lr=1e-3', null], ['watch=[0,1]', null], ['~ema', null], ['nonsense', null],
  ])('%s', (text, expected) => expect(sweptOverride(text)).toEqual(expected));

  it('make a grid in which the last key varies fastest, and seeds are repetitions', () => {
    const { rows, seeds } = sweepGrid({ 'lr': [0.001, 0.01], 'seed': [3, 5] }, [{ key: 'arch.L_cycles', values: ['2', '4'] }]);
    expect(seeds).toEqual([3, 5]);
    expect(rows.map(row => row.title)).toEqual(['lr=0.001 arch.L_cycles=2', 'lr=0.001 arch.L_cycles=4', 'lr=0.01 arch.L_cycles=2', 'lr=0.01 arch.L_cycles=4']);
    expect(sweepGrid({ lr: [1, 2] }, [{ key: 'lr', values: ['3', '4'] }]).rows.map(row => row.title)).toEqual(['lr=3', 'lr=4']);
    expect(sweepGrid({ seed: [1, 2] }, []).rows).toEqual([{ title: 'as it is', overrides: [] }]);
  });

  it('are refused when one is empty, a seed is none, or there are too many', () => {
    expect(() => sweepGrid({}, [{ key: 'lr', values: ['1', ''] }])).toThrow('A value of lr is empty: lr=1,.');
    expect(() => sweepGrid({ seed: [0.5] }, [])).toThrow('The seeds of the sweep are 0.5.');
    expect(() => sweepGrid({ a: Array.from({ length: 60 }, (_, i) => i), b: Array.from({ length: 60 }, (_, i) => i) }, [])).toThrow('The sweep has 3,600 runs; at most 512 are queued at once.');
  });
});

describe('a sweep', () => {
  it('plans every combination of the config\'s own values, which no run records', async () => {
    const file = configWith('sweep: {arch.L_cycles: [2, 4], ema: [true, false]}\n');
    const { runs, id } = await planSweep(file, ['lr=5e-4']);
    expect(id).toMatch(/^mine-[0-9a-f]{6}$/);
    expect(runs.map(run => [run.loaded.config.arch, run.loaded.config.ema, run.loaded.config.lr])).toMatchObject([[{ L_cycles: 2 }, true, 5e-4], [{ L_cycles: 2 }, false, 5e-4], [{ L_cycles: 4 }, true, 5e-4], [{ L_cycles: 4 }, false, 5e-4]]);
    expect(runs.map(run => run.experiment?.order)).toEqual([0, 1, 2, 3]);
    for (const run of runs) expect(run.loaded.config).not.toHaveProperty('sweep');
  });

  it('names the combination that is no config, and what is missing to be one', async () => {
    await expect(planSweep(configWith('sweep: {arch.L_cycles: [2, -4]}\n'), [])).rejects.toThrow(/sweep\.arch\.L_cycles\.1: out of range/);
    await expect(planSweep(configWith('sweep: {arch.L_cycle: [2]}\n'), ['seed=0,1'])).rejects.toThrow(/L_cycle/);
    await expect(planSweep(configWith(''), [])).rejects.toThrow('There is nothing to vary: mine.trm.yaml has no sweep with several values, and no override has.');
    await expect(planSweep(configWith('sweep: {lr: []}\n'), [])).rejects.toThrow(/sweep/);
  });
});

describe('the paper\'s experiments', () => {
  it.each(readdirSync(examples).filter(name => name.startsWith('ablation-')))('have rows that are valid changes of %s', async name => {
    const file = path.join(temporaryFolder(), name);
    copyFileSync(path.join(examples, name), file);
    const { runs } = await planExperiment(file, 'ablation', { seeds: 2 });
    expect(runs.length).toBe(26);
    expect(runs.map(run => run.loaded.config.seed)).toEqual([...Array<number>(13).fill(0), ...Array<number>(13).fill(1)]);
    // The same examples and steps for all.
    const base = runs[0]!.loaded.config;
    const { H_cycles: T, L_cycles: n } = base.arch as { H_cycles: number; L_cycles: number };
    for (const { loaded: { config } } of runs) {
      expect([config.global_batch_size, config.epochs, config.eval_interval, config.lr, config.dataset]).toEqual([base.global_batch_size, base.epochs, base.eval_interval, base.lr, base.dataset]);
      expect(config.arch.hidden_size).toBe(base.arch.hidden_size);
    }
    const of = (key: string) => runs.find(run => run.experiment?.row === key)!.loaded.config;
    expect([of('act').arch, of('no_ema').ema, of('one_step').arch, of('hrm').arch, of('multi_z').arch, of('single_z').arch.name]).toMatchObject([
      { no_ACT_continue: false }, false, { gradient: 'one_step' }, { name: 'hrm', H_layers: 4, L_layers: 4, H_cycles: 2, L_cycles: 2, mlp_t: false }, { name: 'trm_hier6', z_features: n }, 'trm_singlez',
    ]);
    // Direct prediction has TRM's parameters but for the halting head's and the initial features', or TRM's depth.
    const data = { seq_len: 16, vocab_size: 6, num_puzzle_identifiers: 1 };
    const parameters = (key: string): number => parameterCount(of(key).arch, data).dense;
    expect(Math.abs(parameters('direct_parameters') / parameters('trm') - 1)).toBeLessThan(0.02);
    expect(effectiveDepth(of('direct_depth').arch)).toBe(effectiveDepth(of('trm').arch));
    expect(effectiveDepth(of('trm').arch)).toBe(T * (n + 1) * 2);
    expect(effectiveDepth(of('layers').arch)).toBe(T * (n / 2 + 1) * 4);
  });

  it('stand beside the paper\'s numbers', async () => {
    const file = configWith('');
    const ablation = (await planExperiment(file, 'ablation', { seeds: 1 })).runs.map(run => run.experiment!.row);
    expect(ablation.map(row => paperRow('ablation', row)?.accuracy ?? null)).toEqual([87.4, 86.1, 82.4, 79.9, 79.5, 74.7, 73.7, 56.5, 55, 77.6, 71.9, null, null]);
    const depths = (await planExperiment(file, 'depths', { seeds: 1 })).runs;
    expect(depths.map(run => run.experiment!.title).slice(0, 4)).toEqual(['HRM, k = 1, T = 1', 'TRM, k = 1, T = 1', 'HRM, k = 2, T = 2', 'TRM, k = 2, T = 2']);
    expect(depths.map(run => paperRow('depths', run.experiment!.row)?.accuracy ?? null)).toEqual([46.4, 63.2, 55, 81.9, 61.6, 87.4, 59.5, 84.2, 62.3, null, 58.8, 85.8, 57.5, null]);
    // Printed depths of TRM, but for the first row, where the paper's own formula gives another.
    expect(depths.filter((_, i) => i % 2 === 1).map(run => effectiveDepth(run.loaded.config.arch))).toEqual([6, 20, 42, 72, 78, 84, 156]);
  });

  it('refuse rows there are not, and configs that are no TRM', async () => {
    await expect(planExperiment(configWith(''), 'ablation', { seeds: 1, rows: ['trm', 'lstm'] })).rejects.toThrow('The ablation experiment has no row called lstm.');
    await expect(planExperiment(configWith(''), 'ablation', { seeds: 1, overrides: ['arch=hrm', '~arch.mlp_t', '~arch.pos_encodings'] })).rejects.toThrow('The config trains hrm; the rows of the ablation experiment are changes to a TRM.');
    expect((await planExperiment(configWith(''), 'ablation', { seeds: 1, rows: ['hrm', 'trm'] })).runs.map(run => run.experiment?.row)).toEqual(['trm', 'hrm']);
  });
});

describe('queueing many runs', () => {
  const sweep = async (lines = 'sweep: {seed: [0, 1, 2, 3, 4]}\n') => planSweep(configWith(lines), []);

  it('leaves turns to others, and tells how far it is', async () => {
    const told: [number, number][] = [];
    let turns = 0;
    const other = (): void => { if (++turns < 1000) setImmediate(other); };
    setImmediate(other);
    const runsDir = path.join(temporaryFolder(), 'runs');
    await enqueue(await sweep(`sweep: {seed: [${Array.from({ length: 50 }, (_, i) => i).join()}]}\n`), runsDir, { onRun: (done, of) => told.push([done, of]) });
    expect(turns).toBeGreaterThan(40);
    expect(told).toEqual(Array.from({ length: 50 }, (_, i) => [i + 1, 50]));
  });

  it('ended on the way, keeps what is queued and plans nothing by halves', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    const ends = (after: number) => {
      const cancel = new AbortController();
      return { signal: cancel.signal, onRun: (done: number) => { if (done === after) cancel.abort(); } };
    };
    const dirs = await enqueue(await sweep(), runsDir, ends(2));
    expect((await listRuns(runsDir)).runs.map(run => [run.dir, run.state]).sort()).toEqual(dirs.map(dir => [dir, 'queued']).sort());
    expect(dirs).toHaveLength(2);
    await expect(planSweep(configWith('sweep: {seed: [0, 1, 2]}\n'), [], ends(2))).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('that fails takes its runs out again, but not one that was begun meanwhile', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    const plan = await sweep();
    const begun: RunWriter[] = [];
    const onRun = (done: number): void => {
      if (done === 2) begun.push(RunWriter.reopen(path.join(runsDir, readdirSync(runsDir)[0]!)));
      if (done === 4) throw new Error('no room');
    };
    await expect(enqueue(plan, runsDir, { onRun })).rejects.toThrow('no room');
    expect(readdirSync(runsDir)).toEqual(begun.map(writer => path.basename(writer.dir)));
    await begun[0]!.close();
  });
});

/** Ends a queued run with this evaluation. */
async function finish(dir: string, exact_count: number, count: number): Promise<void> {
  const writer = RunWriter.reopen(dir);
  writer.update({ state: 'finished', step: 400, process_seconds: 60, parameters: { dense: 1000, puzzle_emb: 24 }, last_eval: { ...evalSummary(400), exact_count, count, exact_accuracy: exact_count / count } });
  await writer.close();
}

describe('the table of an experiment', () => {
  it('does not take three seeds that all fail for certainty', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    for (const dir of await enqueue(await planExperiment(configWith(''), 'ablation', { seeds: 3, rows: ['hrm'] }), runsDir)) await finish(dir, 0, 10);
    const [table] = experimentTables((await listRuns(runsDir)).runs);
    expect(table!.rows[0]).toMatchObject({ mean: 0, interval: wilsonInterval(0, 30) });
  });

  it('counts the runs that finished, and tells the others', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    const plan = await planExperiment(configWith(''), 'ablation', { seeds: 3, rows: ['trm', 'hrm'] });
    const dirs = await enqueue(plan, runsDir);
    await enqueue(planRun(plan.file, []), runsDir);
    await finish(dirs[0]!, 60, 100);
    await finish(dirs[2]!, 70, 100);
    const failed = RunWriter.reopen(dirs[4]!);
    failed.update({ state: 'failed', failure: { cause: 'disk', message: 'full', next: '' } });
    await failed.close();
    const [table, ...others] = experimentTables((await listRuns(runsDir)).runs);
    expect(others).toEqual([]);
    expect(table).toMatchObject({ id: plan.id, kind: 'ablation', finished: 2, ended: 1, open: 3 });
    const [trm, hrm] = table!.rows;
    expect(trm).toMatchObject({ key: 'trm', mean: expect.closeTo(0.65) as number, parameters: 1024, depth: 42, seconds: 60, paper: { accuracy: 87.4, table: 1 } });
    expect(trm!.interval![0]).toBeCloseTo(0.65 - (12.706 * 0.0707107) / Math.SQRT2, 3);
    expect(trm!.runs.map(run => [run.seed, run.state])).toEqual([[0, 'finished'], [1, 'finished'], [2, 'failed']]);
    expect(hrm).toMatchObject({ mean: null, interval: null, parameters: null });
    expect(tableCells(table!)[1]!.slice(0, 3)).toEqual(['TRM (T = 3, n = 6)', '65.0 (1.5-100.0)', '60.0, 70.0, failed']);
    expect(tableCells(table!)[2]!.slice(0, 3)).toEqual(['HRM (T = 2, n = 2)', 'not run yet', 'queued, queued, queued']);
    const text = tableMarkdown(table!);
    expect(text).toContain('2 of 6 runs finished, 3 to go, 1 ended otherwise and not counted. 2 min of computing so far.');
    expect(text).toContain('Share of 100 test puzzles wholly right at the last evaluation, after 400 optimiser steps');
  });

  it('shows titles of a foreign folder as text', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    const plan = await planSweep(configWith(''), ['seed=0,1']);
    await enqueue({ ...plan, runs: plan.runs.map(run => ({ ...run, experiment: { ...run.experiment!, title: '<img src=x>|[a](command:b)\n# c' } })) }, runsDir);
    const [table] = experimentTables((await listRuns(runsDir)).runs);
    expect(tableMarkdown(table!)).toContain('| \\<img src=x\\>\\|\\[a\\](command:b) # c |');
  });
});
