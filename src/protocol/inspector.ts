/**
 * What is said between the extension host and a Trace Inspector webview. The webview begins by asking for its state; to
 * see another puzzle, depth or checkpoint it asks again, and gets either a trace or an error with a next step.
 */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import type { DepthCurve } from '../runs/depth-curve';
import type { Trace } from '../runs/schema';

/** Weights and depth of a second trace, of the same puzzle. */
export interface BesideChoice {
  /** Run id. */
  readonly run: string;
  readonly checkpoint: string;
  readonly depth: number;
}

/** Which trace to show. */
export interface TraceChoice {
  /** Run id, or null when a checkpoint outside a run is inspected. */
  readonly run: string | null;
  /** Checkpoint name ("step-120"), "best", or "live" for the present weights of a live run. */
  readonly checkpoint: string;
  readonly puzzle: { readonly index: number } | { readonly text: string };
  /** Supervision steps. */
  readonly depth: number;
  /** Optimiser step of a trace that was kept during training (watched puzzles): shown as it is, instead of one with those weights and that depth. */
  readonly kept?: number;
  /** What it is compared with. */
  readonly beside?: BesideChoice;
}

/** The trace beside the first, or the reason there is none. */
export interface Beside {
  readonly runName: string;
  readonly maxDepth: number;
  readonly trace: Trace | null;
  readonly problem: { message: string; next: string } | null;
}

/** What can be chosen. */
export interface InspectorOptions {
  readonly runName: string;
  readonly live: boolean;
  readonly checkpoints: { name: string; label: string }[];
  /** Test examples there are. */
  readonly puzzles: number;
  /** How a puzzle is written to be pasted; null where this kind has no text form. */
  readonly paste: string | null;
  /** Puzzles whose traces are kept at every evaluation, with the steps there are: the scrubber over training time. */
  readonly watched: { index: number; steps: number[] }[];
  readonly haltMaxSteps: number;
  readonly maxDepth: number;
}

/** State of an inspector: a choice, its trace or the reason there is none yet. */
export interface InspectorState {
  readonly choice: TraceChoice;
  readonly options: InspectorOptions;
  readonly trace: Trace | null;
  /** The trace was kept during training: weights and depth are its own, not those of the choice. */
  readonly kept: boolean;
  /** `ofPaste`: what was pasted is no such puzzle. */
  readonly problem: { message: string; next: string; ofPaste: boolean } | null;
  /** Null when nothing is compared. */
  readonly beside: Beside | null;
}

/** Accuracy against depth of a checkpoint, as far as it was measured. */
export interface CurveState {
  /** Test puzzles it is, or would be, measured over. */
  readonly puzzles: number;
  /** The whole curve, or that of the puzzles done so far. */
  readonly curve: DepthCurve | null;
  /** Measuring: what it does, the share done, and seconds left; null where that cannot be said yet. */
  readonly working: { text: string; fraction: number | null; secondsLeft: number | null } | null;
  /** Measuring was ended before it was done. */
  readonly cancelled: boolean;
  readonly problem: { message: string; next: string } | null;
}

/** webview -> host: the state, please; when a trace is being made, with that trace. */
export const getInspectorState: RequestType<void, InspectorState> = { method: 'inspector/getState' };
/** webview -> host: another trace, please. Long work reports through `inspectorProgress`; `cancelTrace` ends it. */
export const requestTrace: RequestType<TraceChoice, InspectorState> = { method: 'inspector/trace' };
/** webview -> host: what should the trace be compared with? The host asks; null: the person changed their mind. */
export const askBeside: RequestType<TraceChoice, BesideChoice | null> = { method: 'inspector/askBeside' };
/** webview -> host: never mind. */
export const cancelTrace: NotificationType<void> = { method: 'inspector/cancel' };
/** host -> webview: replace everything. */
export const inspectorState: NotificationType<InspectorState> = { method: 'inspector/state' };
/** host -> webview: what the host is doing for the pending request. */
export const inspectorProgress: NotificationType<{ text: string }> = { method: 'inspector/progress' };
/** host -> webview: options changed (a new checkpoint, the run ended). */
export const inspectorOptions: NotificationType<InspectorOptions> = { method: 'inspector/options' };
/**
 * webview -> host: the curve of the present checkpoint over this many puzzles, if it was measured before; while it is measured over another
 * number, that one. Ends the measuring of another checkpoint.
 */
export const lookAtCurve: RequestType<{ puzzles: number }, CurveState> = { method: 'inspector/lookAtCurve' };
/** webview -> host: measure it. News comes as `curveState`. */
export const measureCurve: NotificationType<{ puzzles: number }> = { method: 'inspector/measureCurve' };
/** webview -> host: measure no longer. What was found so far stays. */
export const cancelCurve: NotificationType<void> = { method: 'inspector/cancelCurve' };
/** host -> webview: what is known of the curve. */
export const curveState: NotificationType<CurveState> = { method: 'inspector/curve' };
