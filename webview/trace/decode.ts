/**
 * A trace as it travels (base64 of little-endian arrays) turned into typed arrays, checked on the way. After this module
 * everything is plain indexing: cell c of frame f is at f * cells + c.
 */
import type { InspectorState } from '../../src/protocol/inspector';

/** A trace as the host sends it. */
export type Trace = NonNullable<InspectorState['trace']>;
/** Which update a frame is: supervision step m, latent recursion t, inner step i (all from 1), and the feature updated (`name`: its published name). */
export type FramePosition = Trace['frames'][number];
/** What is decoded: y, the answer, and z, the latent feature updated last. */
export type FeatureName = FramePosition['feature'];
/** Token values, one per cell (or per frame and cell). */
export type Tokens = Uint8Array | Uint16Array;

/** One feature decoded through the output head at every frame. */
export interface DecodedFeature {
  /** [frames, L] most probable token. */
  readonly tokens: Tokens;
  /** [frames, L] probability of that token, 0..1. */
  readonly prob: Float32Array;
}

/** A trace ready to draw. */
export interface DecodedTrace {
  readonly trace: Trace;
  /** Cells of the board, L. */
  readonly cells: number;
  /** Frames, in order. */
  readonly length: number;
  /** [L] */
  readonly question: Tokens;
  /** [L], or null when the solution is unknown. */
  readonly solution: Tokens | null;
  /** Cells the solution says something of; all of them when it is unknown. */
  readonly asked: number;
  readonly y: DecodedFeature;
  /** Null where the model has no feature besides the answer. */
  readonly z: DecodedFeature | null;
}

/** The features of a trace that are shown: y, and z where there is one. */
export const shownFeatures = ({ z }: Pick<DecodedTrace, 'z'>): readonly FeatureName[] => (z ? ['y', 'z'] : ['y']);

/** A feature that is shown. */
export function featureOf(decoded: Pick<DecodedTrace, FeatureName>, feature: FeatureName): DecodedFeature {
  const found = decoded[feature];
  if (!found) throw new TraceFormatError(`The trace has no feature ${feature}.`);
  return found;
}

/** Whether a token of the solution asks for something: PAD, around the solution of an ARC task, does not. */
export function isAsked(token: number): boolean {
  return token !== 0;
}

/** A trace that cannot be shown. */
export class TraceFormatError extends Error {
  readonly code = 'bad_trace';
  readonly next = 'Make the trace again; if a kept trace file is damaged, delete it and inspect a checkpoint instead.';
}

function bytes(field: string, base64: string): Uint8Array {
  let text: string;
  try {
    text = atob(base64);
  } catch {
    throw new TraceFormatError(`The trace is damaged: "${field}" is not base64.`);
  }
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

function expectBytes(field: string, data: Uint8Array, values: number, size: number): DataView {
  if (data.length !== values * size) {
    throw new TraceFormatError(`The trace is damaged: "${field}" should hold ${values} values of ${size} bytes, and holds ${data.length} bytes.`);
  }
  return new DataView(data.buffer);
}

function decodeTokens(field: string, base64: string, values: number, vocabSize: number): Tokens {
  const data = bytes(field, base64);
  if (vocabSize <= 256) {
    expectBytes(field, data, values, 1);
    return data;
  }
  const view = expectBytes(field, data, values, 2);
  return Uint16Array.from({ length: values }, (_, k) => view.getUint16(2 * k, true));
}

function decodeFloats(field: string, base64: string, values: number): Float32Array {
  const view = expectBytes(field, bytes(field, base64), values, 4);
  const out = new Float32Array(values);
  for (let k = 0; k < values; k++) out[k] = view.getFloat32(4 * k, true);
  return out;
}

/**
 * Decodes a trace.
 * @throws TraceFormatError when an array has another length than rows x cols x frames asks for, or there is no frame
 */
export function decodeTrace(trace: Trace): DecodedTrace {
  const cells = trace.rows * trace.cols;
  const length = trace.frames.length;
  if (length === 0) throw new TraceFormatError('The trace is damaged: it has no frames.');
  if (trace.change.length !== length) {
    throw new TraceFormatError(`The trace is damaged: "change" should hold ${length} values, and holds ${trace.change.length}.`);
  }
  const all = length * cells;
  const solution = trace.solution === null ? null : decodeTokens('solution', trace.solution, cells, trace.vocab_size);
  return {
    trace, cells, length, solution,
    asked: solution ? Array.from(solution).filter(isAsked).length : cells,
    question: decodeTokens('question', trace.question, cells, trace.vocab_size),
    y: { tokens: decodeTokens('y_tokens', trace.y_tokens, all, trace.vocab_size), prob: decodeFloats('y_prob', trace.y_prob, all) },
    z: trace.z_tokens === null || trace.z_prob === null ? null : { tokens: decodeTokens('z_tokens', trace.z_tokens, all, trace.vocab_size), prob: decodeFloats('z_prob', trace.z_prob, all) },
  };
}
