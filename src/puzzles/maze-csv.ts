/** A maze in a row of a CSV, in the published characters; an answer that draws no single way from S to G is an error. */
import { distancesFrom, mazeCharacters, mazeTokens } from './maze-board';
import type { MazePuzzle } from './maze-board';
import { BadRow } from './puzzle-csv';
import type { ParsePuzzleRow } from './puzzle-csv';

/** How a maze is written in a CSV. */
export const mazeRowForm = '# wall, space free, S start, G goal, o on the way';

function parseBoard(column: 'question' | 'answer', text: string, cells: number, allowed: string): Uint8Array {
  if (text.length !== cells) throw new BadRow(`${column} has ${text.length} cells, expected ${cells}`);
  return Uint8Array.from(text, (shown, cell) => {
    if (!allowed.includes(shown)) throw new BadRow(`${column} has '${shown}' at cell ${cell + 1}, expected one of '${allowed}'`);
    return mazeCharacters.indexOf(shown) + 1;
  });
}

/** Makes an n x n maze of a row. */
export function mazeRow(size: number): ParsePuzzleRow<MazePuzzle> {
  const { free, start, goal, way } = mazeTokens;
  return (asked, answered) => {
    const question = parseBoard('question', asked, size * size, '# SG');
    const solution = parseBoard('answer', answered, size * size, mazeCharacters);
    for (const [token, name] of [[start, 'S'], [goal, 'G']] as const) {
      if (question.indexOf(token) < 0 || question.indexOf(token) !== question.lastIndexOf(token)) throw new BadRow(`question has ${question.filter(each => each === token).length} times ${name}, expected one`);
    }
    const changed = question.findIndex((token, cell) => token !== solution[cell] && !(token === free && solution[cell] === way));
    if (changed >= 0) throw new BadRow(`answer has '${answered[changed]!}' at cell ${changed + 1}, where question has '${asked[changed]!}'`);
    const drawn = solution.filter(token => token === way).length;
    // Along the drawn cells alone, the goal must be as far as there are drawn cells: a way that uses each of them once.
    const { steps } = distancesFrom(size, solution.indexOf(start), cell => solution[cell] === way || solution[cell] === goal);
    if (steps[solution.indexOf(goal)] !== drawn + 1) throw new BadRow(`answer's ${drawn} cells 'o' are no single way from S to G`);
    return { question, solution };
  };
}
