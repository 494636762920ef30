/**
 * A puzzle and its answer as a small picture (SVG), drawn as the trace inspector draws them: givens of a Sudoku bold on a tint and its boxes in
 * heavy lines, walls of a maze as blocks and its way as a line, ARC's numbers in their colours. Few elements: a hover holds 100,000 characters.
 */
import { arcDigitColour, arcPalette } from '../../protocol/arc-palette';
import type { GridShape } from '../../puzzles/grid';
import { mazeTokens } from '../../puzzles/maze-board';

/** Colours that fit what lies behind the picture. */
export interface PictureInk {
  readonly text: string;
  readonly ground: string;
  /** High contrast: full-strength lines. */
  readonly strong: boolean;
}

/** Pixels: of a board at most, of a cell, between the boards. */
const board = 208;
const cell = { least: 5, most: 26, forNumber: 10 };
const between = 40;

/** A board that is drawn, in cells. */
interface Board { readonly rows: number; readonly cols: number; readonly tokens: readonly number[] }

const attributes = (values: Readonly<Record<string, string | number>>): string => Object.entries(values).map(([name, value]) => `${name}="${value}"`).join(' ');
const element = (name: string, values: Readonly<Record<string, string | number>>, content = ''): string => `<${name} ${attributes(values)}>${content}</${name}>`;

/** A path over the cells of which something is so, a rectangle for each stretch of a row. */
function area({ rows, cols }: Board, is: (at: number) => boolean): string {
  const pieces: string[] = [];
  for (let row = 0; row < rows; row++) {
    for (let from = 0; from < cols; from++) {
      if (!is(row * cols + from)) continue;
      let to = from;
      while (to < cols && is(row * cols + to)) to++;
      pieces.push(`M${from} ${row}h${to - from}v1h${from - to}z`);
      from = to;
    }
  }
  return pieces.join('');
}

/** Characters in the middle of their cells; '' for a cell without one. */
function letters({ rows, cols }: Board, of: (at: number) => string, style: Readonly<Record<string, string | number>>): string {
  return Array.from({ length: rows }, (_, row) => {
    const shown = Array.from({ length: cols }, (_, column) => ({ column, text: of(row * cols + column) })).filter(({ text }) => text !== '');
    if (shown.length === 0) return '';
    return element('text', { x: shown.map(({ column }) => column + 0.5).join(' '), y: row + 0.7, 'text-anchor': 'middle', 'font-size': 0.55, ...style }, shown.map(({ text }) => text).join(''));
  }).join('');
}

/** Lines of the grid; `heavy` says which of them are boundaries of boxes. */
function grid({ rows, cols }: Board, box: { rows: number; cols: number }, size: number, { text, strong }: PictureInk): string {
  return [false, true].map(heavy => {
    const across = Array.from({ length: rows + 1 }, (_, row) => (row % box.rows === 0 === heavy ? `M0 ${row}h${cols}` : '')).join('');
    const down = Array.from({ length: cols + 1 }, (_, column) => (column % box.cols === 0 === heavy ? `M${column} 0v${rows}` : '')).join('');
    return element('path', { d: across + down, fill: 'none', stroke: text, 'stroke-width': (heavy ? 1.5 : 1) / size, 'stroke-opacity': heavy ? (strong ? 1 : 0.62) : strong ? 0.55 : 0.17 });
  }).join('');
}

function sudoku(shown: Board, question: Board, { text, strong }: PictureInk): string {
  const isGiven = (at: number): boolean => question.tokens[at]! > 1;
  const digit = (at: number): string => (shown.tokens[at]! > 1 ? String(shown.tokens[at]! - 1) : '');
  return element('path', { d: area(shown, isGiven), fill: text, 'fill-opacity': strong ? 0.2 : 0.08 })
    + letters(shown, at => (isGiven(at) ? digit(at) : ''), { fill: text, 'font-weight': 700 })
    + letters(shown, at => (isGiven(at) ? '' : digit(at)), { fill: text });
}

function maze(shown: Board, { text, ground, strong }: PictureInk): string {
  const { cols, tokens } = shown;
  const isEnd = (at: number): boolean => tokens[at] === mazeTokens.start || tokens[at] === mazeTokens.goal;
  const isWay = (at: number): boolean => tokens[at] === mazeTokens.way;
  const onWay = (at: number): boolean => isWay(at) || isEnd(at);
  const joined = (at: number, other: number): boolean => onWay(at) && onWay(other) && (isWay(at) || isWay(other));
  const from = (at: number): string => `M${at % cols + 0.5} ${Math.floor(at / cols) + 0.5}`;
  const all = [...tokens.keys()];
  const way = all.map(at => [(at + 1) % cols !== 0 && joined(at, at + 1) ? `${from(at)}h1` : '', joined(at, at + cols) ? `${from(at)}v1` : ''].join('')).join('');
  const ends = all.filter(isEnd).map(at => `${from(at)}h0`).join('');
  const line = { fill: 'none', stroke: text, 'stroke-linecap': 'round' };
  return element('path', { d: area(shown, at => tokens[at] === mazeTokens.wall), fill: text, 'fill-opacity': strong ? 0.85 : 0.55 })
    + element('path', { d: way, 'stroke-width': 0.3, ...line }) + element('path', { d: ends, 'stroke-width': 0.9, ...line })
    + letters(shown, at => (isEnd(at) ? (tokens[at] === mazeTokens.start ? 'S' : 'G') : ''), { fill: ground, 'font-weight': 700 });
}

function arc(shown: Board, size: number): string {
  return arcPalette.map((colour, number) => {
    const is = (at: number): boolean => shown.tokens[at] === number + 2;
    if (!shown.tokens.some((_, at) => is(at))) return '';
    return element('path', { d: area(shown, is), fill: colour }) + (size < cell.forNumber ? '' : letters(shown, at => (is(at) ? String(number) : ''), { fill: arcDigitColour(number) }));
  }).join('');
}

/** The part of an ARC canvas that has colours. */
function coloured({ rows, cols, tokens }: Board): Board {
  const filled = [...tokens.keys()].filter(at => tokens[at]! >= 2);
  if (filled.length === 0) return { rows, cols, tokens };
  const [down, across] = [filled.map(at => Math.floor(at / cols)), filled.map(at => at % cols)];
  const [top, left] = [Math.min(...down), Math.min(...across)];
  const [height, width] = [Math.max(...down) - top + 1, Math.max(...across) - left + 1];
  return { rows: height, cols: width, tokens: Array.from({ length: height * width }, (_, at) => tokens[(top + Math.floor(at / width)) * cols + left + at % width]!) };
}

/** Question and answer beside each other as an SVG document; undefined for tokens of which nothing is known. Tokens: rows * cols. */
export function puzzlePicture(shape: GridShape, question: ArrayLike<number>, answer: ArrayLike<number>, ink: PictureInk): string | undefined {
  const { kind, rows, cols } = shape;
  if (kind === 'tokens') return undefined;
  const whole = [question, answer].map(tokens => ({ rows, cols, tokens: Array.from(tokens) }));
  const boards = kind === 'arc' ? whole.map(coloured) : whole;
  const size = Math.max(cell.least, Math.min(cell.most, ...boards.map(shown => Math.floor(board / Math.max(shown.rows, shown.cols)))));
  const height = Math.max(...boards.map(shown => shown.rows)) * size;
  const [left, right] = boards as [Board, Board];
  const middle = left.cols * size + between / 2 + 1;
  const drawn = boards.map((shown, index) => {
    const inside = kind === 'sudoku' ? sudoku(shown, left, ink) : kind === 'maze' ? maze(shown, ink) : arc(shown, size);
    const box = kind === 'sudoku' ? { rows: shape.boxRows, cols: shape.boxColumns } : { rows: shown.rows, cols: shown.cols };
    const place = `translate(${1 + index * (left.cols * size + between)} ${1 + (height - shown.rows * size) / 2}) scale(${size})`;
    return element('g', { transform: place }, inside + (kind === 'maze' ? '' : grid(shown, box, size, ink)));
  });
  const arrow = element('path', { d: `M${middle - 9} ${height / 2 + 1}h16m-5 -5l5 5l-5 5`, fill: 'none', stroke: ink.text, 'stroke-width': 1.5 });
  const sides = { width: (left.cols + right.cols) * size + between + 2, height: height + 2 };
  return element('svg', { xmlns: 'http://www.w3.org/2000/svg', ...sides, viewBox: `0 0 ${sides.width} ${sides.height}`, 'font-family': 'sans-serif' }, drawn.join('') + arrow);
}
