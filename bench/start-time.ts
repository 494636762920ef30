/**
 * From the start of the process to the end of its first optimiser step, in a process that does nothing else: the
 * engine's library loaded, the step recorded and compiled, run once. No dataset is built and no run folder written: `first-event` has those.
 */
import type { Engine } from '../src/engine/engine';
import { shapes } from './shapes';
import type { ShapeName } from './shapes';
import { peakMemory, round, timed } from './statistics';
import type { Row } from './task';
import { openEngine, openTraining } from './trainings';

/** Measures it, once: to be called in a new process. */
export async function startTime(shapeName: ShapeName, engineName: Engine['name']): Promise<Row> {
  const program = performance.now(); // since the process started
  const engine = await openEngine(engineName, shapes[shapeName], 'float32');
  const open = performance.now();
  const { training, advance } = openTraining(engine, shapes[shapeName], 'float32');
  await advance();
  const first = performance.now();
  const second = await timed(advance);
  training.dispose();
  return { first_step_done_ms: round(first), program_ms: round(program), engine_ms: round(open - program), compile_and_first_step_ms: round(first - open), second_step_ms: round(second), peak_mb: round(peakMemory()) };
}
