/** Every system of the paper on 4x4 Sudoku, through the programs: trained, evaluated, traced, and resumed to the same numbers. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { archNames } from '../../src/config/arch-schema';
import { traceSchema } from '../../src/runs/schema';
import { readTrace } from '../../src/runs/traces';
import { temporaryFolder } from '../unit/runs-fixture';
import { documentOf, eventsOf, expectRefusal, jsonOf, ofKind, tiny, trm, writeConfig } from './programs';
import type { Keys } from './programs';

const small = { hidden_size: 16, expansion: 1, forward_dtype: 'float32' };
const tokens = { mlp_t: true, pos_encodings: 'none', puzzle_emb_len: 1 };
const recursive = { ...small, ...tokens, L_layers: 1, H_cycles: 2, L_cycles: 2, halt_max_steps: 3 };

/** The architecture, the features and updates of a supervision step, and how many such steps there are. */
const systems: readonly [what: string, arch: Keys, updates: string[]][] = [
  ['trm', { name: 'trm', ...recursive }, ['z_L', 'z_L', 'z_H', 'z_L', 'z_L', 'z_H']],
  ['trm with separate networks, one-step gradient and the continue head', { name: 'trm', ...recursive, separate_networks: true, gradient: 'one_step', no_ACT_continue: false }, ['z_L', 'z_L', 'z_H', 'z_L', 'z_L', 'z_H']],
  ['trm_singlez', { name: 'trm_singlez', ...recursive }, Array<string>(6).fill('z_L')],
  ['trm_hier6', { name: 'trm_hier6', ...recursive, z_features: 3 }, ['z_L1', 'z_L2', 'z_H', 'z_L1', 'z_L2', 'z_H']],
  ['hrm', { name: 'hrm', ...small, mlp_t: true, pos_encodings: 'none', H_layers: 1, L_layers: 1, H_cycles: 2, L_cycles: 2, halt_max_steps: 3 }, ['z_L', 'z_L', 'z_H', 'z_L', 'z_L', 'z_H']],
  ['transformers_baseline', { name: 'transformers_baseline', ...small, num_heads: 2, H_layers: 1, halt_max_steps: 3, act_inference: true }, ['z_H']],
  ['direct', { name: 'direct', ...small, ...tokens, H_layers: 2 }, ['z_H']],
  ['deq', { name: 'deq', ...small, ...tokens, L_layers: 1, solver_iterations: 3 }, Array<string>(4).fill('z_L')],
];

it('leaves none out', () => expect(new Set(systems.map(([, { name }]) => name))).toEqual(new Set(archNames)));

describe.each(systems)('%s', (_, arch, updates) => {
  it('trains, evaluates, traces and resumes', async () => {
    const folder = temporaryFolder();
    writeConfig(folder, { ...tiny, arch, epochs: 4, watch: [2], threads: 1 });
    const done = documentOf(await trm(['train', 'tiny.trm.yaml', '--json'], folder));
    expect(done).toMatchObject({ state: 'finished', step: 30, total_steps: 30 });
    const dir = String(done['dir']);
    const events = await eventsOf(dir);
    const trained = ofKind(events, 'train');
    expect(trained.at(-1)!.lm_loss).toBeLessThan(trained[0]!.lm_loss);
    for (const event of trained) expect(event.solver_residual !== undefined && event.adjoint_iterations !== undefined).toBe(arch['name'] === 'deq');
    const depth = Number(arch['halt_max_steps'] ?? 1);
    const own = ofKind(events, 'eval').at(-1)!;
    expect(own).toMatchObject({ step: 30, count: 20, depth });

    // A trace says what was updated; there is a z where there is a feature besides the answer.
    const trace = await readTrace(dir, 30, 2);
    expect(trace.arch).toBe(arch['name']);
    expect(trace.frames.map(({ m, name }) => `${m} ${name!}`)).toEqual(Array.from({ length: depth }, (_, m) => updates.map(feature => `${m + 1} ${feature}`)).flat());
    expect(trace.z_tokens !== null).toBe(updates.includes('z_H') && updates.some(feature => feature !== 'z_H'));

    // Saved weights give the same evaluation, and the same trace.
    const again = documentOf(await trm(['eval', path.join(dir, 'checkpoints', 'step-30'), '--json'], folder));
    expect(again).toMatchObject({ exact_count: own.exact_count, cell_accuracy: own.accuracy, lm_loss: own.lm_loss, per_step: own.per_step });
    const traced = await trm(['trace', path.join(dir, 'checkpoints', 'step-30'), '--puzzle', '2', '--json'], folder);
    expect(traceSchema.parse(documentOf(traced))).toEqual({ ...trace, attempt: undefined });

    // Resumed in the middle, the rest of the training is the same to the last bit.
    expect(documentOf(await trm(['resume', dir, '--checkpoint', 'step-15', '--json'], folder))).toMatchObject({ state: 'finished', step: 30 });
    const second = ofKind(await eventsOf(dir), 'train').filter(({ attempt }) => attempt === 2);
    const losses = (some: typeof trained): unknown[] => some.map(({ step, loss, grad_norm, accuracy, solver_residual }) => ({ step, loss, grad_norm, accuracy, solver_residual }));
    expect(losses(second)).toEqual(losses(trained.filter(({ step }) => step > 15)));
    expect(jsonOf(path.join(dir, 'run.json'))).toMatchObject({ attempt: 2, config: { arch: { name: arch['name'] } } });

    if (arch['name'] === 'direct' || arch['name'] === 'deq') expectRefusal(await trm(['eval', dir, '--depth', '2'], folder), 2, `${arch['name']} has one, and carries nothing into another`, 'Choose 1.');
    else expect(documentOf(await trm(['eval', dir, '--depth', '5', '--json'], folder))).toMatchObject({ depth: 5 });
  });
});
