/**
 * A config's text with positions: which line and column a key or a value stands at, and which key stands at an offset. Reading
 * it as data is bounded (size, depth, aliases), so that no file can hang or blow up whoever opens it.
 */
import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml';
import { configProblem, startOfText, type ConfigProblem, type TextSpan } from './errors';
import type { KeyPath } from './describe';

/** Largest config text, in UTF-16 units. */
export const maxConfigLength = 1_000_000;
const maxAliases = 100;
const maxDepth = 32;
const maxValues = 100_000;
const maxSyntaxProblems = 20;

/** A parsed config text. */
export interface ConfigDocument {
  readonly text: string;
  readonly yaml: Document.Parsed;
  readonly lines: LineCounter;
}

/** Parses a config text. Never throws on what the text contains; undefined and a problem when it cannot be parsed at all. */
export function parseText(text: string): { document?: ConfigDocument; problems: ConfigProblem[] } {
  if (text.length > maxConfigLength) {
    return { problems: [configProblem(startOfText, { code: 'too_large', key: '', what: 'the file is too large for a config', expected: 'at most 1 MB', found: `${(text.length / 1e6).toFixed(1)} MB` })] };
  }
  const lines = new LineCounter();
  const tooDeep = configProblem(startOfText, { code: 'syntax', key: '', what: `nested too deeply; at most ${maxDepth} levels` });
  let yaml: Document.Parsed;
  try {
    yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', uniqueKeys: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { problems: [tooDeep] };
  }
  const document = { text, yaml, lines };
  const found = [...yaml.errors, ...yaml.warnings];
  if (found.some(error => error.message.includes('call stack'))) return { problems: [tooDeep] };
  const places = new Set<number>();
  const problems: ConfigProblem[] = [];
  for (const error of found.slice(0, maxSyntaxProblems)) {
    if (places.has(error.pos[0])) continue; // one mistake, one problem
    places.add(error.pos[0]);
    const what = error.code === 'MULTIPLE_DOCS' ? 'a config is one YAML document; found a second one' : error.message;
    problems.push(configProblem(spanOfOffsets(document, error.pos[0], error.pos[1]), { code: 'syntax', key: '', what }));
  }
  return { document, problems: problems.length > 0 ? problems : duplicateKeys(document) };
}

/** Keys written twice in one mapping. (yaml's own check takes time quadratic in the number of keys.) */
function duplicateKeys(document: ConfigDocument): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const walk = (node: unknown, path: KeyPath): void => {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (seen.has(name) && isNode(key) && problems.length < maxSyntaxProblems) {
        problems.push(configProblem(spanOfNode(document, key), { code: 'duplicate_key', key: [...path, name].join('.'), what: 'written twice', expected: 'each key once' }));
      }
      seen.add(name);
      walk(value, [...path, name]);
    }
  };
  walk(document.yaml.contents, []);
  return problems;
}

/** The text as plain data, or the problem that makes it unusable (undefined or excessive aliases, depth). */
export function plainData(document: ConfigDocument): { data: unknown } | { problem: ConfigProblem } {
  const bad = (what: string, span: TextSpan = startOfText) => ({ problem: configProblem(span, { code: 'syntax', key: '', what }) });
  let unresolved: Node | undefined;
  visit(document.yaml, { Alias: (_, alias) => { if (!alias.resolve(document.yaml)) { unresolved = alias; return visit.BREAK; } return undefined; } });
  if (unresolved) return bad('alias (*) of an anchor (&) that is not set before it', spanOfNode(document, unresolved));
  try {
    return { data: copy(document.yaml.toJS({ maxAliasCount: maxAliases }), 0, { values: 0 }) };
  } catch (error) {
    if (error instanceof TooMuch) return bad(error.message);
    if (error instanceof ReferenceError) return bad(`too many aliases (*); at most ${maxAliases}`);
    if (error instanceof RangeError) return bad(`nested too deeply; at most ${maxDepth} levels`);
    throw error;
  }
}

/**
 * A text as a mapping of keys to values. `data` is undefined when it is none or cannot be read, which the problems then say; keys
 * written twice are a problem, but do not keep the rest from being read.
 */
export function parseMapping(text: string): { document?: ConfigDocument; data?: Record<string, unknown>; problems: ConfigProblem[] } {
  const parsed = parseText(text);
  const { document, problems } = parsed;
  if (!document || problems.some(problem => problem.code !== 'duplicate_key')) return parsed;
  const plain = plainData(document);
  if ('problem' in plain) return { document, problems: [...problems, plain.problem] };
  const data = plain.data ?? {};
  if (typeof data === 'object' && !Array.isArray(data)) return { document, data: data as Record<string, unknown>, problems };
  return { document, problems: [...problems, configProblem(startOfText, { code: 'wrong_type', key: '', what: 'a config is a mapping of keys to values', expected: 'lines like `epochs: 100`' })] };
}

class TooMuch extends Error {}

/** A deep copy without shared parts, bounded. */
function copy(value: unknown, depth: number, count: { values: number }): unknown {
  if (depth > maxDepth) throw new TooMuch(`nested too deeply; at most ${maxDepth} levels`);
  if (++count.values > maxValues) throw new TooMuch(`too many values; at most ${maxValues}`);
  if (Array.isArray(value)) return value.map(item => copy(item, depth + 1, count));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, depth + 1, count)]));
  }
  return value;
}

function spanOfOffsets({ lines }: ConfigDocument, start: number, end: number): TextSpan {
  const from = lines.linePos(start);
  const to = lines.linePos(Math.max(start, end));
  return { line: Math.max(1, from.line), column: Math.max(1, from.col), endLine: Math.max(1, to.line), endColumn: Math.max(1, to.col) };
}

function spanOfNode(document: ConfigDocument, node: Node): TextSpan {
  return node.range ? spanOfOffsets(document, node.range[0], node.range[1]) : startOfText;
}

function resolved(document: ConfigDocument, node: unknown): Node | undefined {
  const target = isAlias(node) ? node.resolve(document.yaml) : node;
  return isNode(target) ? target : undefined;
}

function pairOf(node: Node | undefined, key: string | number): Pair | undefined {
  // The last one wins when a key is written twice, as in the data.
  return isMap(node) ? node.items.findLast(pair => isScalar(pair.key) && String(pair.key.value) === String(key)) : undefined;
}

/**
 * Where a path stands in the text. `key`: the key itself; `value`: its value, or the key when the value is empty. A path that
 * is not there stands at its nearest ancestor's key (at its value, when that is a plain one: the `trm` of `arch: trm`), or at the
 * start of the text.
 */
export function spanOfPath(document: ConfigDocument, path: KeyPath, part: 'key' | 'value'): TextSpan {
  let span = startOfText;
  let node: Node | undefined = document.yaml.contents ?? undefined;
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    const within: Node | undefined = resolved(document, node);
    const pair = pairOf(within, step);
    const item = pair ? pair.value : isSeq(within) && typeof step === 'number' ? within.items[step] : undefined;
    if (!pair && !isNode(item)) return part === 'value' && isScalar(within) ? spanOfNode(document, within) : span;
    if (pair && isNode(pair.key)) span = spanOfNode(document, pair.key);
    if (isNode(item) && (!pair || (last && part === 'value'))) {
      const empty = isScalar(item) && item.range && item.range[0] === item.range[1];
      if (!empty) span = spanOfNode(document, item);
    }
    node = isNode(item) ? item : undefined;
  }
  return span;
}

/** True when the text has something at the path. */
export function hasPath(document: ConfigDocument, path: KeyPath): boolean {
  let node: unknown = document.yaml.contents;
  for (const step of path) {
    const within = resolved(document, node);
    const pair = pairOf(within, step);
    node = pair ? pair.value : isSeq(within) && typeof step === 'number' ? within.items[step] : undefined;
    if (!pair && node === undefined) return false;
  }
  return true;
}

/**
 * The stretch of the text to take out so that a key is gone, with its value: whole lines in a block, one entry and its comma between
 * braces. Offsets; undefined when the key is not there.
 */
export function removalOf({ text, yaml }: ConfigDocument, path: KeyPath): { start: number; end: number } | undefined {
  const parent = path.slice(0, -1).reduce<unknown>((node, step) => pairOf(isNode(node) ? node : undefined, step)?.value, yaml.contents);
  const pair = pairOf(isNode(parent) ? parent : undefined, path.at(-1)!);
  if (!isMap(parent) || !pair || !isScalar(pair.key) || !pair.key.range) return undefined;
  const start = pair.key.range[0];
  const end = Math.max(pair.key.range[1], isNode(pair.value) && pair.value.range ? pair.value.range[1] : 0);
  if (!parent.flow) {
    const firstLine = text.lastIndexOf('\n', start - 1) + 1;
    const nextLine = text[end - 1] === '\n' ? end : text.indexOf('\n', end) + 1 || text.length;
    return { start: firstLine, end: nextLine };
  }
  const after = /^\s*,\s*/.exec(text.slice(end))?.[0].length;
  if (after !== undefined) return { start, end: end + after };
  return { start: start - (/,\s*$/.exec(text.slice(0, start))?.[0].length ?? 0), end };
}

/** What stands at an offset. */
export interface PathAt {
  readonly path: KeyPath;
  readonly part: 'key' | 'value';
  readonly span: TextSpan;
}

function contains(node: unknown, offset: number): node is Node {
  return isNode(node) && node.range !== undefined && node.range !== null && offset >= node.range[0] && offset <= node.range[1];
}

/** The key or value at an offset, or undefined between them. */
export function pathAt(document: ConfigDocument, offset: number): PathAt | undefined {
  const within = (node: unknown, path: KeyPath): PathAt | undefined => {
    if (!contains(node, offset)) return undefined;
    if (isMap(node)) {
      for (const pair of node.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const here = [...path, String(pair.key.value)];
        if (contains(pair.key, offset)) return { path: here, part: 'key', span: spanOfNode(document, pair.key) };
        const found = within(pair.value, here);
        if (found) return found;
      }
      return undefined;
    }
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const found = within(item, [...path, index]);
        if (found) return found;
      }
      return undefined;
    }
    return { path, part: 'value', span: spanOfNode(document, node) };
  };
  return within(document.yaml.contents, []);
}
