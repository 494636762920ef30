/** A refinement as programs and language models read it: in grids of text. `trm trace --text --json` prints it, the editor's tool answers with it. */
import { traceText } from '../puzzles/trace-text';
import { oneLine } from '../runs/read-json';
import type { Trace } from '../runs/schema';

/** The report of a trace. */
export function traceReport(trace: Trace): Record<string, unknown> {
  const { question, answers, solution } = traceText(trace);
  return {
    run: trace.run, step: trace.step, weights: trace.weights, puzzle: trace.puzzle.index, label: oneLine(trace.puzzle.label), kind: trace.kind, halt_max_steps: trace.halt_max_steps, question, solution,
    supervision_steps: trace.halting.map(({ m, q_halt, p_halt, would_halt, exact, accuracy }) => ({ m, q_halt, p_halt, would_halt, exact, cell_accuracy: accuracy, answer: answers[m - 1] })),
  };
}
