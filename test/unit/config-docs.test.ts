/** The documents about keys say what the schema says: docs/config.md, the JSON schema, the grammar. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { archNames, solvers } from '../../src/config/arch-schema';
import { describeKeys, docsTable, unusedKeysText } from '../../src/config/describe';
import { configJsonSchema } from '../../src/config/json-schema';
import { engineNames } from '../../src/config/schema';

const root = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

test('docs/config.md has the table of keys as it is now', () => {
  const text = read('docs/config.md');
  expect(text).toContain(`\n${docsTable()}\n`);
  expect(text).toContain(unusedKeysText());
});

test('every key has a meaning and a type; paths are unique within a kind', () => {
  const keys = describeKeys();
  for (const key of keys) expect([key.path, key.description, key.type]).not.toContain('');
  const names = keys.filter(key => !key.path.startsWith('arch.loss.')).map(key => `${key.path} ${key.kind ?? ''}`); // the loss is the same of all
  expect(new Set(names).size).toBe(names.length);
  expect(keys.find(key => key.path === 'arch.H_cycles')).toMatchObject({ paper: 'T', default: '3', type: 'an integer of at least 1', required: false });
});

test('the JSON schema allows a bare architecture name', () => {
  expect(configJsonSchema()).toMatchObject({ type: 'object', additionalProperties: false, properties: { arch: { anyOf: [{ enum: archNames }, { oneOf: archNames.map(name => ({ type: 'object', properties: { name: { const: name } } })) }] } }, required: ['arch', 'data_paths'] });
});

test('the grammar knows every key, engine and architecture', () => {
  const grammar = JSON.parse(read('syntaxes/trm.tmLanguage.json')) as { repository: Record<string, { match: string }> };
  const key = new RegExp(grammar.repository['key']!.match.replace('(?x)', ''));
  for (const { name } of describeKeys()) expect(`${name}: 1`).toMatch(key);
  expect('epochz: 1').not.toMatch(key);
  const value = new RegExp(grammar.repository['value']!.match);
  for (const known of [...engineNames, ...archNames, ...solvers, 'on_the_fly']) expect(`: ${known}`).toMatch(value);
});

test('the manifest gives trm files their language, grammar and configuration', () => {
  const { contributes } = JSON.parse(read('package.json')) as { contributes: { languages: { id: string; extensions: string[]; configuration: string }[]; grammars: { language: string; scopeName: string; path: string }[] } };
  const language = contributes.languages.find(({ id }) => id === 'trm')!;
  expect(language.extensions).toEqual(['.trm.yaml', '.trm.yml']);
  expect(JSON.parse(read(language.configuration))).toHaveProperty('comments.lineComment', '#');
  const grammar = contributes.grammars.find(each => each.language === 'trm')!;
  expect(JSON.parse(read(grammar.path))).toHaveProperty('scopeName', grammar.scopeName);
});
