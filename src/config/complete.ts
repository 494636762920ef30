/**
 * What can be written at a place of a config: keys of the mapping around it, or values of the key before it. The text being
 * typed is rarely valid YAML, so a placeholder is put where the cursor's word is, as a key and then as a value, and whichever
 * parses at a place the schema knows decides.
 */
import { isMap, isScalar, isSeq } from 'yaml';
import { normaliseArch } from './architecture-name';
import { compose } from './compose';
import { isMapping } from './defaults-list';
import { describeKey, isArchitecture, keyMarkdown, keysOf, mappingOf, schemaAt, valueAt, valuesOf, yamlText, type KeyPath } from './describe';
import { parseText, plainData, type ConfigDocument } from './document';
import { unusedPublishedKeys } from './schema';
import { sweepableKeys, sweptPath } from './swept';

/** One thing that can be written. */
export interface Suggestion {
  readonly label: string;
  readonly kind: 'key' | 'value';
  /** Type or default, on the same line. */
  readonly detail: string;
  /** Markdown. */
  readonly documentation: string;
  /** What to write; for a key with its colon. */
  readonly insertText: string;
  /** Offsets of the word it replaces. */
  readonly start: number;
  readonly end: number;
}

const placeholder = 'trm_cursor_';
const wordPart = /[\w/@.+-]/;

/** The placeholder's place, as a key or as a value. */
function findPlaceholder(document: ConfigDocument, as: 'key' | 'value'): { path: KeyPath; siblings: string[] } | undefined {
  let found: { path: KeyPath; siblings: string[] } | undefined;
  const walk = (node: unknown, path: KeyPath): void => {
    if (isMap(node)) {
      const names = node.items.map(pair => (isScalar(pair.key) ? String(pair.key.value) : ''));
      if (as === 'key' && names.includes(placeholder)) found = { path, siblings: names.filter(name => name !== placeholder) };
      for (const [index, pair] of node.items.entries()) walk(pair.value, [...path, names[index]!]);
    } else if (isScalar(node)) {
      if (as === 'value' && node.value === placeholder) found = { path, siblings: [] };
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    }
  };
  walk(document.yaml.contents, []);
  return found;
}

function isInComment(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /(^|\s)#/.test(line);
}

/** What a text that is being written is a part of. */
export interface TextPlace {
  /** The config's own file: files that the text includes are read from beside it. */
  readonly file?: string | undefined;
  /** For the text of a file that a config includes: where its keys belong, and that config as plain data. */
  readonly within?: { readonly at: KeyPath; readonly data: unknown };
}

/** The whole config around a text, as plain data. */
function wholeOf(document: ConfigDocument, { file, within }: TextPlace): unknown {
  if (within) return within.data;
  const plain = plainData(document);
  if (!('data' in plain) || !isMapping(plain.data)) return {};
  const { data } = compose(document, plain.data, file, new Map());
  normaliseArch(data);
  return data;
}

/** What can be written at an offset of the text. Empty where nothing is known. */
export function suggestionsAt(text: string, offset: number, place: TextPlace = {}): Suggestion[] {
  if (isInComment(text, offset)) return [];
  let start = offset;
  while (start > 0 && wordPart.test(text[start - 1]!)) start--;
  let end = offset;
  while (end < text.length && wordPart.test(text[end]!)) end++;
  const colonFollows = /^[ \t]*:(?=\s|$)/.test(text.slice(end));
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const afterColon = /:[ \t]+$/.test(before) || /[[][ \t]*$/.test(before);

  const attempt = (as: 'key' | 'value') => {
    const inserted = as === 'key' && !colonFollows ? `${placeholder}: 0` : placeholder;
    const { document } = parseText(text.slice(0, start) + inserted + text.slice(end));
    const found = document && findPlaceholder(document, as);
    if (!found) return [];
    const path = [...place.within?.at ?? [], ...found.path];
    const data = wholeOf(document, place);
    return as === 'key' ? keySuggestions({ ...found, path }, data, { start, end, colonFollows }) : valueSuggestions(path, data, { start, end });
  };
  if (afterColon) return attempt('value');
  const keys = attempt('key');
  return keys.length > 0 || /^[ \t]*$/.test(before) ? keys : attempt('value');
}

function keySuggestions({ path, siblings }: { path: KeyPath; siblings: string[] }, data: unknown, place: { start: number; end: number; colonFollows: boolean }): Suggestion[] {
  const { start, end, colonFollows } = place;
  if (path.length === 1 && path[0] === 'sweep') {
    return sweepableKeys(data).filter(key => !siblings.includes(key.path)).map(key => ({
      label: key.path, kind: 'key', detail: key.type, documentation: keyMarkdown(key), insertText: colonFollows ? key.path : `${key.path}: `, start, end,
    }));
  }
  const node = schemaAt(path, data);
  if (!node) return [];
  const mapping = mappingOf(node, valueAt(data, path));
  return keysOf(mapping).filter(name => !siblings.includes(name)).map(name => {
    const key = describeKey(path.join('.'), name, mapping)!;
    const detail = key.default === undefined ? key.type : `${key.type} · default ${key.default}`;
    return { label: name, kind: 'key', detail, documentation: keyMarkdown(key), insertText: colonFollows ? name : `${name}:${key.mapping && path.length === 0 ? '' : ' '}`, start, end };
  });
}

function valueSuggestions(path: KeyPath, data: unknown, place: { start: number; end: number }): Suggestion[] {
  const node = path.length === 2 && path[0] === 'sweep' ? undefined : schemaAt(sweptPath(path), data);
  if (!node) return [];
  const values = isArchitecture(node) ? valuesOf(mappingOf(node, undefined).properties!['name']!) : valuesOf(node);
  const byDefault = node.default === undefined ? [] : [yamlText(node.default)].filter(text => !values.map(String).includes(text) && !node.properties);
  return [...values.map(String), ...byDefault].map(text => ({
    label: text, kind: 'value', insertText: text, ...place,
    detail: text === (node.default === undefined ? undefined : yamlText(node.default)) ? 'default' : '',
    documentation: node.description ?? '',
  }));
}

/** The hover text of what stands at a path, or undefined for an unknown key. `data`: the config as plain data. */
export function hoverMarkdown(path: KeyPath, data: unknown): string | undefined {
  const keys = sweptPath(path).filter((step): step is string => typeof step === 'string');
  const name = keys.at(-1);
  if (name === undefined) return undefined;
  if (keys.length === 1 && (unusedPublishedKeys as readonly string[]).includes(name)) return `**\`${name}\`**\n\nA key of the published configs that has no use here; it is ignored.`;
  const parent = keys.slice(0, -1);
  const node = schemaAt(parent, data);
  const key = node && describeKey(parent.join('.'), name, mappingOf(node, valueAt(data, parent)));
  return key && keyMarkdown(key);
}
