/** Made-up runs for the charts: a falling loss with noise that is the same every time. */
import type { RunHeader } from '../src/protocol/charts';
import type { TrainEvent } from '../src/runs/schema';

/** Runs in one view, and train events of each. */
export const runs = 7, points = 100_000;

/** What heads run number `run`. */
export function headerOf(run: number): RunHeader {
  return { id: `run-${run}`, name: `run ${run}`, state: 'running', status: '', step: 0, totalSteps: null, engine: 'wasm', haltMaxSteps: 16, best: null, failure: null, unreadable: null };
}

/** The train event of a step. */
export function trainEvent(run: number, step: number): TrainEvent {
  const noise = Math.sin(step * 12.9898 + run) * 0.3;
  const share = Math.min(1, 0.5 + step / 200_000 + noise / 10);
  return {
    kind: 'train', attempt: 1, step, examples: step * 64, wall: 1e9 + step / 3, process: step / 3, loss: 2 / (1 + step / 5000) + noise, lm_loss: 1 + noise, q_halt_loss: 0.5 + noise, q_continue_loss: null,
    count: 8, accuracy: share, exact_accuracy: share / 2, q_halt_accuracy: share, steps: 8 + noise, lr: 1e-3, grad_norm: 1 + noise, seconds: 0.33 + noise / 10,
  };
}
