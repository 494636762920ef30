/**
 * What is measured: a task has a name like `step/A/wasm` (what, of what, on which engine) and gives one row of
 * numbers. Each runs in a process of its own, so that none finds the caches, the memory or the compiled code of another.
 */
import { fork } from 'node:child_process';

/** One row of results; the unit is in the key, e.g. `median_ms`. */
export type Row = Readonly<Record<string, number | string>>;

/** Something to measure. */
export interface Task {
  readonly name: string;
  readonly measure: () => Promise<Row>;
}

/** A row, or why there is none: something went wrong, or there is no such thing here (which is no failure). */
export type Outcome = { readonly row: Row } | { readonly problem: string } | { readonly absent: string };

/** Thrown by a task that has nothing to measure here. */
export class Absent extends Error {
  override readonly name = 'Absent';
}

/** Runs a task in a new process of this same program. Never rejects. */
export function measureInChild(name: string): Promise<Outcome> {
  return new Promise(resolve => {
    const child = fork(__filename, ['--task', name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let outcome: Outcome = { problem: 'it ended without a result' };
    child.on('message', message => (outcome = message as Outcome));
    child.on('error', error => (outcome = { problem: error.message }));
    child.on('close', () => resolve(outcome));
  });
}

/** The other side of `measureInChild`: measures, answers and ends the process. */
export async function answerParent(task: Task): Promise<void> {
  let outcome: Outcome;
  try {
    outcome = { row: await task.measure() };
  } catch (error) {
    outcome = error instanceof Absent ? { absent: error.message } : { problem: error instanceof Error ? error.message : String(error) };
  }
  process.send!(outcome, () => process.exit());
}
