/** The benchmark around its measurements: where the published code is looked for, how its answer is read, what counts as flat, the tables. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { growth } from '../../bench/leak';
import { markdown } from '../../bench/markdown';
import { findPeer, peerSpec, readAnswer } from '../../bench/peer';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'trm-bench-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = (checkout?: string, python?: string, device?: string): NodeJS.ProcessEnv => ({
  ...(checkout === undefined ? {} : { TRM_BENCH_PEER_CHECKOUT: checkout }), ...(python === undefined ? {} : { TRM_BENCH_PEER_PYTHON: python }), ...(device === undefined ? {} : { TRM_BENCH_PEER_DEVICE: device }),
});

/** A folder that looks like a checkout, and a file in the place of a Python. */
function checkout(): { checkout: string; python: string } {
  mkdirSync(path.join(folder, 'models', 'recursive_reasoning'), { recursive: true });
  writeFileSync(path.join(folder, 'models', 'recursive_reasoning', 'trm.py'), '');
  writeFileSync(path.join(folder, 'python'), '');
  return { checkout: folder, python: path.join(folder, 'python') };
}

test('without a checkout and a Python there is no peer to measure', () => {
  expect(findPeer({})).toBeNull();
});

test('a checkout and a Python are a peer, on the CPU unless told otherwise', () => {
  const here = checkout();
  expect(findPeer(env(here.checkout, here.python))).toEqual({ ...here, device: 'cpu' });
  expect(findPeer(env(here.checkout, here.python, 'cuda'))).toEqual({ ...here, device: 'cuda' });
});

test('half a peer, or a wrong one, is refused in words that say what is missing', () => {
  const here = checkout();
  expect(() => findPeer(env(here.checkout))).toThrow(/not --peer-python.*torch, einops and pydantic/);
  expect(() => findPeer(env(undefined, here.python))).toThrow(/not --peer-checkout/);
  const empty = path.join(folder, 'models');
  expect(() => findPeer(env(empty, here.python))).toThrow(`${empty} is not a checkout of the published code: there is no ${path.join(empty, 'models', 'recursive_reasoning', 'trm.py')}`);
  expect(() => findPeer(env(here.checkout, path.join(folder, 'python9')))).toThrow(`There is no Python at ${path.join(folder, 'python9')}`);
  expect(() => findPeer(env(here.checkout, folder))).toThrow(/There is no Python at/); // a folder is no program
  expect(() => findPeer(env(here.checkout, here.python, 'tpu'))).toThrow(/cpu or cuda, not tpu/);
});

test('the driver is asked for the shape in the published names', () => {
  expect(peerSpec('C', 'bfloat16', 2)).toMatchObject({
    arch: { hidden_size: 128, num_heads: 2, mlp_t: false, pos_encodings: 'rope', puzzle_emb_ndim: 128, puzzle_emb_len: 16, H_cycles: 3, L_cycles: 6, forward_dtype: 'bfloat16', halt_exploration_prob: 0.1 },
    loss_type: 'stablemax_cross_entropy', data: { vocab_size: 11, seq_len: 81, num_puzzle_identifiers: 1 }, batch: 32, threads: 2,
    optimizer: { lr: 1e-4, beta1: 0.9, beta2: 0.95, weight_decay: 0.1, puzzle_emb_lr: 1e-2, puzzle_emb_weight_decay: 0.1, ema_rate: 0.999 },
  });
});

const row = { median_ms: 594.26, fastest_ms: 553.1, steps_timed: 34, examples_per_s: 107.7, matmul_gflops: 184.4, peak_mb: 1326.2, torch: '2.13.0' };

test('the driver\'s answer is its last line, whatever was printed before', () => {
  expect(readAnswer(`a warning\n${JSON.stringify({ row })}\n`)).toEqual({ median_ms: 594, fastest_ms: 553, steps_timed: 34, examples_per_s: 108, matmul_gflops: 184, peak_mb: 1326, torch: '2.13.0' });
});

test('what the driver refuses is said with its next step', () => {
  expect(() => readAnswer(JSON.stringify({ problem: 'no torch there', next: 'Install it.' }))).toThrow('no torch there. Install it.');
});

test('an answer that is none, or lacks a number, is not taken for a result', () => {
  expect(() => readAnswer('')).toThrow('the driver ended without an answer');
  expect(() => readAnswer('Killed')).toThrow('the driver ended without an answer');
  expect(() => readAnswer(JSON.stringify({ row: { ...row, median_ms: undefined } }))).toThrow('not understood');
  expect(() => readAnswer(JSON.stringify({ row: { ...row, median_ms: 0 } }))).toThrow('not understood');
});

test('flat: memory within 5 %, tensors and descriptors not one more', () => {
  const first = { rss: 100e6, tensors: 40, descriptors: 21 };
  const after = (last: Partial<typeof first>) => growth([first, { ...first, rss: 300e6 }, { ...first, ...last }]);
  expect(after({ rss: 104.9e6 })).toMatchObject({ flat: 'yes', growth_percent: 4.9, rss_mb: '100 300 105', tensors: '40 -> 40', descriptors: '21 -> 21' });
  expect(after({ rss: 105.1e6 }).flat).toBe('no');
  expect(after({ rss: 60e6 }).flat).toBe('yes');
  expect(after({ tensors: 41 }).flat).toBe('no');
  expect(after({ descriptors: 22 }).flat).toBe('no');
  expect(growth([{ rss: 1, tensors: 1, descriptors: null }]).descriptors).toBe('unknown here');
});

test('the tables: ours, ours beside theirs, the rest', () => {
  const ours = { median_ms: 478, fastest_ms: 434, examples_per_s: 134, gflop: 47.6, gflops: 99.6, matmul_gflops: 200, peak_mb: 1245 };
  const text = markdown({
    'step/B/tensorflow': { row: ours }, 'peer/B/float32/eager': { row: { ...row, median_ms: 1700, fastest_ms: 1650.5 } }, 'peer/B/float32/compile': { row: { ...row, median_ms: 956, fastest_ms: 901 } },
    'step/B/tensorflow-bfloat16': { absent: 'the engine has no bfloat16' }, 'step/A/wasm': { problem: 'out of memory' },
    'leak/wasm': { row: { flat: 'yes' } }, runs: { problem: 'no disk' },
  });
  expect(text).toContain('| B | float32 | `tensorflow` | 478 | 134 | 99.6 | 200 | 1,245 |');
  // 1.15 * 47.6 GFLOP / 200 GFLOP/s = 274 ms
  expect(text).toContain('| B | float32 | 478 (434) | 1,700 (1,650.5) | 956 (901) | 0.50 | 274 | 184.4 | 1,326.2 |');
  expect(text).toContain('| `leak/wasm` | flat yes |');
  expect(text).toContain('| `runs` | not measured: no disk |');
  expect(text).not.toContain('| A |');
  expect(text).not.toMatch(/\| B \| bfloat16/);
});
