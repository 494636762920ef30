/**
 * What training the small examples takes, as measured: the one place that says it. Presets are offered with it, and
 * docs/examples.md has it in a table. `npm run bench -- --only example` measures it anew (bench/example-size.ts).
 */

/** What a training takes on an engine. */
export interface MeasuredSize {
  /** Median milliseconds of an optimiser step. */
  readonly step_ms: number;
  /** Most memory the trainer held, megabytes (10^6 bytes). */
  readonly peak_mb: number;
}

/** Engines it was measured on, and the machine. */
export type MeasuredEngine = 'tensorflow' | 'wasm';
/** The machine, in words. */
export const measuredOn = '2 cores of an AMD EPYC server, no GPU';

/** By the name of the example. */
export const measuredSizes: Readonly<Record<string, Readonly<Record<MeasuredEngine, MeasuredSize>>>> = {
  'sudoku-4x4': { tensorflow: { step_ms: 59, peak_mb: 628 }, wasm: { step_ms: 196, peak_mb: 432 } },
  'sudoku-4x4-direct': { tensorflow: { step_ms: 37, peak_mb: 622 }, wasm: { step_ms: 130, peak_mb: 366 } },
  'sudoku-4x4-hrm': { tensorflow: { step_ms: 37, peak_mb: 604 }, wasm: { step_ms: 142, peak_mb: 324 } },
  'sudoku-4x4-deq': { tensorflow: { step_ms: 151, peak_mb: 741 }, wasm: { step_ms: 833, peak_mb: 426 } },
  'sudoku-6x6': { tensorflow: { step_ms: 119, peak_mb: 651 }, wasm: { step_ms: 312, peak_mb: 544 } },
  'maze-10': { tensorflow: { step_ms: 100, peak_mb: 684 }, wasm: { step_ms: 287, peak_mb: 506 } },
  'arc-small': { tensorflow: { step_ms: 83, peak_mb: 628 }, wasm: { step_ms: 232, peak_mb: 495 } },
  'ablation-4x4': { tensorflow: { step_ms: 74, peak_mb: 697 }, wasm: { step_ms: 197, peak_mb: 388 } },
  'ablation-6x6': { tensorflow: { step_ms: 121, peak_mb: 675 }, wasm: { step_ms: 321, peak_mb: 456 } },
  'ablation-maze-10': { tensorflow: { step_ms: 212, peak_mb: 740 }, wasm: { step_ms: 552, peak_mb: 578 } },
};
