/** A refinement trace as text: the question, what the model would answer after every supervision step, the solution. */
import { formatGrid, gridShape } from './grid';

/** What of a trace is needed; tokens in base64, as the trace has them. */
export interface TraceTokens {
  readonly rows: number;
  readonly cols: number;
  readonly vocab_size: number;
  readonly question: string;
  readonly solution: string | null;
  readonly y_tokens: string;
  readonly depth: number;
  readonly frames: { readonly length: number };
}

/** A trace as grids in text. */
export interface TraceText {
  readonly question: string;
  /** After each supervision step, from the first. */
  readonly answers: readonly string[];
  readonly solution: string | null;
}

/** Writes the grids. */
export function traceText(trace: TraceTokens): TraceText {
  const cells = trace.rows * trace.cols;
  const shape = gridShape({ vocab_size: trace.vocab_size, seq_len: cells });
  const tokens = (text: string): Uint8Array | Uint16Array => {
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    return trace.vocab_size <= 256 ? bytes : new Uint16Array(bytes.buffer);
  };
  const y = tokens(trace.y_tokens);
  const framesPerStep = trace.frames.length / trace.depth;
  const answer = (m: number): string => {
    const last = m * framesPerStep - 1;
    return formatGrid(shape, y.subarray(last * cells, (last + 1) * cells));
  };
  return {
    question: formatGrid(shape, tokens(trace.question)),
    answers: Array.from({ length: trace.depth }, (_, i) => answer(i + 1)),
    solution: trace.solution === null ? null : formatGrid(shape, tokens(trace.solution)),
  };
}
