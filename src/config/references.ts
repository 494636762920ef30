/**
 * References of published configs, resolved as OmegaConf does: `${seed}` and `${arch.hidden_size}` from the root, `${.hidden_size}`
 * beside the key it stands at, each further dot one mapping or list higher. A reference alone keeps its value's type; inside a text
 * it becomes part of the text. `\${` is a plain `${`. Resolvers (`${oc.env:HOME}`) and references inside references are refused.
 */
import type { KeyPath } from './describe';
import { nearestWord } from './nearest';

/** A reference that cannot be resolved, at the key it stands at. */
export interface BadReference {
  readonly path: KeyPath;
  readonly what: string;
  readonly expected?: string;
  readonly nearest?: string;
}

/** Longest text that references may make. */
const maxText = 10_000;
/** Values that references to mappings and lists may copy, in all. */
const maxCopies = 10_000;
/** References that may lead to one another, and that a config may have. */
const maxChain = 100;
const maxReferences = 1000;

class Unresolved extends Error {
  constructor(what: string, readonly more: { expected?: string; nearest?: string } = {}) {
    super(what);
  }
}

type Container = Record<string, unknown> | unknown[];
const isContainer = (value: unknown): value is Container => value !== null && typeof value === 'object';
const dotted = (path: KeyPath): string => path.join('.');

function child(value: unknown, step: string | number): unknown {
  if (!isContainer(value) || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}

/** The parts of a text: plain pieces, and what stands between `${` and `}`. */
function parts(text: string): ({ plain: string } | { reference: string })[] {
  const found: ({ plain: string } | { reference: string })[] = [];
  let plain = '';
  for (let at = 0; at < text.length;) {
    if (text.startsWith('\\${', at)) {
      plain += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end < 0) throw new Unresolved('a reference (${...}) is not closed', { expected: '} after its name' });
      if (plain !== '') found.push({ plain });
      plain = '';
      found.push({ reference: text.slice(at + 2, end).trim() });
      at = end + 1;
    } else plain += text[at++]!;
  }
  if (plain !== '' || found.length === 0) found.push({ plain });
  return found;
}

/** The path a reference means, seen from the key at `from`. */
function target(reference: string, from: KeyPath): KeyPath {
  const shown = `\${${reference}}`;
  if (reference.includes('${')) throw new Unresolved(`${shown}}: a reference inside a reference is not available`, { expected: 'the name of a key' });
  if (reference.includes(':')) throw new Unresolved(`${shown}: resolvers are not available`, { expected: 'the value itself' });
  const dots = /^\.*/.exec(reference)![0].length;
  const rest = reference.slice(dots).replace(/\[(\d+)\]/g, '.$1');
  const steps = rest.split('.');
  if (!steps.every(step => /^[\w$/-]+$/.test(step))) throw new Unresolved(`${shown} is not a reference`, { expected: '${key}, ${mapping.key} or ${.key}' });
  if (dots > from.length) throw new Unresolved(`${shown} begins above the config: it stands ${from.length} deep and has ${dots} dots`, { expected: `at most ${from.length} dots` });
  return [...(dots === 0 ? [] : from.slice(0, from.length - dots)), ...steps];
}

const asText = (value: string | number | boolean | null): string => (value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : String(value));

class Resolver {
  private readonly open = new Set<string>();
  private readonly known = new Map<string, unknown>();
  private copies = 0;

  constructor(private readonly root: Record<string, unknown>) {}

  /** The value at a path, without references. Throws Unresolved. */
  at(path: KeyPath): unknown {
    const name = JSON.stringify(path);
    if (this.known.has(name)) return this.known.get(name);
    if (this.open.has(name)) throw new Unresolved(`references in a circle: ${[...this.open.values(), name].slice([...this.open].indexOf(name)).map(each => dotted(JSON.parse(each) as KeyPath)).join(' -> ')}`);
    if (this.open.size >= maxChain) throw new Unresolved(`more than ${maxChain} references lead to one another`);
    this.open.add(name);
    try {
      const value = this.resolve(this.raw(path), path);
      this.known.set(name, value);
      return value;
    } finally {
      this.open.delete(name);
    }
  }

  /** What is written at a path; mappings that are references themselves are followed. */
  private raw(path: KeyPath): unknown {
    return path.reduce<unknown>((value, step, index) => {
      const within = typeof value === 'string' ? this.at(path.slice(0, index)) : value;
      return child(within, step);
    }, this.root);
  }

  private resolve(value: unknown, path: KeyPath): unknown {
    if (typeof value === 'string') return this.text(value, path);
    if (Array.isArray(value)) return value.map((_, index) => this.at([...path, index]));
    if (isContainer(value)) return Object.fromEntries(Object.keys(value).map(key => [key, this.at([...path, key])]));
    return value;
  }

  private text(text: string, path: KeyPath): unknown {
    if (!text.includes('${')) return text;
    const found = parts(text);
    const [only] = found;
    if (found.length === 1 && 'reference' in only!) return this.copy(this.value(only.reference, path));
    let whole = '';
    for (const part of found) {
      const value = 'plain' in part ? part.plain : this.value(part.reference, path);
      if (isContainer(value)) throw new Unresolved('a mapping or a list cannot be part of a text', { expected: 'a reference to a single value' });
      whole += asText(value as string | number | boolean | null);
      if (whole.length > maxText) throw new Unresolved(`references make a text of more than ${maxText} characters`);
    }
    return whole;
  }

  private value(reference: string, from: KeyPath): unknown {
    const path = target(reference, from);
    const parent = path.length === 1 ? this.root : this.raw(path.slice(0, -1));
    const name = path.at(-1)!;
    const within = typeof parent === 'string' ? this.at(path.slice(0, -1)) : parent;
    if (child(within, name) === undefined) {
      const near = isContainer(within) ? nearestWord(String(name), Object.keys(within)) : undefined;
      throw new Unresolved(`\${${reference}} refers to ${dotted(path)}, which the config does not have`, near === undefined ? {} : { nearest: dotted([...path.slice(0, -1), near]) });
    }
    return this.at(path);
  }

  /** A value of its own, so that no two keys share one; bounded. */
  private copy(value: unknown): unknown {
    if (!isContainer(value)) return value;
    if (++this.copies > maxCopies) throw new Unresolved(`references copy more than ${maxCopies} values`);
    if (Array.isArray(value)) return value.map(item => this.copy(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.copy(item)]));
  }
}

/** Paths of all texts with a reference. */
function referring(value: unknown, path: KeyPath): KeyPath[] {
  if (typeof value === 'string') return value.includes('${') ? [path] : [];
  if (!isContainer(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => referring(item, [...path, Array.isArray(value) ? Number(key) : key]));
}

/**
 * Replaces the references in the data by what they refer to, in place.
 * @param whole the data to look names up in: `data`, and keys that were taken out of it
 * @returns those that cannot be resolved; their texts stay
 */
export function resolveReferences(data: Record<string, unknown>, whole: Record<string, unknown>): BadReference[] {
  const resolver = new Resolver(whole);
  const bad: BadReference[] = [];
  const found = referring(data, []);
  if (found.length > maxReferences) return found.map(path => ({ path, what: `more than ${maxReferences} references` }));
  const results = found.map(path => {
    try {
      return { path, value: resolver.at(path) };
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      bad.push({ path, what: error.message, ...error.more });
      return null;
    }
  });
  for (const result of results) {
    if (!result) continue;
    const parent = result.path.slice(0, -1).reduce<unknown>(child, data) as Record<string | number, unknown>;
    parent[result.path.at(-1)!] = result.value;
  }
  return bad;
}
