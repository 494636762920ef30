/**
 * Accuracy against depth: one evaluation at the largest depth says, for every supervision step on the way, how accurate the model were if it
 * stopped there. Small batches, so that there is something to see before all puzzles are done.
 */
import { hasOneStep } from '../model/shapes';
import { maxDepth } from '../protocol/control';
import type { DepthCurve } from '../runs/depth-curve';
import type { Evaluation } from '../training/evaluation-tally';
import { wilsonInterval } from '../statistics/intervals';
import { evaluateSaved, openSaved, type SavedOptions } from './saved-weights';

/** Rows of a batch at most. */
const batchRows = 32;
/** Puzzles when nothing else is asked for. */
const defaultExamples = 128;

/** The curve of an evaluation. */
export function curveOf(evaluation: Evaluation, facts: Pick<DepthCurve, 'checkpoint' | 'step' | 'halt_max_steps' | 'wanted' | 'engine'>): DepthCurve {
  const { count, total, weights, depth, seconds, per_step } = evaluation;
  return {
    ...facts, weights, depth, count, total, seconds,
    points: per_step.map(({ k, exact_accuracy, accuracy, mean_p_halt, would_halt }) => {
      const exact_count = Math.round(exact_accuracy * count);
      return { k, exact_count, exact_interval: wilsonInterval(exact_count, count), accuracy, mean_p_halt, would_halt };
    }),
  };
}

/** Measures the curve of saved weights; `onPartial` is told what the batches done so far say. Throws as `evaluateSaved`. */
export async function depthCurve(options: Omit<SavedOptions, 'config'> & { examples?: number | 'all' | undefined; onPartial?: (curve: DepthCurve) => void }): Promise<DepthCurve> {
  const { arch } = (await openSaved(options)).config;
  const depth = options.depth ?? (hasOneStep(arch.name) ? 1 : maxDepth);
  const facts = { halt_max_steps: arch.halt_max_steps };
  const evaluation = await evaluateSaved({
    ...options, depth, examples: options.examples ?? defaultExamples, batchRows,
    onPartial: (partial, { checkpoint, step, engine, wanted }) => options.onPartial?.(curveOf(partial, { ...facts, checkpoint, step, engine, wanted })),
  });
  return curveOf(evaluation, { ...facts, checkpoint: evaluation.checkpoint, step: evaluation.step, engine: evaluation.engine, wanted: evaluation.count });
}
