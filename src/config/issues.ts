/**
 * From zod's issues to problems people can act on: the key, what was expected (from the schema), what was found (from the
 * data), and the nearest key or value that would have been right.
 */
import type { z } from 'zod';
import { describeKey, describeKeys, keysOf, mappingOf, schemaAt, typeText, valueAt, valuesOf, yamlText, type KeyPath } from './describe';
import type { ProblemParts } from './errors';
import type { SchemaNode } from './json-schema';
import { nearestWord } from './nearest';

/** A problem before it has a place: the path it is about, and whether the key or its value is meant. */
export interface Finding extends Omit<ProblemParts, 'key'> {
  readonly path: KeyPath;
  readonly part: 'key' | 'value';
}

/** What was found, in at most 60 characters. */
function foundText(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value) && value.length === 0) return 'an empty list';
  const text = typeof value === 'string' ? JSON.stringify(value) : yamlText(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Why a value that looks right is not, YAML 1.1 spellings and quotes, and how it is written. */
function spelling(value: unknown, expected: string): { hint: string; replacement?: string } {
  if (typeof value !== 'string') return { hint: '' };
  if (expected === 'true or false' && /^(yes|no|on|off|y|n)$/i.test(value)) return { hint: ' (yes, no, on and off are texts in YAML 1.2)', replacement: String(/^(yes|on|y)$/i.test(value)) };
  const number = value.replaceAll('_', '');
  if (/number|integer/.test(expected) && number !== '' && Number.isFinite(Number(number))) return { hint: value.includes('_') ? ' (numbers are written without _)' : ' (a number in quotes is a text)', replacement: number };
  return { hint: '' };
}

/** The known number nearest to one that is not. */
function nearestNumber(value: unknown, known: readonly unknown[]): string | undefined {
  if (typeof value !== 'number') return undefined;
  const numbers = known.filter(number => typeof number === 'number' && Math.abs(number) < Number.MAX_SAFE_INTEGER) as number[];
  return numbers.length === 0 ? undefined : yamlText(numbers.reduce((best, number) => (Math.abs(number - value) < Math.abs(best - value) ? number : best)));
}

/** The bounds that a number may have itself. */
const boundsOf = ({ anyOf, minimum, maximum }: SchemaNode): unknown[] => (anyOf ? anyOf.flatMap(boundsOf) : [minimum, maximum]);

/** A key nobody knows: the nearest one beside it, or the same name elsewhere in the config. */
function unknownKey(path: KeyPath, data: unknown): Finding {
  const parent = path.slice(0, -1);
  const name = String(path.at(-1));
  const node = schemaAt(parent, data);
  const here = node ? keysOf(mappingOf(node, valueAt(data, parent))) : [];
  const namesakes = describeKeys().filter(key => key.name.toLowerCase() === name.toLowerCase());
  const ofOtherKinds = namesakes.filter(key => key.path === path.join('.')).flatMap(({ kind }) => kind ?? []);
  const own = ofOtherKinds.length > 0 && node ? describeKey(parent.join('.'), here[0]!, mappingOf(node, valueAt(data, parent)))?.kind : undefined;
  if (own !== undefined) return { code: 'unknown_key', path, part: 'key', what: `not a key of ${own}; it is one of ${ofOtherKinds.join(', ')}` };
  const elsewhere = namesakes.map(key => key.path);
  const same = here.find(key => key.toLowerCase() === name.toLowerCase());
  const close = same ?? (elsewhere.length > 0 ? undefined : nearestWord(name, here));
  if (close !== undefined) return { code: 'unknown_key', path, part: 'key', what: 'unknown key', nearest: [...parent, close].join('.'), replacement: close };
  const far = elsewhere[0] ?? nearestKeyAnywhere(name);
  return { code: 'unknown_key', path, part: 'key', what: 'unknown key', nearest: far };
}

function nearestKeyAnywhere(name: string): string | undefined {
  const keys = describeKeys();
  const near = nearestWord(name, keys.map(key => key.name));
  return keys.find(key => key.name === near)?.path;
}

/** Unknown keys of one mapping that are reported; a file with more is not a config at all. */
const maxUnknownKeys = 20;

/** The findings of one zod issue. `data` is what was validated. */
export function findingsOf(issue: z.core.$ZodIssue, data: unknown): Finding[] {
  const path: KeyPath = issue.path.map(step => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') return issue.keys.slice(0, maxUnknownKeys).map(key => unknownKey([...path, key], data));
  if (issue.code === 'invalid_key') return [unknownKey(path, data)];
  const node = schemaAt(path, data);
  const value = valueAt(data, path);
  const expected = node ? typeText(node) : issue.message;
  if (value === undefined) return [{ code: 'missing', path, part: 'key', what: 'missing', expected }];
  const { hint, replacement } = spelling(value, expected);
  const about = { path, part: 'value' as const, expected: expected + hint, found: foundText(value), replacement };
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return [{ ...about, code: 'out_of_range', what: Array.isArray(value) ? 'wrong length' : 'out of range', replacement: node && nearestNumber(value, boundsOf(node)) }];
  }
  const values = node ? valuesOf(node) : [];
  const sameType = values.some(known => typeof known === typeof value);
  if ((issue.code === 'invalid_value' || issue.code === 'invalid_union' || issue.code === 'invalid_format') && sameType) {
    const near = typeof value === 'string' ? nearestWord(value, values.map(String)) : undefined;
    return [{ ...about, code: 'unknown_value', what: 'not one of its values', nearest: near, replacement: near ?? nearestNumber(value, values) }];
  }
  return [{ ...about, code: 'wrong_type', what: 'wrong type' }];
}
