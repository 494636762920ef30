/** What the overview of a stage is drawn from. */
import type { Trace } from './decode';
import { vocabularyOf } from './features';
import type { Ink } from './ink';
import { frameIn, panelColour, panelLetter, type Panel, type Stage } from './stage';
import type { Timeline } from './timeline';

/** A line of cells right over the frames. */
export interface RightLine { readonly letter: string; readonly colour: string; readonly solid: boolean; readonly counts: Uint16Array }

/** The halting head of a trace, and the colour of its bars; `letter` tells two traces apart. */
export interface HaltingBars { readonly letter: string; readonly colour: string; readonly halting: Trace['halting'] }

/** What is drawn. */
export interface OverviewScene {
  readonly timeline: Timeline;
  /** Supervision steps: of the refinement, and at most in training. */
  readonly depth: number;
  readonly trainedDepth: number;
  /** One, or two side by side. */
  readonly bars: readonly HaltingBars[];
  /** Empty when the solution is unknown. */
  readonly lines: readonly RightLine[];
  /** Cells the solution says something of. */
  readonly asked: number;
  readonly frame: number;
  readonly ink: Ink;
}

/** Cells right of a panel at every frame of its stage; null when the solution is unknown. */
export function rightCounts(panel: Panel): Uint16Array | null {
  const { source, feature, frames } = panel;
  const own = source.right[feature];
  return own && frames ? Uint16Array.from(frames, frame => own[frame]!) : own;
}

/** The letter of a panel over all frames. Of several z, each frame shows whichever was updated last: they share the letter of all of them. */
export function lineLetter(panel: Panel): string {
  return panel.slot === 'first' || panel.slot === 'second' ? panelLetter(panel, 0) : vocabularyOf(panel.source.decoded.trace)[panel.feature].letter;
}

function lineOf(panel: Panel, ink: Ink): RightLine[] {
  const counts = rightCounts(panel);
  return counts ? [{ letter: lineLetter(panel), counts, colour: panelColour(panel, ink), solid: panel.slot === 'y' || panel.slot === 'first' }] : [];
}

/** The scene of a stage at a frame. */
export function overviewScene({ lead, panels, compared }: Stage, frame: number, ink: Ink): OverviewScene {
  const { trace, asked } = lead.decoded;
  return {
    timeline: lead.timeline, depth: trace.depth, trainedDepth: trace.halt_max_steps, asked, frame, ink,
    bars: compared ? panels.map(panel => ({ letter: panelLetter(panel, frame), colour: panelColour(panel, ink), halting: panel.source.decoded.trace.halting })) : [{ letter: '', colour: ink.halt, halting: trace.halting }],
    lines: panels.flatMap(panel => lineOf(panel, ink)),
  };
}

/** Cells right in the panels of a stage at a frame, in words; empty when the solution is unknown. */
export function rightWords({ lead, panels }: Stage, frame: number): string {
  const said = panels.flatMap(panel => {
    const counts = panel.source.right[panel.feature];
    return counts ? [`${panelLetter(panel, frame)} ${counts[frameIn(panel, frame)]!}`] : [];
  });
  return said.length === 0 ? '' : `${said.join(', ')} of ${lead.decoded.asked} cells right`;
}
