/**
 * What a trace choice means, without the editor: which checkpoint to begin with, what can be chosen, and the puzzle a
 * person typed or pasted, in tokens.
 */
import { parsePuzzle, gridShape } from '../puzzles/grid';
import type { BesideChoice, InspectorOptions, TraceChoice } from '../protocol/inspector';
import type { Trace } from '../runs/schema';

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

/** How a puzzle for a model's board is written as text; null where there is no text form. */
export function pasteHint(model: { vocab_size: number; seq_len: number }): string | null {
  const { kind, rows } = gridShape(model);
  if (kind === 'sudoku') return `${rows} rows of ${rows} digits; 0, . or _ for a blank cell. White space and line breaks do not matter.`;
  return kind === 'maze' ? `${rows} rows of ${rows} cells: # a wall, a space or . a free cell, S the start, G the goal.` : null;
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
  const { run, checkpoint, puzzle, depth, kept, beside } = value as Record<string, unknown>;
  if ((typeof run !== 'string' && run !== null) || !isCheckpoint(checkpoint) || !isDepth(depth)) return null;
  if (typeof puzzle !== 'object' || puzzle === null) return null;
  const { index, text } = puzzle as Record<string, unknown>;
  const second = asBesideChoice(beside);
  const common = { run, checkpoint, depth, ...(second ? { beside: second } : {}) };
  if (isCount(index)) return { ...common, puzzle: { index }, ...(isCount(kept) ? { kept } : {}) };
  if (typeof text === 'string' && text.length < 100_000) return { ...common, puzzle: { text } };
  return null;
}

const isCheckpoint = (value: unknown): value is string => typeof value === 'string' && /^(live|best|step-\d{1,15}(\.\d{1,9})?)$/.test(value);
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isDepth = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= deepest;

function asBesideChoice(value: unknown): BesideChoice | null {
  if (typeof value !== 'object' || value === null) return null;
  const { run, checkpoint, depth } = value as Record<string, unknown>;
  return typeof run === 'string' && isCheckpoint(checkpoint) && isDepth(depth) ? { run, checkpoint, depth } : null;
}

/** A board as another run's model must take it. */
export interface BoardFacts { readonly seq_len: number; readonly vocab_size: number; readonly content_hash: string }

/**
 * How a puzzle that was traced with one run is named for another: by its number where both have the same test data, else by its tokens.
 * Null when the other cannot take it: another board, or one of ARC, whose puzzles mean nothing without their own identifiers.
 */
export function samePuzzle(trace: Pick<Trace, 'puzzle' | 'question' | 'vocab_size' | 'kind'>, own: BoardFacts, other: BoardFacts): { index: number } | { tokens: number[] } | null {
  if (other.seq_len !== own.seq_len || other.vocab_size !== own.vocab_size) return null;
  const { index } = trace.puzzle;
  if (index !== null && other.content_hash === own.content_hash) return { index };
  if (trace.kind === 'arc') return null;
  const bytes = Buffer.from(trace.question, 'base64');
  return { tokens: Array.from({ length: other.seq_len }, (_, cell) => (trace.vocab_size <= 256 ? bytes.readUInt8(cell) : bytes.readUInt16LE(2 * cell))) };
}
