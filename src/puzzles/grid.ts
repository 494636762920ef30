/**
 * Tokens as people see them: which kind of puzzle a dataset holds, its grid, the character of each token, and the way back
 * from a puzzle typed or pasted as text.
 */
import type { DatasetMetadata } from './dataset';
import { DatasetError } from './errors';
import { boardOfTokens, sudokuConflicts, sudokuGeometry, sudokuSizeOf, sudokuSizes, tokensOfBoard } from './sudoku-board';
import type { SudokuSize } from './sudoku-board';
import { searchSudoku } from './sudoku-solve';

/** How a sequence of tokens is laid out. */
export type GridShape =
  | { readonly kind: 'sudoku'; readonly size: SudokuSize; readonly rows: number; readonly cols: number; readonly boxRows: number; readonly boxColumns: number }
  /** Nothing known of the tokens: a square where the length allows, else one row. */
  | { readonly kind: 'tokens'; readonly rows: number; readonly cols: number };

/** The grid of a dataset's rows, told from its vocabulary and length. */
export function gridShape(metadata: Pick<DatasetMetadata, 'vocab_size' | 'seq_len'>): GridShape {
  const size = sudokuSizeOf(metadata);
  if (size !== undefined) {
    const { boxRows, boxColumns } = sudokuGeometry(size);
    return { kind: 'sudoku', size, rows: size, cols: size, boxRows, boxColumns };
  }
  const side = Math.sqrt(metadata.seq_len);
  return Number.isInteger(side) ? { kind: 'tokens', rows: side, cols: side } : { kind: 'tokens', rows: 1, cols: metadata.seq_len };
}

/** What each token shows as, by token: '' for PAD, '·' for an empty cell; plain numbers where the kind is unknown. */
export function tokenGlyphs(shape: GridShape, vocabSize: number): string[] {
  return Array.from({ length: vocabSize }, (_, token) => {
    if (shape.kind === 'tokens') return String(token);
    return token === 0 ? '' : token === 1 ? '·' : String(token - 1);
  });
}

/** A grid as lines of text, with rules between the boxes of a Sudoku. Length of `tokens`: rows * cols. */
export function formatGrid(shape: GridShape, tokens: ArrayLike<number>): string {
  const text = (row: number, column: number) => {
    const token = tokens[row * shape.cols + column]!;
    if (shape.kind === 'tokens') return String(token);
    return token === 1 ? '.' : token >= 2 && token <= shape.size + 1 ? String(token - 1) : '?';
  };
  const lines: string[] = [];
  for (let row = 0; row < shape.rows; row++) {
    const cells = Array.from({ length: shape.cols }, (_, column) => text(row, column));
    if (shape.kind === 'tokens') {
      lines.push(cells.join(' '));
      continue;
    }
    const boxes = Array.from({ length: shape.cols / shape.boxColumns }, (_, b) => cells.slice(b * shape.boxColumns, (b + 1) * shape.boxColumns).join(' '));
    if (row > 0 && row % shape.boxRows === 0) lines.push(boxes.map(box => '-'.repeat(box.length)).join('-+-'));
    lines.push(boxes.join(' | '));
  }
  return lines.join('\n');
}

/** Cells of a grid that break the puzzle's rules: digits twice in a row, column or box. None where no rules are known. */
export function ruleViolations(shape: GridShape, tokens: ArrayLike<number>): number[] {
  return shape.kind === 'sudoku' ? sudokuConflicts(shape.size, boardOfTokens(shape.size, tokens)) : [];
}

/** A Sudoku from text. */
export interface ParsedPuzzle {
  readonly size: SudokuSize;
  /** [size * size] */
  readonly tokens: Uint8Array;
}

/**
 * Parses a Sudoku as people write it: digits, with `.`, `0` or `_` for an empty cell; spaces, line breaks, `|` and
 * rules of `-`, `+` and `=` are skipped. 16, 36 or 81 cells, or exactly those of `size`. Throws DatasetError `bad-puzzle`
 * naming line and column.
 */
export function parsePuzzle(text: string, size?: SudokuSize): ParsedPuzzle {
  const next = 'Write digits, and . or 0 for an empty cell.';
  const cells: { digit: number; shown: string; line: number; column: number }[] = [];
  text.split(/\r?\n/).forEach((line, l) => {
    Array.from(line).forEach((shown, c) => {
      if (/[\s|+=-]/.test(shown)) return;
      const digit = '._'.includes(shown) ? 0 : shown >= '0' && shown <= '9' ? Number(shown) : NaN;
      if (Number.isNaN(digit)) throw new DatasetError('bad-puzzle', `line ${l + 1}, column ${c + 1}: '${shown}' is neither a digit nor an empty cell`, next);
      cells.push({ digit, shown, line: l + 1, column: c + 1 });
    });
  });
  const found = size === undefined ? sudokuSizes.find(side => side * side === cells.length) : size;
  if (found === undefined || cells.length !== found * found) {
    throw new DatasetError('bad-puzzle', `${cells.length} cells, expected ${size === undefined ? '16, 36 or 81' : size * size}`, next);
  }
  const large = cells.find(({ digit }) => digit > found);
  if (large) throw new DatasetError('bad-puzzle', `line ${large.line}, column ${large.column}: ${large.digit}, expected 1 to ${found} on a ${found} x ${found} board`, next);
  return { size: found, tokens: tokensOfBoard(cells.map(({ digit }) => digit)) };
}

/** What solving a puzzle gave. */
export interface SolvedPuzzle {
  /** 0: it contradicts itself; 1: as a puzzle should be; 2: two or more. */
  readonly solutions: 0 | 1 | 2;
  /** Tokens of the solution, when there is exactly one. */
  readonly tokens: Uint8Array | undefined;
}

/** Solves a Sudoku of tokens, e.g. a pasted one, to have something to hold the model's answer against. */
export function solvePuzzle(size: SudokuSize, tokens: ArrayLike<number>): SolvedPuzzle {
  const { solutions, first } = searchSudoku(sudokuGeometry(size), boardOfTokens(size, tokens), 2);
  return { solutions: solutions === 0 ? 0 : solutions === 1 ? 1 : 2, tokens: solutions === 1 && first ? tokensOfBoard(first) : undefined };
}
