/** `trm eval` and `trm trace`: looking at saved weights. */
import path from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { formatGrid, gridShape } from '../puzzles/grid';
import { writeFileAtomic } from '../runs/atomic-write';
import { accuracyText } from '../runs/describe';
import type { Trace } from '../runs/schema';
import { evaluateSaved, traceSaved } from '../trainer/saved-weights';
import type { ExitCode } from './errors';
import { Progress, print, printJson } from './output';
import { findRun } from './runs';

interface Common { readonly runsDir: string; readonly depth?: number; readonly engine?: ResolvedConfig['engine']; readonly device?: string; readonly json?: boolean }

/** Shows a share on a bar of a hundred. */
function shareProgress(label: string): { onProgress: (text: string, fraction: number) => void; end: () => void } {
  const progress = new Progress(label);
  return { onProgress: (text, fraction) => progress.update(Math.round(100 * fraction), 100, text), end: () => progress.end() };
}

/** `trm eval RUN|CHECKPOINT`. */
export async function evalCommand(target: string, options: Common & { data?: string; examples?: number | 'all'; weights?: 'ema' | 'model' }): Promise<ExitCode> {
  const { onProgress, end } = shareProgress('%');
  const { data, examples, depth, engine, device, weights } = options;
  const evaluation = await evaluateSaved({ target: findRun(target, options.runsDir), data, examples, depth, engine, device, weights, onProgress });
  end();
  const { accuracy, ...rest } = evaluation;
  if (options.json) printJson({ ...rest, cell_accuracy: accuracy });
  else {
    print(`${evaluation.run} ${evaluation.checkpoint} (${evaluation.weights} weights), depth ${evaluation.depth}, ${evaluation.count} of ${evaluation.total} test puzzles on ${evaluation.engine}:`);
    print(`${accuracyText(evaluation)}; ${(100 * accuracy).toFixed(1)} % of cells; halting head right on ${(100 * evaluation.q_halt_accuracy).toFixed(1)} %; ${evaluation.seconds.toFixed(1)} s`);
  }
  return 0;
}

/** `trm trace RUN|CHECKPOINT --puzzle I`. */
export async function traceCommand(target: string, options: Common & { puzzle: number; out?: string; weights?: 'ema' | 'model' }): Promise<ExitCode> {
  const { onProgress, end } = shareProgress('%');
  const { puzzle, depth, engine, device, weights, out } = options;
  const trace = await traceSaved({ target: findRun(target, options.runsDir), depth, engine, device, weights, puzzle: { index: puzzle }, onProgress });
  end();
  if (out !== undefined) writeFileAtomic(path.resolve(out), JSON.stringify(trace));
  if (options.json) printJson(out === undefined ? trace : { out: path.resolve(out), puzzle, depth: trace.depth, halting: trace.halting });
  else printTrace(trace);
  return 0;
}

function printTrace(trace: Trace): void {
  const shape = gridShape({ vocab_size: trace.vocab_size, seq_len: trace.rows * trace.cols });
  const cells = trace.rows * trace.cols;
  const tokens = (text: string): Uint8Array | Uint16Array => {
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    return trace.vocab_size <= 256 ? bytes : new Uint16Array(bytes.buffer);
  };
  const y = tokens(trace.y_tokens);
  const framesPerStep = trace.frames.length / trace.depth;
  print(`${trace.puzzle.label}\n${formatGrid(shape, tokens(trace.question))}\n`);
  for (const { m, p_halt, would_halt, accuracy, exact } of trace.halting) {
    const last = m * framesPerStep - 1;
    const right = accuracy === null ? '' : exact ? ', all cells right' : `, ${(100 * accuracy).toFixed(0)} % of cells right`;
    print(`supervision step ${m} of ${trace.depth}${m > trace.halt_max_steps ? ' (beyond training depth)' : ''}: p(halt) ${p_halt.toFixed(3)}${would_halt ? ', would halt here' : ''}${right}`);
    print(`${formatGrid(shape, y.subarray(last * cells, (last + 1) * cells))}\n`);
  }
  if (trace.solution !== null) print(`solution\n${formatGrid(shape, tokens(trace.solution))}`);
}
