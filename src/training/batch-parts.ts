/**
 * The row by row work of a step (everything but the update of the weights) over the parts of a batch: which tensors have a row
 * per slot, which are the same for all, and which of the results are put together or summed.
 */
import type { TensorMap } from '../engine/engine';
import { overRows } from '../engine/row-parts';
import type { RowPlan } from '../engine/row-parts';

/** What some rows give. */
export interface PartResults {
  /** A row per slot, [rows, ...], or a scalar, which is these rows' share of the batch's. */
  readonly outputs: TensorMap;
  /** The features carried on, [rows, S, D]. */
  readonly carry: TensorMap;
  /** These rows' share of the gradients, by parameter name. */
  readonly gradients: TensorMap;
}

const withPrefix = (prefix: string, tensors: TensorMap): TensorMap => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
const under = (prefix: string, tensors: TensorMap): TensorMap => Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]));
const select = (tensors: TensorMap, wanted: (name: string) => boolean): TensorMap => Object.fromEntries(Object.entries(tensors).filter(([name]) => wanted(name)));
const isCarry = (name: string): boolean => name.startsWith('carry.');

/** `body` over the whole batch, cut as `plan` says. `state` and `inputs` are those of a step; every part gets the rows of `carry.*` and of the inputs. */
export function overBatch(state: TensorMap, inputs: TensorMap, plan: RowPlan, body: (state: TensorMap, inputs: TensorMap) => PartResults): PartResults {
  const isRowwise = (name: string): boolean => inputs[name]!.rank > 0;
  const { rows, sums } = overRows({ ...select(state, isCarry), ...select(inputs, isRowwise) }, plan, part => {
    const { outputs, carry, gradients } = body({ ...state, ...select(part, isCarry) }, { ...inputs, ...select(part, name => !isCarry(name)) });
    return {
      rows: { ...withPrefix('output ', select(outputs, name => outputs[name]!.rank > 0)), ...withPrefix('carry ', carry) },
      sums: { ...withPrefix('output ', select(outputs, name => outputs[name]!.rank === 0)), ...withPrefix('gradient ', gradients) },
    };
  });
  return { outputs: { ...under('output ', rows), ...under('output ', sums) }, carry: under('carry ', rows), gradients: under('gradient ', sums) };
}
