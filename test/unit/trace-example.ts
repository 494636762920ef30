/** A small trace for tests of the inspector: a 2x2 board of tokens 2 and 3, one supervision step of one latent recursion (z, z, y). */
import type { Trace } from '../../webview/trace/decode';

/** Bytes of a typed array as base64. */
export function base64(data: Uint8Array | Float32Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

/** The trace. Question 1 . / . .; solution 1 2 / 2 1 as tokens 2 3 / 3 2. */
export function makeTrace(): Trace {
  const y = [2, 2, 3, 3, 2, 2, 3, 3, 2, 3, 3, 2], z = [1, 3, 3, 3, 2, 3, 2, 3, 2, 3, 2, 3];
  return {
    schema: 1, run: 'demo', step: 40, weights: 'ema', puzzle: { index: 5, identifier: 0, label: 'test puzzle 5' },
    kind: 'sudoku', rows: 2, cols: 2, vocab_size: 4,
    question: base64(Uint8Array.of(2, 1, 1, 1)), solution: base64(Uint8Array.of(2, 3, 3, 2)),
    depth: 1, halt_max_steps: 1, H_cycles: 1, L_cycles: 2,
    frames: [{ m: 1, t: 1, i: 1, feature: 'z' }, { m: 1, t: 1, i: 2, feature: 'z' }, { m: 1, t: 1, i: 3, feature: 'y' }],
    y_tokens: base64(Uint8Array.from(y)), z_tokens: base64(Uint8Array.from(z)),
    y_prob: base64(Float32Array.from(y, () => 0.5)), z_prob: base64(Float32Array.from(z, (_, k) => (k === 5 ? 0.25 : 0.75))),
    change: [0.5, 0.25, 1], halting: [{ m: 1, q_halt: 1, p_halt: 0.731, would_halt: true, exact: true, accuracy: 1 }],
  };
}
