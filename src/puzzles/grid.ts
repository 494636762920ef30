/**
 * Tokens as people see them: which kind of puzzle a dataset holds, its grid, the character of each token, and the way back
 * from a puzzle typed or pasted as text.
 */
import { arcSideOf } from './arc-board';
import type { DatasetMetadata } from './dataset';
import { DatasetError } from './errors';
import { mazeCharacters, mazeSideOf, mazeTokens, solveMaze } from './maze-board';
import { boardOfTokens, sudokuGeometry, sudokuSizeOf, tokensOfBoard } from './sudoku-board';
import type { SudokuSize } from './sudoku-board';
import { searchSudoku } from './sudoku-solve';

/** How a sequence of tokens is laid out. */
export type GridShape =
  | { readonly kind: 'sudoku'; readonly size: SudokuSize; readonly rows: number; readonly cols: number; readonly boxRows: number; readonly boxColumns: number }
  | { readonly kind: 'maze' | 'arc'; readonly rows: number; readonly cols: number }
  /** Nothing known of the tokens: a square where the length allows, else one row. */
  | { readonly kind: 'tokens'; readonly rows: number; readonly cols: number };

/** The grid of a dataset's rows, told from its vocabulary and length. */
export function gridShape(metadata: Pick<DatasetMetadata, 'vocab_size' | 'seq_len'>): GridShape {
  const size = sudokuSizeOf(metadata);
  if (size !== undefined) {
    const { boxRows, boxColumns } = sudokuGeometry(size);
    return { kind: 'sudoku', size, rows: size, cols: size, boxRows, boxColumns };
  }
  const maze = mazeSideOf(metadata);
  if (maze !== undefined) return { kind: 'maze', rows: maze, cols: maze };
  const arc = arcSideOf(metadata);
  if (arc !== undefined) return { kind: 'arc', rows: arc, cols: arc };
  const side = Math.sqrt(metadata.seq_len);
  return Number.isInteger(side) ? { kind: 'tokens', rows: side, cols: side } : { kind: 'tokens', rows: 1, cols: metadata.seq_len };
}

/** What a token shows as in lines of text: one character, but plain numbers where the kind is unknown. */
function tokenText(shape: GridShape, token: number): string {
  switch (shape.kind) {
    case 'sudoku': return token === 1 ? '.' : token >= 2 && token <= shape.size + 1 ? String(token - 1) : '?';
    case 'maze': return mazeCharacters[token - 1] ?? '?';
    case 'arc': return token === 0 ? ' ' : token === 1 ? '.' : String(token - 2);
    case 'tokens': return String(token);
    default: return shape satisfies never;
  }
}

/** A grid as lines of text, with rules between the boxes of a Sudoku. Length of `tokens`: rows * cols. */
export function formatGrid(shape: GridShape, tokens: ArrayLike<number>): string {
  const lines: string[] = [];
  for (let row = 0; row < shape.rows; row++) {
    const cells = Array.from({ length: shape.cols }, (_, column) => tokenText(shape, tokens[row * shape.cols + column]!));
    if (shape.kind !== 'sudoku') {
      lines.push(cells.join(shape.kind === 'tokens' ? ' ' : ''));
      continue;
    }
    const boxes = Array.from({ length: shape.cols / shape.boxColumns }, (_, b) => cells.slice(b * shape.boxColumns, (b + 1) * shape.boxColumns).join(' '));
    if (row > 0 && row % shape.boxRows === 0) lines.push(boxes.map(box => '-'.repeat(box.length)).join('-+-'));
    lines.push(boxes.join(' | '));
  }
  return lines.join('\n');
}

/**
 * Parses a Sudoku as people write it: digits, with `.`, `0` or `_` for an empty cell; spaces, line breaks, `|` and
 * rules of `-`, `+` and `=` are skipped.
 */
function parseSudoku(text: string, size: SudokuSize): Uint8Array {
  const next = 'Write digits, and . or 0 for an empty cell.';
  const cells: { digit: number; line: number; column: number }[] = [];
  text.split(/\r?\n/).forEach((line, l) => {
    Array.from(line).forEach((shown, c) => {
      if (/[\s|+=-]/.test(shown)) return;
      const digit = '._'.includes(shown) ? 0 : shown >= '0' && shown <= '9' ? Number(shown) : NaN;
      if (Number.isNaN(digit)) throw new DatasetError('bad-puzzle', `line ${l + 1}, column ${c + 1}: '${shown}' is neither a digit nor an empty cell`, next);
      cells.push({ digit, line: l + 1, column: c + 1 });
    });
  });
  if (cells.length !== size * size) throw new DatasetError('bad-puzzle', `${cells.length} cells, expected ${size * size}`, next);
  const large = cells.find(({ digit }) => digit > size);
  if (large) throw new DatasetError('bad-puzzle', `line ${large.line}, column ${large.column}: ${large.digit}, expected 1 to ${size} on a ${size} x ${size} board`, next);
  return tokensOfBoard(cells.map(({ digit }) => digit));
}

/** Parses a maze in the published characters, a line per row; `.` is free too, `o` is taken as free, and rows may end early. */
function parseMaze(text: string, side: number): Uint8Array {
  const next = 'Write # for a wall, a space or . for a free cell, S for the start and G for the goal.';
  const lines = text.split(/\r?\n/);
  while (lines.length > side && lines.at(-1)?.trim() === '') lines.pop();
  while (lines.length > side && lines[0]?.trim() === '') lines.shift();
  if (lines.length !== side) throw new DatasetError('bad-puzzle', `${lines.length} lines, expected ${side}`, next);
  return Uint8Array.from(lines.flatMap((line, l) => {
    if (line.length > side && line.slice(side).trim() !== '') throw new DatasetError('bad-puzzle', `line ${l + 1}: ${line.length} cells, expected ${side}`, next);
    return Array.from({ length: side }, (_, c) => {
      const shown = line[c] ?? ' ';
      const token = '.o'.includes(shown) ? mazeTokens.free : mazeCharacters.indexOf(shown) + 1;
      if (token === 0) throw new DatasetError('bad-puzzle', `line ${l + 1}, column ${c + 1}: '${shown}' is no cell of a maze`, next);
      return token;
    });
  }));
}

/**
 * Parses a puzzle as people write it, for a grid of this shape: a Sudoku or a maze. Returns its tokens, [rows * cols].
 * Throws DatasetError `bad-puzzle` naming line and column, or that this kind has no text form.
 */
export function parsePuzzle(shape: GridShape, text: string): Uint8Array {
  if (shape.kind === 'sudoku') return parseSudoku(text, shape.size);
  if (shape.kind === 'maze') return parseMaze(text, shape.rows);
  throw new DatasetError('bad-puzzle', 'Only Sudoku boards and mazes can be pasted as text.', 'Choose a puzzle of the test set by its number.');
}

/** What solving a puzzle gave. */
export interface SolvedPuzzle {
  /** 0: none, or it contradicts itself; 1: as a puzzle should be; 2: two or more. */
  readonly solutions: 0 | 1 | 2;
  /** Tokens of the solution, when there is exactly one. */
  readonly tokens: Uint8Array | undefined;
}

/** Solves a puzzle of tokens, e.g. a pasted one, to have something to hold the model's answer against; undefined for kinds nobody can solve by rule. */
export function solvePuzzle(shape: GridShape, tokens: ArrayLike<number>): SolvedPuzzle | undefined {
  if (shape.kind === 'maze') return solveMaze(shape.rows, tokens);
  if (shape.kind !== 'sudoku') return undefined;
  const { solutions, first } = searchSudoku(sudokuGeometry(shape.size), boardOfTokens(shape.size, tokens), 2);
  return { solutions: solutions === 0 ? 0 : solutions === 1 ? 1 : 2, tokens: solutions === 1 && first ? tokensOfBoard(first) : undefined };
}
