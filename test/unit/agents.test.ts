/** The tools for language models, without a window: what they take, what of this machine they may name, how much they answer. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerText, longestAnswer } from '../../src/host/agents/answer';
import { inputJsonSchema, toolInputs } from '../../src/host/agents/tool-inputs';
import { toolNames } from '../../src/host/agents/tool-names';
import { workspaceConfig } from '../../src/host/agents/workspace-config';
import { traceText } from '../../src/puzzles/trace-text';
import { digestMetrics, type MetricsDigest } from '../../src/runs/metrics-digest';
import type { EvalEvent, MetricEvent, TrainEvent } from '../../src/runs/schema';
import { temporaryFolder } from './runs-fixture';

describe('what the tools take', () => {
  interface ManifestTool { readonly name: string; readonly inputSchema: unknown; readonly modelDescription: string }
  const { contributes } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')) as { contributes: { languageModelTools: ManifestTool[] } };

  it('is what package.json says of them', () => {
    expect(contributes.languageModelTools.map(tool => tool.name)).toEqual(toolNames);
    for (const tool of contributes.languageModelTools) expect([tool.name, tool.inputSchema]).toEqual([tool.name, JSON.parse(JSON.stringify(inputJsonSchema(tool.name as (typeof toolNames)[number])))]);
  });

  it('tells a model of every tool that acts that the person is asked', () => {
    for (const { name, modelDescription } of contributes.languageModelTools) expect([name, modelDescription.includes('Asks the person first')]).toEqual([name, /start|stop|resume/.test(name)]);
  });

  it.each([
    ['trm_get_run', {}], ['trm_get_run', { run: '' }], ['trm_get_run', { run: 'a', more: 1 }], ['trm_get_metrics', { run: 'a', points: 1e9 }],
    ['trm_get_trace', { run: 'a', puzzle: -1 }], ['trm_get_trace', { run: 'a', puzzle: 0, depth: 1000 }], ['trm_list_runs', { state: 'gone' }], ['trm_validate_config', { config: 'x'.repeat(1000) }],
  ] as const)('%s refuses %j', (name, input) => {
    expect(toolInputs[name].safeParse(input).success).toBe(false);
  });
});

describe('the config a model may name', () => {
  const outside = temporaryFolder();
  const folder = path.join(outside, 'work');
  mkdirSync(path.join(folder, 'sub'), { recursive: true });
  writeFileSync(path.join(folder, 'sub', 'a.trm.yaml'), 'arch: trm\n');
  writeFileSync(path.join(folder, 'secret.txt'), 'x');
  writeFileSync(path.join(outside, 'other.yaml'), 'x');
  symlinkSync(path.join(outside, 'other.yaml'), path.join(folder, 'link.yaml'));

  it('lies in the workspace', () => {
    const file = path.join(folder, 'sub', 'a.trm.yaml');
    expect(workspaceConfig('sub/a.trm.yaml', ['/nowhere', folder])).toBe(file);
    expect(workspaceConfig(file, [folder])).toBe(file);
  });

  it.each([
    ['../other.yaml', 'outside the workspace'], [path.join(outside, 'other.yaml'), 'outside the workspace'], ['link.yaml', 'outside the workspace'],
    ['secret.txt', 'no YAML file'], ['none.yaml', 'no such file'], ['sub', 'no YAML file'], ['a\0.yaml', 'no YAML file'], ['/etc/passwd', 'no YAML file'],
  ])('is not %j', (named, reason) => {
    expect(() => workspaceConfig(named, [folder])).toThrow(reason);
  });
});

describe('an answer', () => {
  const entries = (count: number, size: number): { n: number; text: string }[] => Array.from({ length: count }, (_, n) => ({ n, text: 'x'.repeat(size) }));
  const numbers = (list: unknown): number[] => (list as { n: number }[]).map(({ n }) => n);

  it('that is short is left as it is', () => {
    expect(answerText({ a: 1 }, { a: 'last' })).toBe('{"a":1}');
  });

  it('that is too long loses its oldest entries, says how many, and stays JSON', () => {
    const text = answerText({ run: 'a', evals: entries(200, 400), alerts: entries(20, 100), runs: entries(10, 10) }, { evals: 'first', runs: 'last' });
    expect(text.length).toBeLessThanOrEqual(longestAnswer);
    expect(text.length).toBeGreaterThan(longestAnswer - 2000);
    const cut = JSON.parse(text) as Record<string, unknown>;
    const left = numbers(cut['evals']);
    expect(left.at(-1)).toBe(199);
    expect(cut['left_out']).toEqual({ evals: 200 - left.length });
    expect([numbers(cut['alerts']).length, numbers(cut['runs']).length]).toEqual([20, 10]);
    const listed = JSON.parse(answerText({ runs: entries(200, 1000) }, { runs: 'last' })) as { runs: unknown };
    expect(numbers(listed.runs).slice(0, 3)).toEqual([0, 1, 2]);
  });

  it('that is too long without its lists is left out as a whole', () => {
    expect(JSON.parse(answerText({ text: 'x'.repeat(100_000), runs: [1] }, { runs: 'last' }))).toEqual({ left_out: 'all', characters: 100_022, next: 'Ask for less.' });
  });
});

describe('metrics in short', () => {
  const stamp = (step: number, attempt = 1) => ({ attempt, step, examples: step * 8, wall: step, process: step });
  const train = (step: number, loss: number, attempt = 1): TrainEvent => ({
    kind: 'train', ...stamp(step, attempt), loss, lm_loss: loss / 2, q_halt_loss: 1, q_continue_loss: null, count: 0, accuracy: null, exact_accuracy: null, q_halt_accuracy: null,
    steps: step % 2 ? 3 : null, lr: 1e-3, grad_norm: 2, seconds: 0.5,
  });
  const evaluation = (step: number): EvalEvent => ({
    kind: 'eval', ...stamp(step), depth: 4, count: 20, total: 200, weights: 'ema', exact_accuracy: 0.5, exact_count: 10, exact_interval: [0.3, 0.7], accuracy: 0.9, accuracy_interval: [0.8, 0.95],
    loss: 1, lm_loss: 1, q_halt_loss: 1, q_halt_accuracy: 1, per_step: [], calibration: [], seconds: 1,
  });
  async function digest(events: readonly MetricEvent[], steps: number, points: number): Promise<MetricsDigest> {
    const dir = temporaryFolder();
    writeFileSync(path.join(dir, 'metrics.jsonl'), events.map(event => `${JSON.stringify(event)}\n`).join(''));
    return digestMetrics(dir, steps, points);
  }
  const steps = (from: number, to: number, loss: (step: number) => number, attempt = 1): TrainEvent[] => Array.from({ length: to - from + 1 }, (_, i) => train(from + i, loss(from + i), attempt));
  const resumeAt = (step: number): MetricEvent => ({ kind: 'marker', ...stamp(step, 2), marker: 'resume', supersedes: step });

  it('are means over stretches of equal length, and all evaluations', async () => {
    const { train: stretches, evals, last_step } = await digest([...steps(1, 100, step => step), evaluation(50)], 100, 10);
    expect(stretches).toHaveLength(10);
    expect(stretches[0]).toEqual({ step: 10, steps_in: 10, loss: 5.5, lm_loss: 2.75, q_halt_loss: 1, accuracy: null, exact_accuracy: null, steps: 3, grad_norm: 2, lr: 1e-3, seconds: 0.5 });
    expect(evals).toEqual([{ step: 50, count: 20, exact_count: 10, exact_accuracy: 0.5, exact_interval: [0.3, 0.7], cell_accuracy: 0.9 }]);
    expect(last_step).toBe(100);
  });

  it('leave out what a resume took back', async () => {
    const { train: stretches, evals_in_all } = await digest([...steps(1, 30, () => 1), evaluation(25), resumeAt(20), ...steps(21, 25, () => 7, 2)], 40, 4);
    expect(stretches.map(({ step, steps_in, loss }) => [step, steps_in, loss])).toEqual([[10, 10, 1], [20, 10, 1], [25, 5, 7]]);
    expect(evals_in_all).toBe(0);
  });

  it('keep what a resume within a stretch leaves of it, however long ago it was read', async () => {
    const before = steps(1, 6000, () => 1); // several pieces of the file
    const { train: stretches, last_step } = await digest([...before, resumeAt(1490)], 6000, 24);
    expect([last_step, stretches.length, stretches.at(-1)?.steps_in]).toEqual([1490, 6, 240]);
    const { train: later } = await digest([...before, resumeAt(1490), ...steps(1491, 1500, () => 26, 2)], 6000, 24);
    expect([later.at(-1)?.step, later.at(-1)?.steps_in, later.at(-1)?.loss]).toEqual([1500, 250, 2]);
  });

  it('come from a file of any size within the lengths asked for', async () => {
    const dir = temporaryFolder();
    const lines = Array.from({ length: 5000 }, (_, i) => JSON.stringify(train(i + 1, 1)));
    writeFileSync(path.join(dir, 'metrics.jsonl'), `${lines.join('\n')}\nnonsense\n`);
    const digest = await digestMetrics(dir, 5000, 7);
    expect(digest.train).toHaveLength(7);
    expect(digest.train.reduce((sum, { steps_in }) => sum + steps_in, 0)).toBe(5000);
    await expect(digestMetrics(dir, 5000, 7, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

it('a trace as text has the answer of each supervision step', () => {
  const base64 = (...tokens: number[]): string => Buffer.from(tokens).toString('base64');
  const shown = (digit: number): number[] => Array.from({ length: 16 }, () => digit + 1);
  const text = traceText({ rows: 4, cols: 4, vocab_size: 6, question: base64(...shown(0)), solution: null, y_tokens: base64(...shown(1), ...shown(2), ...shown(3), ...shown(4)), depth: 2, frames: { length: 4 } });
  expect(text.question.split('\n')[0]).toBe('. . | . .');
  expect(text.answers.map(answer => answer.split('\n')[0])).toEqual(['2 2 | 2 2', '4 4 | 4 4']);
  expect(text.solution).toBeNull();
});
