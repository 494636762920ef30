/** How accurate a checkpoint is when it stops after k supervision steps, for every k up to a depth: the shape of that answer, checked wherever it is read. */
import { z } from 'zod';

/** The curve; `count` of `wanted` puzzles so far. */
export const depthCurveSchema = z.object({
  checkpoint: z.string(),
  /** Optimiser step; null for a published checkpoint. */
  step: z.int().nullable(),
  weights: z.enum(['ema', 'model']),
  /** Supervision steps: measured, and at most in training. */
  depth: z.int().positive(), halt_max_steps: z.int().positive(),
  /** Independent puzzles: evaluated, asked for, in the test data. */
  count: z.int().nonnegative(), wanted: z.int().nonnegative(), total: z.int().nonnegative(),
  seconds: z.number(),
  engine: z.string(),
  points: z.array(z.object({
    k: z.int().positive(),
    /** Puzzles wholly right if stopped here, and the 95 % Wilson interval of their share. */
    exact_count: z.int().nonnegative(), exact_interval: z.tuple([z.number(), z.number()]),
    /** Share of cells. */
    accuracy: z.number(),
    mean_p_halt: z.number(),
    /** Share of puzzles that would have halted first at this step. */
    would_halt: z.number(),
  })),
});
/** The curve. */
export type DepthCurve = z.infer<typeof depthCurveSchema>;
