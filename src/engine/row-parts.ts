/**
 * A batch taken in parts inside one step function: a body that works on rows, for one run of rows after another, and its
 * results put together again. Whoever runs the step may run the parts otherwise: while a step is recorded for a graph the
 * body becomes a function of the graph, and its calls run side by side (`graph/part-calls.ts`).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TensorMap } from './engine';

/** How a batch is cut: `lanes` parts at a time, `passes` times; all parts have the same number of rows. */
export interface RowPlan { readonly lanes: number; readonly passes: number }

/** Everything at once. */
export const wholeBatch: RowPlan = { lanes: 1, passes: 1 };

/** What the body gives for some rows: `rows` has a row [rows, ...] for each, `sums` are added over the parts. */
export interface RowResults { readonly rows: TensorMap; readonly sums: TensorMap }

/** The body: from tensors of some rows, [rows, ...] each. It may use tensors from outside, and gives only tensors it made. */
export type RowBody = (rows: TensorMap) => RowResults;

/** Something that runs the parts. */
export type PartsRunner = (rows: TensorMap, plan: RowPlan, body: RowBody) => RowResults;

/** The parts of a plan. */
export const partsOf = ({ lanes, passes }: RowPlan): number => lanes * passes;

/** Part `index` of `parts` of tensors [B, ...]. */
export function rowsOfPart(rows: TensorMap, index: number, parts: number): TensorMap {
  return Object.fromEntries(Object.entries(rows).map(([name, tensor]) => {
    const [all, ...rest] = tensor.shape;
    const size = all / parts;
    return [name, tf.slice(tensor, [index * size, ...rest.map(() => 0)], [size, ...rest])];
  }));
}

/** The rows of all parts in order, [B, ...]. */
export const joinedRows = (parts: readonly TensorMap[]): TensorMap => Object.fromEntries(Object.keys(parts[0]!).map(name => [name, tf.concat(parts.map(part => part[name]!), 0)]));

/** One part after another; sums in their order. */
export const oneAfterAnother: PartsRunner = (rows, plan, body) => {
  const parts = partsOf(plan);
  const done: TensorMap[] = [];
  let sums: TensorMap | null = null;
  for (let index = 0; index < parts; index++) {
    const before: TensorMap | null = sums;
    const part = tf.tidy(() => body(rowsOfPart(rows, index, parts)) as unknown as Record<string, Record<string, tf.Tensor>>) as unknown as RowResults;
    done.push(part.rows);
    sums = before ? tf.tidy(() => Object.fromEntries(Object.entries(part.sums).map(([name, sum]) => [name, tf.add(before[name]!, sum)]))) : part.sums;
    if (before) tf.dispose([before, part.sums]);
  }
  const joined = joinedRows(done);
  tf.dispose(done);
  return { rows: joined, sums: sums ?? {} };
};

let runner: PartsRunner = oneAfterAnother;

/** While `f` runs, parts are run by `other`. */
export function withPartsRunner<T>(other: PartsRunner, f: () => T): T {
  const before = runner;
  runner = other;
  try {
    return f();
  } finally {
    runner = before;
  }
}

/** `body` over the rows of `rows`, [B, ...] each, cut as `plan` says: its lanes and passes divide B. */
export const overRows = (rows: TensorMap, plan: RowPlan, body: RowBody): RowResults => (partsOf(plan) === 1 ? body(rows) : runner(rows, plan, body));
