/**
 * From the text of a `.trm.yaml` to a resolved config, or to everything that is wrong with it at once: YAML, schema, keys that do
 * not go together, things of later versions. Each problem has its line and column, or the override it came from.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { architectureName, findUnavailable } from './availability';
import type { KeyPath } from './describe';
import { hasPath, maxConfigLength, parseText, plainData, spanOfPath, type ConfigDocument } from './document';
import { ConfigError, configProblem, startOfText, type ConfigProblem, type ProblemParts } from './errors';
import { findingsOf, type Finding } from './issues';
import { applyOverrides, parseOverride, type Override } from './overrides';
import { findConflicts, resolveConfig, type ResolvedConfig } from './resolve';
import { configSchema, unusedPublishedKeys } from './schema';

/** What came of a text. `config` is there exactly when no problem is an error. */
export interface ParsedConfig {
  readonly config?: ResolvedConfig;
  /** In the order of the text, overrides last. */
  readonly problems: readonly ConfigProblem[];
  /** The text with positions; undefined when it is too large or too deep to parse. */
  readonly document?: ConfigDocument;
}

/** A config read from a file. */
export interface LoadedConfig {
  readonly config: ResolvedConfig;
  /** Warnings only. */
  readonly problems: readonly ConfigProblem[];
  /** The file's text, without overrides. */
  readonly text: string;
}

/** Schema problems that are reported at once. */
const maxIssues = 50;

const startsWith = (whole: KeyPath, start: KeyPath) => start.every((step, index) => whole[index] === step);

/** Gives findings their place: the override that wrote the path, or the place in the text. */
class Places {
  constructor(private readonly document: ConfigDocument, private readonly overrides: readonly Override[]) {}

  private overrideOf(where: KeyPath): Override | undefined {
    const wrote = this.overrides.findLast(override => startsWith(where, override.path));
    if (wrote || hasPath(this.document, where)) return wrote;
    const parent = where.slice(0, -1); // a key missing from a mapping that only overrides made, or taken away
    const madeHere = (override: Override) => override.path.length > parent.length && startsWith(override.path, parent);
    return parent.length > 0 && !hasPath(this.document, parent) ? this.overrides.findLast(madeHere) : undefined;
  }

  problem(where: KeyPath, part: 'key' | 'value', parts: Omit<ProblemParts, 'key'>): ConfigProblem {
    const override = this.overrideOf(where)?.text;
    return configProblem(spanOfPath(this.document, where, part), { ...parts, key: where.join('.'), override });
  }

  /** True when an override or the text says something at the path. */
  has(where: KeyPath): boolean {
    return this.overrides.some(override => startsWith(where, override.path)) || hasPath(this.document, where);
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function inTextOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const rank = (problem: ConfigProblem) => (problem.override === undefined ? 0 : 1);
  return [...problems].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

/** Takes out the published keys without use here, with a warning each. */
function takeUnused(data: Record<string, unknown>, places: Places): ConfigProblem[] {
  return unusedPublishedKeys.filter(key => Object.hasOwn(data, key)).map(key => {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the schema does not know these keys
    delete data[key];
    return places.problem([key], 'key', { severity: 'warning', code: 'unused_key', what: 'has no use here and is ignored' });
  });
}

function takeOut(data: Record<string, unknown>, issue: z.core.$ZodIssueUnrecognizedKeys): void {
  const mapping = issue.path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown>)[step], data) as Record<string, unknown>;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- keys of the text, already reported
  for (const key of issue.keys) delete mapping[key];
}

/** `arch: NAME` and published class paths as the schema has them. */
function normaliseArch(data: Record<string, unknown>): void {
  if (typeof data['arch'] === 'string') data['arch'] = { name: data['arch'] };
  const arch = data['arch'];
  if (isMapping(arch) && typeof arch['name'] === 'string') arch['name'] = architectureName(arch['name']);
}

/**
 * Reads a config's text. Never throws on what the text or the overrides contain; every problem is in the result.
 * @param overrides as on the command line, e.g. `arch.L_cycles=4`.
 */
export function parseConfig(text: string, { overrides = [] }: { overrides?: readonly string[] } = {}): ParsedConfig {
  const parsed = parseText(text);
  const { document } = parsed;
  const problems = [...parsed.problems];
  const done = (config?: ResolvedConfig): ParsedConfig => ({
    ...(config && problems.every(problem => problem.severity === 'warning') ? { config } : {}),
    problems: inTextOrder(problems),
    ...(document ? { document } : {}),
  });
  if (!document || problems.some(problem => problem.code !== 'duplicate_key')) return done();

  const plain = plainData(document);
  if ('problem' in plain) { problems.push(plain.problem); return done(); }
  const data = plain.data ?? {};
  if (!isMapping(data)) {
    problems.push(configProblem(startOfText, { code: 'wrong_type', key: '', what: 'a config is a mapping of keys to values', expected: 'lines like `epochs: 100`' }));
    return done();
  }

  const understood: Override[] = [];
  for (const override of overrides.map(parseOverride)) {
    if ('severity' in override) problems.push(override); else understood.push(override);
  }
  problems.push(...applyOverrides(data, understood));
  const places = new Places(document, understood);

  problems.push(...takeUnused(data, places));
  const unavailable = findUnavailable(data);
  for (const { path: where, what, expected } of unavailable) problems.push(places.problem(where, where.length === 1 && where[0] === 'defaults' ? 'key' : 'value', { code: 'not_available', what, expected }));
  normaliseArch(data);

  let checked = configSchema.safeParse(data);
  if (!checked.success) {
    // What depends on something unavailable (the options of another architecture) would only be noise.
    const hidden = unavailable.map(({ path: where }) => (where.at(-1) === 'name' || where.at(-1) === 'kind' ? where.slice(0, -1) : where));
    const isShown = (finding: Finding) => !hidden.some(where => startsWith(finding.path, where)) && !(finding.code === 'missing' && finding.path[0] === 'arch' && Object.hasOwn(data, 'defaults'));
    for (const { path: where, part, ...parts } of checked.error.issues.slice(0, maxIssues).flatMap(issue => findingsOf(issue, data)).filter(isShown)) problems.push(places.problem(where, part, parts));
    const unknown = checked.error.issues.filter(issue => issue.code === 'unrecognized_keys');
    if (unknown.length < checked.error.issues.length) return done();
    for (const issue of unknown) takeOut(data, issue);
    checked = configSchema.safeParse(data); // without them the rest can still be checked together
    if (!checked.success) return done();
  }
  const config = resolveConfig(checked.data);
  for (const { path: where, others = [], what, expected, found } of findConflicts(config)) {
    const target = [where, ...others].find(candidate => places.has(candidate)) ?? where;
    problems.push(places.problem(target, 'value', { code: 'inconsistent', what, expected, found }));
  }
  return done(config);
}

function readText(file: string): string {
  const fail = (code: 'unreadable' | 'too_large', what: string, expected?: string) => new ConfigError(file, [configProblem(startOfText, { code, key: '', what, expected })]);
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw fail('unreadable', stat.isDirectory() ? 'this is a folder' : 'this is not a file', 'a config file, NAME.trm.yaml');
    if (stat.size > maxConfigLength) throw fail('too_large', 'the file is too large for a config', `at most 1 MB; found ${(stat.size / 1e6).toFixed(1)} MB`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof TypeError) throw fail('unreadable', 'the file is not UTF-8 text');
    const code = (error as NodeJS.ErrnoException).code;
    throw fail('unreadable', code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'the file may not be read' : `the file cannot be read (${code ?? String(error)})`);
  }
}

/** Reads a config file. Throws ConfigError with everything that is wrong with it. */
export function loadConfig(file: string, overrides: readonly string[] = []): LoadedConfig {
  const text = readText(file);
  const { config, problems } = parseConfig(text, { overrides });
  if (!config) throw new ConfigError(file, problems.filter(problem => problem.severity === 'error'));
  return { config, problems, text };
}

/** A dataset folder (or CSV folder) of a config: relative paths are relative to the config file. */
export function resolveDataPath(configPath: string, dataPath: string): string {
  return path.resolve(path.dirname(configPath), dataPath);
}
