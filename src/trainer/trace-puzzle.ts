/**
 * A refinement trace: one puzzle taken through the supervision steps with everything decoded on the way. Weights come
 * from a live training or from a checkpoint; the depth may go beyond that of training.
 */
import type { ResolvedConfig } from '../config/resolve';
import type { Engine, HostTensors } from '../engine/engine';
import { haltingOf, wantsToHalt } from '../model/halting';
import type { Model, Update } from '../model/model';
import type { ArcContext, arcContext } from '../puzzles/arc-context';
import { IGNORE_LABEL_ID } from '../puzzles/dataset';
import type { DatasetSplit } from '../puzzles/dataset';
import { gridShape, solvePuzzle } from '../puzzles/grid';
import { schemaVersion } from '../runs/schema-version';
import type { Trace } from '../runs/schema';
import { emptyCarry, prefixed } from '../training/initial-state';
import { traceStep } from '../training/trace-step';
import type { InferenceWeights } from '../training/training';
import { UsageError } from './failure';

/** The puzzle to trace, ready for the model. */
export interface Question {
  readonly index: number | null;
  readonly identifier: number;
  readonly label: string;
  /** [L] */
  readonly tokens: Int32Array;
  /** [L]; ignored cells IGNORE_LABEL_ID; null when unknown. */
  readonly solution: Int32Array | null;
  /** Examples of an ARC task. */
  readonly examples?: ArcContext['examples'] | undefined;
}

/** Row `index` of the test split; `context` tells more of it, when it is an ARC split. Throws UsageError when there is no such row. */
export function questionFromRow(split: DatasetSplit, index: number, context?: ReturnType<typeof arcContext>): Question {
  if (!Number.isInteger(index) || index < 0 || index >= split.examples) {
    throw new UsageError(`There is no test puzzle ${index}; the test data have ${split.examples} (0 to ${split.examples - 1}).`, 'Choose one of these.');
  }
  const tokens = new Int32Array(split.metadata.seq_len);
  const solution = new Int32Array(split.metadata.seq_len);
  split.readInputs(index, tokens);
  split.readLabels(index, solution);
  const { label = `test puzzle ${index}`, examples } = context?.(index) ?? {};
  return { index, identifier: split.puzzleIdentifiers[split.puzzleOf(index)]!, label, tokens, solution, examples };
}

/** Tokens given by a person; one with exactly one solution gets it. Throws UsageError when they do not fit the data. */
export function questionFromTokens(split: DatasetSplit, tokens: readonly number[]): Question {
  const { seq_len, vocab_size, blank_identifier_id } = split.metadata;
  if (tokens.length !== seq_len) throw new UsageError(`The puzzle has ${tokens.length} cells; this model takes ${seq_len}.`, 'Paste a puzzle of that size.');
  const bad = tokens.findIndex(token => !Number.isInteger(token) || token < 0 || token >= vocab_size);
  if (bad >= 0) throw new UsageError(`Cell ${bad} has token ${tokens[bad]}; this model knows 0 to ${vocab_size - 1}.`, 'Paste a puzzle of the kind the model was trained on.');
  const solved = solvePuzzle(gridShape(split.metadata), tokens);
  return {
    index: null, identifier: blank_identifier_id, label: 'pasted puzzle', tokens: Int32Array.from(tokens),
    solution: solved?.tokens ? Int32Array.from(solved.tokens) : null,
  };
}

/** Who the trace is of, besides the puzzle. */
export interface TraceSource { readonly run: string | null; readonly step: number | null }

const base64 = (array: Uint8Array | Uint16Array | Float32Array): string => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
const concat = (parts: readonly ArrayLike<number>[]): number[] => parts.flatMap(part => Array.from(part));

/**
 * Runs `depth` supervision steps on one puzzle. `breathe` is awaited between them; an aborted `signal` throws its reason.
 */
export async function tracePuzzle(
  engine: Engine, model: Model, config: ResolvedConfig, split: DatasetSplit, weights: InferenceWeights,
  question: Question, depth: number, source: TraceSource, options: { breathe?: () => Promise<void>; signal?: AbortSignal; onProgress?: (done: number) => void } = {},
): Promise<Trace> {
  const { arch } = config;
  const { seq_len, vocab_size } = split.metadata;
  const updates: Update[] = [];
  const session = engine.session(traceStep(model, arch, updates), { ...prefixed('model', weights.model), ...prefixed('buffer', weights.buffers), ...prefixed('carry', emptyCarry(model, 1)) }, { runs: depth });
  try {
    const steps: HostTensors[] = [];
    for (let m = 0; m < depth; m++) {
      options.signal?.throwIfAborted();
      const inputs: HostTensors = {
        inputs: { shape: [1, seq_len], data: question.tokens },
        reset: { shape: [1], data: Float32Array.of(m === 0 ? 1 : 0) },
      };
      if (weights.puzzleEmb) inputs.puzzle_emb = { shape: [1, weights.puzzleEmb.ndim], data: weights.puzzleEmb.rows(Int32Array.of(question.identifier)) };
      steps.push(await session.run(inputs));
      options.onProgress?.(m + 1);
      await options.breathe?.();
    }
    const tokenArray = (values: readonly number[]): string => base64(vocab_size <= 256 ? Uint8Array.from(values) : Uint16Array.from(values));
    const all = (name: string): number[] => concat(steps.map(outputs => outputs[name]!.data));
    const grid = gridShape(split.metadata);
    const hasLatent = model.features.length > 1;
    const halting = haltingOf(arch);
    let halted = false;
    return {
      schema: schemaVersion, run: source.run, step: source.step, weights: weights.which,
      puzzle: { index: question.index, identifier: question.identifier, label: question.label },
      kind: grid.kind, rows: grid.rows, cols: grid.cols, vocab_size,
      question: tokenArray(Array.from(question.tokens)),
      solution: question.solution ? tokenArray(Array.from(question.solution, (token, i) => (token !== IGNORE_LABEL_ID ? token : grid.kind === 'arc' ? split.metadata.pad_id : question.tokens[i]!))) : null,
      ...(question.examples ? { examples: question.examples } : {}),
      depth, halt_max_steps: arch.halt_max_steps, H_cycles: Math.max(...updates.map(({ t }) => t)), L_cycles: Math.max(...updates.map(({ i }) => i)) - 1,
      arch: arch.name,
      frames: steps.flatMap((_, m) => updates.map(({ t, i, feature }) => ({ m: m + 1, t, i, feature: feature === model.answer ? 'y' as const : 'z' as const, name: feature }))),
      y_tokens: tokenArray(all('y_tokens')), z_tokens: hasLatent ? tokenArray(all('z_tokens')) : null,
      y_prob: base64(Float32Array.from(all('y_prob'))), z_prob: hasLatent ? base64(Float32Array.from(all('z_prob'))) : null,
      change: all('change'),
      halting: steps.map((outputs, m) => {
        const q = outputs.q_halt!.data[0]!;
        const shown = outputs.y_tokens!.data.slice(-seq_len);
        const counted = question.solution ? Array.from(question.solution, (token, i) => (token === IGNORE_LABEL_ID ? null : Number(shown[i] === token))).filter(right => right !== null) : [];
        const right = counted.reduce((sum, one) => sum + one, 0);
        const would_halt = !halted && wantsToHalt(halting, q, outputs.q_continue!.data[0]!);
        halted ||= would_halt;
        return {
          m: m + 1, q_halt: q, p_halt: 1 / (1 + Math.exp(-q)), would_halt,
          exact: counted.length ? right === counted.length : null, accuracy: counted.length ? right / counted.length : null,
        };
      }),
    };
  } finally {
    session.dispose();
  }
}
