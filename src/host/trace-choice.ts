/**
 * What a trace choice means, without the editor: which checkpoint to begin with, what can be chosen, and the puzzle a
 * person typed or pasted, in tokens.
 */
import { parsePuzzle, gridShape } from '../puzzles/grid';
import type { InspectorOptions, TraceChoice } from '../protocol/inspector';

/** Deepest trace anyone may ask for, in supervision steps. */
export const deepest = 128;

/** A checkpoint, as far as choosing one needs it. */
export interface CheckpointFacts { readonly name: string; readonly step: number; readonly best: boolean; readonly pinned: boolean }

/** The checkpoint a new inspector begins with: the live weights, else the best, else the newest; null when there is none. */
export function firstCheckpoint(live: boolean, checkpoints: readonly CheckpointFacts[]): string | null {
  if (live) return 'live';
  if (checkpoints.some(c => c.best)) return 'best';
  return checkpoints.reduce<CheckpointFacts | null>((newest, c) => (newest === null || c.step > newest.step ? c : newest), null)?.name ?? null;
}

/** Checkpoints with words, newest first; live weights and the best by these names. */
export function checkpointChoices(live: boolean, checkpoints: readonly CheckpointFacts[]): InspectorOptions['checkpoints'] {
  const newestFirst = [...checkpoints].sort((a, b) => b.step - a.step);
  const best = newestFirst.find(c => c.best);
  return [
    ...(live ? [{ name: 'live', label: 'live weights' }] : []),
    ...(best ? [{ name: 'best', label: `best (step ${best.step})` }] : []),
    ...newestFirst.map(c => ({ name: c.name, label: `step ${c.step}${c.pinned ? ', pinned' : ''}` })),
  ];
}

/** Tells why text typed as a puzzle number cannot be one, or null. */
export function puzzleNumberProblem(text: string, puzzles: number): string | null {
  if (!/^\s*\d{1,9}\s*$/.test(text)) return 'a whole number';
  return puzzles > 0 && Number(text) >= puzzles ? `0 to ${puzzles - 1}` : null;
}

/**
 * A pasted puzzle as tokens of a model's board.
 * @throws DatasetError when the text is no such board, or the board has no text form
 */
export function pastedTokens(text: string, model: { vocab_size: number; seq_len: number }): number[] {
  return Array.from(parsePuzzle(gridShape(model), text));
}

/** A choice from a webview or from saved state, checked; null when it is none. */
export function asTraceChoice(value: unknown): TraceChoice | null {
  if (typeof value !== 'object' || value === null) return null;
  const { run, checkpoint, puzzle, depth } = value as Record<string, unknown>;
  if ((typeof run !== 'string' && run !== null) || typeof checkpoint !== 'string' || !/^(live|best|step-\d{1,15}(\.\d{1,9})?)$/.test(checkpoint)) return null;
  if (typeof depth !== 'number' || !Number.isInteger(depth) || depth < 1 || depth > deepest) return null;
  if (typeof puzzle !== 'object' || puzzle === null) return null;
  const { index, text } = puzzle as Record<string, unknown>;
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0) return { run, checkpoint, puzzle: { index }, depth };
  if (typeof text === 'string' && text.length < 100_000) return { run, checkpoint, puzzle: { text }, depth };
  return null;
}
