/** A Sudoku in a row of a CSV: an answer that is no solution of its question is an error, not a bad label. */
import { BadRow } from './puzzle-csv';
import type { ParsePuzzleRow } from './puzzle-csv';
import { sudokuConflicts } from './sudoku-board';
import type { SudokuSize } from './sudoku-board';
import type { SudokuPuzzle } from './sudoku-generate';

/** How a Sudoku is written in a CSV. */
export const sudokuRowForm = 'empty cells are . or 0';

/** Digits of a column; `.` and `0` are empty where that is allowed. */
function parseBoard(column: 'question' | 'answer', text: string, size: SudokuSize): Uint8Array {
  const cells = size * size;
  if (text.length !== cells) throw new BadRow(`${column} has ${text.length} cells, expected ${cells}`);
  const board = new Uint8Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const code = text.charCodeAt(cell);
    const digit = code === 0x2e ? 0 : code - 0x30;
    if (!(digit >= 0 && digit <= size)) throw new BadRow(`${column} has '${text[cell]!}' at cell ${cell + 1}, expected 1 to ${size}${column === 'question' ? ', . or 0' : ''}`);
    if (digit === 0 && column === 'answer') throw new BadRow(`answer has no digit at cell ${cell + 1}`);
    board[cell] = digit;
  }
  return board;
}

/** Makes a Sudoku of this size of a row. */
export function sudokuRow(size: SudokuSize): ParsePuzzleRow<SudokuPuzzle> {
  return (asked, answered) => {
    const question = parseBoard('question', asked, size);
    const solution = parseBoard('answer', answered, size);
    const changed = question.findIndex((digit, cell) => digit !== 0 && digit !== solution[cell]);
    if (changed >= 0) throw new BadRow(`answer has ${solution[changed]!} at cell ${changed + 1}, where question has ${question[changed]!}`);
    const [clash] = sudokuConflicts(size, solution);
    if (clash !== undefined) throw new BadRow(`answer has ${solution[clash]!} twice in a row, column or box (cell ${clash + 1})`);
    return { question, solution };
  };
}
