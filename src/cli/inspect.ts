/** `trm eval` and `trm trace`: looking at saved weights, of a run or of a published checkpoint with its config. */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { baselineText } from '../puzzles/baseline';
import { traceText } from '../puzzles/trace-text';
import { traceReport } from '../reports/trace-report';
import { writeFileAtomic } from '../runs/atomic-write';
import { accuracyText } from '../runs/describe';
import type { Trace } from '../runs/schema';
import { evaluateSaved, traceSaved } from '../trainer/saved-weights';
import { voteSaved } from '../trainer/vote-saved';
import { CliError } from './errors';
import type { ExitCode } from './errors';
import { Progress, note, print, printJson } from './output';
import { findRun, weightsPath } from './runs';

interface Common { readonly runsDir: string; readonly depth?: number; readonly engine?: ResolvedConfig['engine']; readonly device?: string; readonly config?: string; readonly json?: boolean }

/** Shows a share on a bar of a hundred. */
function shareProgress(): { onProgress: (text: string, fraction: number) => void; end: () => void } {
  const progress = new Progress(null);
  return { onProgress: (text, fraction) => progress.update(Math.round(100 * fraction), 100, text), end: () => progress.end() };
}

/** What is looked at: a run or checkpoint of ours, or any file of weights with the config it is of. Throws CliError. */
function source(target: string, overrides: readonly string[], { runsDir, config }: Common): Pick<Parameters<typeof evaluateSaved>[0], 'target' | 'config' | 'onNote'> {
  if (config !== undefined) return { target: weightsPath(target, runsDir), config: { file: config, overrides }, onNote: note };
  if (overrides.length > 0) throw new CliError(`Overrides (${overrides[0]!}) go with --config.`, 'A run keeps the config it was trained with.', 2);
  if (statSync(target, { throwIfNoEntry: false })?.isFile()) throw new CliError(`${target} is a file; the config it is of is not known.`, 'Say --config CONFIG.', 2);
  return { target: findRun(target, runsDir) };
}

/** Options of `trm eval`. */
export interface EvalCommand extends Common { readonly data?: string; readonly examples?: number | 'all'; readonly weights?: 'ema' | 'model'; readonly vote?: number; readonly accumulate?: boolean; readonly submission?: string }

/** `trm eval RUN|CHECKPOINT|FILE [--vote K]`. */
export async function evalCommand(target: string, overrides: readonly string[], options: EvalCommand): Promise<ExitCode> {
  if (options.vote !== undefined) return voteCommand(target, overrides, { ...options, vote: options.vote });
  if (options.accumulate === true || options.submission !== undefined) throw new CliError('--accumulate and --submission are about a vote.', 'Say with --vote how many copies of each puzzle vote.', 2);
  const { onProgress, end } = shareProgress();
  const { data, examples, depth, engine, device, weights } = options;
  const evaluation = await evaluateSaved({ ...source(target, overrides, options), data, examples, depth, engine, device, weights, onProgress });
  end();
  const { accuracy, ...rest } = evaluation;
  if (options.json) printJson({ ...rest, cell_accuracy: accuracy });
  else {
    print(`${evaluation.run === null ? '' : `${evaluation.run} `}${evaluation.checkpoint} (${evaluation.weights} weights), depth ${evaluation.depth}, ${evaluation.count} of ${evaluation.total} test puzzles on ${evaluation.engine}:`);
    print(`${accuracyText(evaluation)}; ${(100 * accuracy).toFixed(1)} % of cells; halting head right on ${(100 * evaluation.q_halt_accuracy).toFixed(1)} %; ${evaluation.seconds.toFixed(1)} s`);
    print(`beside it, ${baselineText(evaluation.baseline)}`);
  }
  return 0;
}

async function voteCommand(target: string, overrides: readonly string[], options: EvalCommand & { readonly vote: number }): Promise<ExitCode> {
  const { onProgress, end } = shareProgress();
  const { data, examples, depth, engine, device, weights, vote, accumulate, submission } = options;
  const voted = await voteSaved({ ...source(target, overrides, options), data, examples, depth, engine, device, weights, copies: vote, accumulate, onProgress });
  end();
  const { result } = voted;
  if (submission !== undefined) {
    if (result.kind !== 'arc') throw new CliError('Only ARC has submissions.', 'Leave --submission away.', 2);
    writeFileAtomic(path.resolve(submission), JSON.stringify(result.submission));
  }
  if (options.json) {
    printJson({ ...voted, result: result.kind === 'arc' ? { ...result, submission: submission === undefined ? null : path.resolve(submission) } : result });
    return 0;
  }
  const who = voted.accumulated ? `votes of ${voted.checkpoints.length} checkpoints together (${voted.checkpoints.join(', ')})` : `votes of ${voted.checkpoints.join()} alone`;
  print(`${voted.run === null ? '' : `${voted.run}, `}${who}, ${voted.weights} weights, depth ${voted.depth}, each puzzle and up to ${voted.copies} copies (${voted.views} views) on ${voted.engine}, ${voted.seconds.toFixed(1)} s:`);
  if (result.kind === 'symmetry') {
    print(`by vote ${accuracyText({ ...result.voted, count: result.count })} of ${result.total} test puzzles`);
    print(`each puzzle alone ${accuracyText({ ...result.alone, count: result.count })}`);
  } else {
    for (const { k, score, tasks, inputs, interval } of result.pass_at) {
      print(`pass@${k}: ${(100 * score).toFixed(2)} % of ${result.tasks} tasks (${interval.map(end => (100 * end).toFixed(1)).join('-')}); ${tasks} tasks in full, ${inputs} of ${result.inputs} test inputs`);
    }
    if (result.stray > 0) print(`${result.stray} predictions belong to no test input of test_puzzles.json`);
    if (submission !== undefined) print(`two attempts per test input in ${path.resolve(submission)}`);
  }
  return 0;
}

/** `trm trace RUN|CHECKPOINT|FILE --puzzle I`. */
export async function traceCommand(target: string, overrides: readonly string[], options: Common & { puzzle: number; text?: boolean; out?: string; weights?: 'ema' | 'model' }): Promise<ExitCode> {
  const { onProgress, end } = shareProgress();
  const { puzzle, text, depth, engine, device, weights, out } = options;
  const trace = await traceSaved({ ...source(target, overrides, options), depth, engine, device, weights, puzzle: { index: puzzle }, onProgress });
  end();
  if (out !== undefined) writeFileAtomic(path.resolve(out), JSON.stringify(trace));
  if (options.json) printJson(text ? traceReport(trace) : out === undefined ? trace : { out: path.resolve(out), puzzle, depth: trace.depth, halting: trace.halting });
  else printTrace(trace);
  return 0;
}

function printTrace(trace: Trace): void {
  const { question, answers, solution } = traceText(trace);
  print(`${trace.puzzle.label}\n${question}\n`);
  for (const { m, p_halt, would_halt, accuracy, exact } of trace.halting) {
    const right = accuracy === null ? '' : exact ? ', all cells right' : `, ${(100 * accuracy).toFixed(0)} % of cells right`;
    print(`supervision step ${m} of ${trace.depth}${m > trace.halt_max_steps ? ' (beyond training depth)' : ''}: p(halt) ${p_halt.toFixed(3)}${would_halt ? ', would halt here' : ''}${right}`);
    print(`${answers[m - 1]!}\n`);
  }
  if (solution !== null) print(`solution\n${solution}`);
}
