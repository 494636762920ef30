/**
 * Memory: the estimate's structure against a count by hand, what it advises, and how a run that the kernel ended is told from
 * one that somebody killed. Whether the estimate is near the measured peak is for the bench to say (`npm run bench -- --only memory`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load';
import type { ResolvedConfig } from '../../src/config/resolve';
import { memoryFit } from '../../src/host/language/summary';
import { savedBytes, trainingMemory, wasmLimit } from '../../src/model/memory';
import { batchThatFits, bytesText, fits, memoryAdvice, resumeCommandText } from '../../src/runs/memory-need';
import type { MemoryNeed, RunMemory } from '../../src/runs/memory-need';
import { memoryDeath, recordMemoryDeath } from '../../src/runs/out-of-memory';
import { readRun } from '../../src/runs/read-run';
import { memoryFacts } from '../../src/runtime/memory';
import { Script, bundle, temporaryFolder } from './runs-fixture';

const data = { vocab_size: 11, seq_len: 81, num_puzzle_identifiers: 1 };
const config = (text: string): ResolvedConfig => parseConfig(`${text}\ndata_paths: [x]\n`).config!;
const mlp = config('arch: {name: trm, mlp_t: true, pos_encodings: none, hidden_size: 128}\nglobal_batch_size: 32\nema: true');
const attention = config('arch: {name: trm, hidden_size: 128, num_heads: 2}\nglobal_batch_size: 32\nema: true');
const onCpu = { engine: 'tensorflow', device: 'cpu', forward_dtype: 'float32' } as const;

describe('the estimate', () => {
  it('counts what the recursion with gradient keeps, by hand for TRM-MLP', () => {
    // 7 applications of 2 blocks over S = 97, D = 128. Tokens: 128 vectors of 97, inner width 512; features: 97 of 128, inner width 512.
    const tokens = 128 * (2 * 512 + 97);
    const features = 97 * (2 * 512 + 128);
    expect(savedBytes(mlp.arch, data, 1)).toBe(4 * 14 * (tokens + features + 2 * 97 * 128));
    expect(savedBytes(mlp.arch, data, 32)).toBe(32 * savedBytes(mlp.arch, data, 1));
    expect(savedBytes(mlp.arch, data, 1, 'bfloat16')).toBe(savedBytes(mlp.arch, data, 1)); // the peak is the recording, in float32
  });

  it('grows with what the docs say it grows with', () => {
    const of = (text: string): number => trainingMemory(config(`arch: {name: trm, mlp_t: true, pos_encodings: none, hidden_size: 128${text}}\nglobal_batch_size: 32`), data, onCpu).estimated;
    const base = of('');
    expect(of(', H_cycles: 6')).toBe(base);
    expect(of(', halt_max_steps: 3')).toBe(base);
    expect(of(', L_cycles: 13')).toBeGreaterThan(base * 1.4);
    expect(of(', L_layers: 4')).toBeGreaterThan(base * 1.4);
    expect(trainingMemory(attention, data, onCpu).estimated).not.toBe(trainingMemory(mlp, data, onCpu).estimated);
  });

  it('is of one pass, not of the whole batch, with micro-batches', () => {
    const whole = trainingMemory(mlp, data, onCpu);
    const micro = trainingMemory({ ...mlp, micro_batch_size: 8 }, data, onCpu);
    expect(micro).toMatchObject({ slots: 8, batch: 32, per_slot: whole.per_slot });
    expect(whole.estimated - micro.estimated).toBeCloseTo(24 * whole.per_slot, 0);
  });

  it('is of the rows that all lanes compute at once, however large the batch', () => {
    const lanes = { ...onCpu, lanes: 2 };
    expect(trainingMemory(mlp, data, lanes)).toMatchObject({ slots: 16, batch: 32 }); // 8 rows a lane
    expect(trainingMemory({ ...mlp, global_batch_size: 256, micro_batch_size: 256 }, data, lanes).slots).toBe(16);
    expect(trainingMemory({ ...mlp, micro_batch_size: 4 }, data, lanes).slots).toBe(4);
  });

  it('counts the state: averages and moments are copies of the weights', () => {
    const state = (text: string): number => trainingMemory(config(`arch: {name: trm, hidden_size: 512, mlp_t: true, pos_encodings: none}\nglobal_batch_size: 1\n${text}`), data, onCpu).estimated;
    expect(state('ema: true')).toBeGreaterThan(state('ema: false'));
    expect(state('freeze_weights: true')).toBeLessThan(state('ema: false') - 3 * 4 * 5e6);
  });
});

const need: MemoryNeed = { estimated: 10.5e9, per_slot: 0.1e9, slots: 100, batch: 100 }; // 0.5 GB and 100 MB per slot

describe('advice', () => {
  it('is the largest micro-batch that divides the batch and fits, a tenth kept free', () => {
    expect(batchThatFits(need, 20e9)).toEqual({ key: 'micro_batch_size', value: 100 });
    expect(batchThatFits(need, 6.2e9)).toEqual({ key: 'micro_batch_size', value: 50 }); // 50.8 would
    expect(batchThatFits(need, 5.5e9)).toEqual({ key: 'micro_batch_size', value: 25 }); // 44.5 would
    const fit = batchThatFits(need, 6.2e9)!;
    expect(0.5e9 + fit.value * need.per_slot).toBeLessThanOrEqual(6.2e9);
  });

  it('is a smaller batch where the batch has no such part', () => {
    const prime = { ...need, slots: 97, batch: 97, estimated: 0.5e9 + 97 * 0.1e9 };
    expect(batchThatFits(prime, 6.2e9)).toEqual({ key: 'global_batch_size', value: 50 });
  });

  it('is another model when not even one puzzle fits', () => {
    expect(batchThatFits(need, 0.6e9)).toBeNull();
    expect(memoryAdvice(need, 0.6e9)).toEqual({ next: expect.stringMatching(/hidden_size/) as string });
    expect(memoryAdvice(need, 6.2e9)).toEqual({ next: 'Set micro_batch_size: 50 (the same training, in 2 passes per step): about 5.5 GB.', micro_batch_size: 50 });
    const failure = { cause: 'out_of_memory' as const, message: '', ...memoryAdvice(need, 6.2e9) };
    expect(resumeCommandText({ id: 'sudoku-1', failure })).toBe(' `trm resume sudoku-1 --micro-batch-size 50` goes on with it.');
    expect(resumeCommandText({ id: 'sudoku-1', failure: { ...failure, micro_batch_size: undefined } })).toBe('');
    expect(fits(need, 11e9)).toBe(false);
    expect(fits(need, 12e9)).toBe(true);
  });

  it('stands in the line above a config when it will not fit, of which wasm can use 4 GiB only', () => {
    const place = { ...onCpu, free: 20e9 };
    expect(memoryFit(need, place)).toEqual({ size: '10.5 GB', advice: null });
    expect(memoryFit(need, { ...place, free: 6.2e9 }).advice).toMatch(/micro_batch_size: 50/);
    expect(memoryFit(need, { ...place, engine: 'wasm', workers: 1 }).advice).toBe(memoryAdvice(need, wasmLimit).next);
  });

  it('is in words', () => {
    expect([1e6, 649.6e6, 999.6e6, 3.374e9, 21.2e9].map(bytesText)).toEqual(['1 MB', '650 MB', '1.0 GB', '3.4 GB', '21.2 GB']);
  });
});

describe('this machine', () => {
  it('has memory free, at most as much as there is', async () => {
    const { free, of, oomKills } = await memoryFacts();
    expect(free).toBeGreaterThan(2 ** 26);
    const total = Number(/^MemTotal:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) * 1024;
    expect(free).toBeLessThanOrEqual(total);
    expect(['machine', 'group', 'process']).toContain(of);
    expect(oomKills.machine).toBe(Number(/^oom_kill (\d+)/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? NaN));
  });
});

const memory: RunMemory = { estimated: 18e9, per_slot: 0.17e9, slots: 100, batch: 100, free: 20e9, of: 'machine', oom_kills: { machine: 3, group: 0 } };

describe('the end of a trainer that said nothing', () => {
  const killed = { oomKills: { machine: 4, group: 0 }, signal: 'SIGKILL' };
  it('was memory when the kernel counted one more and the run was large', () => {
    expect(memoryDeath(memory, 17e9, killed)).toMatch(/the machine had none left\. It held 17\.0 GB/);
    expect(memoryDeath(memory, null, killed)).toMatch(/Out of memory/);
    expect(memoryDeath(memory, 17e9, { ...killed, oomKills: { machine: null, group: 1 } })).toMatch(/container has a limit/);
    expect(memoryDeath(memory, 17e9, { oomKills: killed.oomKills })).toMatch(/Out of memory/); // nobody saw the signal
  });
  it('was something else when no count rose, the run was small, or it was another signal', () => {
    expect(memoryDeath(memory, 17e9, { ...killed, oomKills: { machine: 3, group: 0 } })).toBeNull();
    expect(memoryDeath(memory, 17e9, { ...killed, oomKills: { machine: null, group: null } })).toBeNull();
    expect(memoryDeath({ ...memory, estimated: 1e9 }, 0.8e9, killed)).toBeNull();
    expect(memoryDeath(memory, 17e9, { ...killed, signal: 'SIGSEGV' })).toBeNull();
    expect(memoryDeath(undefined, 17e9, killed)).toBeNull();
  });
  it('was memory when its last words say so', () => {
    const output = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n';
    expect(memoryDeath(memory, 2e9, { oomKills: memory.oom_kills, signal: 'SIGABRT', output })).toMatch(/"JavaScript heap out of memory"\. It held 2\.0 GB/);
  });

  /** A run of this memory whose trainer was ended by SIGKILL. */
  async function killedRun(): Promise<string> {
    const script = bundle(`
      import { RunWriter } from '#runs/run-writer';
      const memory = JSON.parse(process.argv[3]);
      const writer = RunWriter.create({ runsDir: process.argv[2], name: 'sudoku', configText: 'arch: trm', manifest: { config_path: 'a.trm.yaml', config: {}, total_steps: 400, memory } });
      writer.update({ state: 'running', step: 7 });
      const stamp = { step: 7, examples: 7, wall: 1e9, process: 1 };
      writer.append({ kind: 'system', ...stamp, rss: 5e9, engine_bytes: 1, cpu_share: 1, disk_free: 1 }, { kind: 'system', ...stamp, rss: 17e9, engine_bytes: 1, cpu_share: 1, disk_free: 1 });
      void writer.flush().then(() => console.log(writer.dir));
      setInterval(() => undefined, 1000);
    `);
    const trainer = new Script(script, temporaryFolder(), JSON.stringify(memory));
    const dir = await trainer.line();
    await trainer.kill();
    return dir;
  }

  it('is recorded by whoever finds the run, with the batch size that fits', async () => {
    const dir = await killedRun();
    const found = await recordMemoryDeath(await readRun(dir), { oomKills: killed.oomKills });
    expect(found.state).toBe('failed');
    expect(found.manifest).toMatchObject({ state: 'failed', step: 7, failure: { cause: 'out_of_memory', message: expect.stringContaining('It held 17.0 GB') as string, next: expect.stringMatching(/^Set micro_batch_size: 50 .* GB\.$/) as string, micro_batch_size: 50 } });
    expect(await readRun(dir)).toMatchObject({ state: 'failed' });
  });

  it('is left as it is when the traces say nothing, or the run was resumed meanwhile', async () => {
    const dir = await killedRun();
    const run = await readRun(dir);
    const before = readFileSync(path.join(dir, 'run.json'), 'utf8');
    expect((await recordMemoryDeath(run, { oomKills: memory.oom_kills })).state).toBe('crashed');
    expect(readFileSync(path.join(dir, 'run.json'), 'utf8')).toBe(before);
    writeFileSync(path.join(dir, 'run.json'), before.replace('"attempt": 1', '"attempt": 2'));
    await recordMemoryDeath(run, killed);
    expect((await readRun(dir)).manifest.failure).toBeNull();
  });
});
