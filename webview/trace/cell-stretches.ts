/**
 * One cell of a large board over the whole refinement, as stretches of frames in which its token stays the same: for the summary of its history in words, and for
 * its table.
 */
import { featureOf, isAsked, type DecodedTrace } from './decode';
import { probability } from './labels';
import { frameIn, type Panel, type Stage } from './stage';
import { tokenWord, type Kind } from './tokens';

/** Frames `first` to `last` of the stage, from 0, with the least and the greatest probability of the token in them. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly token: number;
  /** Null where the solution is unknown or asks for nothing. */
  readonly right: boolean | null;
  readonly least: number;
  readonly greatest: number;
}

/** Whether a token is the one a cell should have; null where that is unknown or, as around an ARC solution, nothing is asked for. */
export function isRightAt({ solution }: Pick<DecodedTrace, 'solution'>, cell: number, token: number): boolean | null {
  return solution && isAsked(solution[cell]!) ? token === solution[cell] : null;
}

/** The stretches of a cell, in order. */
export function stretchesOf(panel: Panel, { lead }: Pick<Stage, 'lead'>, cell: number): Stretch[] {
  const { decoded } = panel.source;
  const { tokens, prob } = featureOf(decoded, panel.feature);
  const out: Stretch[] = [];
  for (let frame = 0; frame < lead.timeline.length; frame++) {
    const at = frameIn(panel, frame) * decoded.cells + cell;
    const token = tokens[at]!, p = prob[at]!, before = out.at(-1);
    if (before?.token === token) out[out.length - 1] = { ...before, last: frame, least: Math.min(before.least, p), greatest: Math.max(before.greatest, p) };
    else out.push({ first: frame, last: frame, token, right: isRightAt(decoded, cell, token), least: p, greatest: p });
  }
  return out;
}

/** The probabilities of a stretch: "0.310 to 0.998". */
export function rangeWords({ least, greatest }: Stretch): string {
  const [from, to] = [probability(least), probability(greatest)];
  return from === to ? from : `${from} to ${to}`;
}

/** How a cell ends and since when: "right from frame 14 on, p 0.310 to 0.998". Frames are counted from 1. */
export function stretchWords(kind: Kind, stretches: readonly Stretch[]): string {
  const end = stretches.at(-1);
  if (!end) return '';
  const token = tokenWord(kind, end.token);
  const what = end.right === null ? token : end.right ? 'right' : `wrong (${token})`;
  const earlier = end.right === false ? stretches.filter(({ right }) => right).reduce((sum, { first, last }) => sum + last - first + 1, 0) : 0;
  const since = end.first === 0 ? 'at every frame' : `from frame ${end.first + 1} on`;
  return `${what} ${since}, p ${rangeWords(end)}${earlier > 0 ? `; right at ${earlier} ${earlier === 1 ? 'frame' : 'frames'} before` : ''}`;
}
