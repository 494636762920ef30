/** How many supervision steps a model can be asked for. */
import type { ResolvedArch } from '../config/resolve';
import { hasOneStep } from '../model/shapes';
import { maxDepth } from '../protocol/control';
import { UsageError } from './failure';

/** The depth asked for, else that of training. Throws UsageError for one that is not possible. */
export function depthOf(arch: ResolvedArch, asked: number | undefined): number {
  const depth = asked ?? arch.halt_max_steps;
  if (hasOneStep(arch.name) && depth !== 1) throw new UsageError(`A depth of ${depth} supervision steps is not possible: ${arch.name} has one, and carries nothing into another.`, 'Choose 1.');
  if (!Number.isInteger(depth) || depth < 1 || depth > maxDepth) throw new UsageError(`A depth of ${depth} supervision steps is not possible.`, `Choose 1 to ${maxDepth}.`);
  return depth;
}
