/**
 * What the middle of the page shows, in one model for both of its forms: the features y and z of one trace, or one feature of two
 * traces, all in step. A panel is one of the large boards. Where two traces differ in depth, the deeper one leads through time, and
 * the other stays at its last frame when it has ended: its answer does not change any more.
 */
import { featureOf, type FeatureName, type FramePosition, type Trace } from './decode';
import { wordsAt } from './features';
import type { Ink } from './ink';
import { featureCells, type CellView } from './marks';
import type { ShownTrace } from './shown-trace';
import type { Timeline } from './timeline';

/** Which of the large boards: a feature of the one trace, or the first or second trace. */
export type Slot = FeatureName | 'first' | 'second';

/** A large board. */
export interface Panel {
  readonly slot: Slot;
  readonly source: ShownTrace;
  readonly feature: FeatureName;
  /** The source's frame at each frame of the stage; null: the same. */
  readonly frames: Int32Array | null;
  /** Whose trace it is, when there are two. */
  readonly caption: string;
}

/** See the file's header. */
export interface Stage {
  /** The trace whose frames time is counted in. */
  readonly lead: ShownTrace;
  readonly panels: readonly Panel[];
  readonly compared: boolean;
}

/** One trace. */
export function soloStage(shown: ShownTrace): Stage {
  const panel = (feature: FeatureName): Panel => ({ slot: feature, source: shown, feature, frames: null, caption: '' });
  return { lead: shown, compared: false, panels: shown.decoded.z ? [panel('y'), panel('z')] : [panel('y')] };
}

/** Whether two traces are of the same question. */
export function isSameQuestion(a: Trace, b: Trace): boolean {
  return a.kind === b.kind && a.rows === b.rows && a.cols === b.cols && a.vocab_size === b.vocab_size && a.question === b.question;
}

/** A trace to be compared, and whose it is. */
export interface Side { readonly shown: ShownTrace; readonly caption: string }

/** Two traces of the same question; z only where both have it. */
export function comparedStage({ shown: first, caption: ofFirst }: Side, { shown: second, caption: ofSecond }: Side, wanted: FeatureName): Stage {
  const feature = first.decoded.z && second.decoded.z ? wanted : 'y';
  const lead = second.decoded.trace.depth > first.decoded.trace.depth ? second : first;
  const panel = (slot: Slot, source: ShownTrace, caption: string): Panel => ({ slot, source, feature, caption, frames: source === lead ? null : inStep(source.timeline, lead.timeline) });
  return { lead, compared: true, panels: [panel('first', first, ofFirst), panel('second', second, ofSecond)] };
}

/** For every frame of `lead`, the last one of `own` that is not later. */
function inStep(own: Timeline, lead: Timeline): Int32Array {
  return Int32Array.from(lead.frames, position => own.find(position));
}

/** The panel's own frame. */
export const frameIn = ({ frames }: Panel, frame: number): number => (frames ? frames[frame]! : frame);

/** Where the panel's trace is. */
export const positionIn = (panel: Panel, frame: number): FramePosition => panel.source.timeline.at(frameIn(panel, frame));

/** Its trace has ended, while the other goes on. */
export const hasEnded = (panel: Panel, { lead }: Stage, frame: number): boolean => lead.timeline.at(frame).m > panel.source.decoded.trace.depth;

/** The cells of a panel. */
export const panelCells = (panel: Panel, frame: number): CellView[] => featureCells(panel.source.decoded, panel.feature, frameIn(panel, frame));

/** The tokens of a panel, [L]. */
export function panelTokens(panel: Panel, frame: number): ArrayLike<number> {
  const { cells } = panel.source.decoded, own = frameIn(panel, frame);
  return featureOf(panel.source.decoded, panel.feature).tokens.subarray(own * cells, (own + 1) * cells);
}

/** Probabilities of these tokens, [L]. */
export function panelProbabilities(panel: Panel, frame: number): ArrayLike<number> {
  const { cells } = panel.source.decoded, own = frameIn(panel, frame);
  return featureOf(panel.source.decoded, panel.feature).prob.subarray(own * cells, (own + 1) * cells);
}

/** Whether this frame updates what the panel shows. */
export function isUpdated(panel: Panel, stage: Stage, frame: number): boolean {
  return !hasEnded(panel, stage, frame) && positionIn(panel, frame).feature === panel.feature;
}

/** The letter of a panel: that of its feature, or A and B of two traces. */
export function panelLetter(panel: Panel, frame: number): string {
  if (panel.slot === 'first') return 'A';
  if (panel.slot === 'second') return 'B';
  return wordsAt(panel.source.decoded.trace, panel.feature, frameIn(panel, frame)).letter;
}

/** What a panel shows, after its letter. */
export function panelNote(panel: Panel, stage: Stage, frame: number): string {
  const { letter, config, role } = wordsAt(panel.source.decoded.trace, panel.feature, frameIn(panel, frame));
  if (!stage.compared) return `${role} · ${config}`;
  return `${letter} · ${panel.caption}${hasEnded(panel, stage, frame) ? ` · ended at step ${panel.source.decoded.trace.depth}` : ''}`;
}

/** The colour of a panel. B also has a dash wherever it is a line. */
export const panelColour = ({ slot, feature }: Panel, ink: Ink): string => (slot === 'second' ? ink.other : ink.feature[feature]);
