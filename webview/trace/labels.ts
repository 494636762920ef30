/**
 * The inspector in words: where a frame lies (in the paper's and the configs' vocabulary), what one cell says, and the
 * summary of a frame that screen readers hear. Pure text; everything shown by colour or shape is also said here.
 */
import type { DecodedTrace, FeatureName, FramePosition, Trace } from './decode';
import { letterOf, vocabularyOf, wordsAt } from './features';
import type { BoardCounts, CellView, Mark } from './marks';
import type { Conflict } from './sudoku';
import { firstHalt } from './timeline';
import { tokenWord } from './tokens';

/** Where a frame lies, one string per level; no recursion where the architecture has none. */
export function frameParts(trace: Trace, at: FramePosition): { step: string; recursion: string | null; inner: string } {
  const { recursions, inner } = vocabularyOf(trace);
  return {
    step: `supervision step ${at.m} of ${trace.depth}`,
    recursion: recursions ? `latent recursion ${at.t} of ${trace.H_cycles} (H_cycles)` : null,
    inner: inner(trace, at),
  };
}

/** Where a frame lies, in one line. */
export function frameLabel(trace: Trace, at: FramePosition): string {
  const { step, recursion, inner } = frameParts(trace, at);
  return `${[step, recursion, inner].filter(part => part !== null).join(' · ')}${at.m > trace.halt_max_steps ? ` · beyond training depth (halt_max_steps ${trace.halt_max_steps})` : ''}`;
}

/** Words for each mark. */
export const markWords: Readonly<Record<Mark, string>> = {
  given: 'given', blank: 'blank', right: 'right', 'newly-right': 'newly right', 'newly-wrong': 'newly wrong',
  'still-wrong': 'wrong', plain: '', changed: 'changed',
};

/** Row and column of a cell, from 1. */
export function cellPlace(cell: number, cols: number): string {
  return `row ${Math.floor(cell / cols) + 1}, column ${(cell % cols) + 1}`;
}

/** A probability with three places; never rounded up to 1 nor down to 0. */
export function probability(p: number): string {
  if (p >= 0.9995 && p < 1) return '> 0.999';
  if (p < 0.0005 && p > 0) return '< 0.001';
  return p.toFixed(3);
}

/** One cell of a board in words: what its tooltip and its screen-reader label say. */
export function cellLabel(trace: Trace, cell: number, view: CellView): string {
  return [
    cellPlace(cell, trace.cols),
    tokenWord(trace.kind, view.token),
    view.prob === null ? '' : `probability ${probability(view.prob)}`,
    view.mark === 'blank' ? '' : view.given && view.mark !== 'given' ? `given, ${markWords[view.mark]}` : markWords[view.mark],
    view.conflict ? 'breaks a rule' : '',
  ].filter(Boolean).join(', ');
}

/** Broken rules in words: "7 is also in its row and box". */
export function conflictWords(digit: string, conflicts: readonly Conflict[]): string {
  const units = (['row', 'column', 'box'] as const).filter(unit => conflicts.some(c => c.unit === unit));
  return units.length === 0 ? '' : `${digit} is also in its ${units.join(units.length === 2 ? ' and ' : ', ')}`;
}

/** Cells right, as a count; or what can be said when the solution is unknown. */
export function countWords(counts: BoardCounts): string {
  const right = counts.right === null ? 'solution unknown' : `${counts.right} of ${counts.cells} cells right`;
  return [right,
    counts.newlyRight ? `${counts.newlyRight} newly right` : '',
    counts.newlyWrong ? `${counts.newlyWrong} newly wrong` : '',
    counts.right === null && counts.changed ? `${counts.changed} changed` : '',
    counts.conflicts ? `${counts.conflicts} cells break a rule` : '',
  ].filter(Boolean).join(', ');
}

/** A relative change as a percentage. */
export function changeWords(change: number): string {
  return `${(100 * change).toFixed(change < 0.1 ? 1 : 0)} %`;
}

/** The halting head at a supervision step, in words. */
export function haltingWords(trace: Trace, m: number): string {
  const h = trace.halting.find(entry => entry.m === m);
  if (!h) return '';
  const first = firstHalt(trace.halting);
  const verdict = h.exact === null ? '' : h.exact ? ', whole puzzle right' : ', puzzle not right yet';
  const cells = h.accuracy === null ? '' : `, ${(100 * h.accuracy).toFixed(1)} % of cells right`;
  return `supervision step ${m}: halting probability ${probability(h.p_halt)}`
    + (m === first ? ' - would halt here first' : h.would_halt ? ' - would halt' : '') + cells + verdict
    + (m > trace.halt_max_steps ? ', beyond training depth' : '');
}

/** Whose weights a trace shows. */
export function weightsWords({ weights, step }: Pick<Trace, 'weights' | 'step'>): string {
  return `${weights === 'ema' ? 'EMA weights' : 'weights'}${step === null ? '' : ` of step ${step}`}`;
}

/** Whose two traces are compared, each in as many words as tell it from the other. */
export function sideCaptions(sides: readonly [{ run: string; trace: Trace }, { run: string; trace: Trace }]): [string, string] {
  const [a, b] = sides;
  const caption = ({ run, trace }: typeof a): string => [a.run === b.run ? '' : run, weightsWords(trace), a.trace.depth === b.trace.depth ? '' : `depth ${trace.depth}`].filter(Boolean).join(' · ');
  return [caption(a), caption(b)];
}

/** A frame summed up for people who do not see the boards. */
export function frameSummary(decoded: DecodedTrace, frame: number, y: BoardCounts, z: BoardCounts | null): string {
  const { trace } = decoded;
  const at = trace.frames[frame]!;
  const change = trace.change[frame]!;
  const said = (feature: FeatureName, counts: BoardCounts): string => `${wordsAt(trace, feature, frame).letter}: ${countWords(counts)}. `;
  return `${frameLabel(trace, at)}. ${letterOf(trace, at)} was updated, by ${changeWords(change)} of its norm. `
    + `${said('y', y)}${z ? said('z', z) : ''}After ${haltingWords(trace, at.m)}.`;
}
