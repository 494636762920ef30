/**
 * From the text of a config to a resolved one, or to everything that is wrong with it at once: YAML, files it includes, references,
 * schema, keys that do not go together, things of later versions. Each problem has its line and column, or the override it came
 * from.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { normaliseArch } from './architecture-name';
import { compose, type IncludedFile } from './compose';
import { defaultsGroups, type Choice, type Mapping } from './defaults-list';
import { parseMapping, type ConfigDocument } from './document';
import { ConfigError, type ConfigProblem } from './errors';
import { findingsOf, type Finding } from './issues';
import { applyOverrides, parseOverride, type Override } from './overrides';
import { Places, startsWith } from './places';
import { readConfigFile } from './read-file';
import { resolveReferences } from './references';
import { findConflicts, resolveConfig, type ResolvedConfig } from './resolve';
import { configSchema, unusedPublishedKeys } from './schema';
import type { Sweep } from './schema';
import { sweepFindings } from './swept';

/** What came of a text. `config` is there exactly when no problem is an error. */
export interface ParsedConfig {
  readonly config?: ResolvedConfig;
  /** Its `sweep:`, when there is a config. */
  readonly sweep?: Sweep;
  /** In the order of the text, then those of included files, overrides last. */
  readonly problems: readonly ConfigProblem[];
  /** The text with positions; undefined when it is too large or too deep to parse. */
  readonly document?: ConfigDocument;
  /** It and the files it includes as one, `arch` as a mapping, and where each key stands; undefined when the text cannot be read as keys. */
  readonly data?: Mapping;
  readonly places?: Places;
  /** The files that the config's defaults list brought in. */
  readonly included: readonly IncludedFile[];
  /** Files and folders that it depends on, absolute, whether they are there or not: when one of them comes or changes, the result may be another. */
  readonly lookedFor: readonly string[];
}

/** A config read from a file. */
export interface LoadedConfig {
  readonly config: ResolvedConfig;
  /** Its `sweep:`; empty when it has none. */
  readonly sweep: Sweep;
  /** Warnings only. */
  readonly problems: readonly ConfigProblem[];
  /** The file as it lies on the disk, without overrides. */
  readonly bytes: Uint8Array;
  /** The files that its defaults list brought in. */
  readonly included: readonly IncludedFile[];
}

/** Problems of one kind that are reported at once. */
const maxIssues = 50;

function inTextOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const rank = (problem: ConfigProblem) => (problem.override !== undefined ? 2 : problem.file !== undefined ? 1 : 0);
  return [...problems].sort((a, b) => rank(a) - rank(b) || (a.file ?? '').localeCompare(b.file ?? '') || a.line - b.line || a.column - b.column);
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

/** The overrides that choose a file of the defaults list (`arch=hrm`), by group, and the others. */
function choicesOf(overrides: readonly Override[], groups: ReadonlySet<string>): { choices: Map<string, Choice>; rest: Override[] } {
  const choices = new Map<string, Choice>();
  const rest = overrides.filter(({ path: [group], path: { length }, value, remove, text }) => {
    const chooses = length === 1 && groups.has(group!) && (remove || value === null || typeof value === 'string');
    if (chooses) choices.set(group!, { option: remove || value === null ? null : value as string, override: text });
    return !chooses;
  });
  return { choices, rest };
}

/** The data paths and checkpoint of a composed config: what is not beside it is looked for in the folder above, where the published code is started. Adds what it looks for to `lookedFor`. */
function fromAbove(config: ResolvedConfig, file: string, lookedFor: string[]): ResolvedConfig {
  const folder = path.dirname(file);
  const place = (dataPath: string): string => {
    if (path.isAbsolute(dataPath)) return dataPath;
    const [here, above] = [path.join(folder, dataPath), path.join(folder, '..', dataPath)];
    lookedFor.push(here, above);
    return !existsSync(here) && existsSync(above) ? path.join('..', dataPath) : dataPath;
  };
  return { ...config, data_paths: config.data_paths.map(place), data_paths_test: config.data_paths_test.map(place), load_checkpoint: config.load_checkpoint && place(config.load_checkpoint) };
}

/**
 * Reads a config's text. Never throws on what the text or the overrides contain; every problem is in the result.
 * @param overrides as on the command line, e.g. `arch.L_cycles=4`.
 * @param file where the text lies: files that it includes are read from there.
 */
export function parseConfig(text: string, { overrides = [], file }: { overrides?: readonly string[]; file?: string | undefined } = {}): ParsedConfig {
  const { document, data: own, problems: found } = parseMapping(text);
  const problems = [...found];
  const included: IncludedFile[] = [];
  const lookedFor: string[] = [];
  let whole: Pick<ParsedConfig, 'data' | 'places'> = {};
  const done = (config?: ResolvedConfig, sweep: Sweep = {}): ParsedConfig => ({
    ...(config && problems.every(problem => problem.severity === 'warning') ? { config, sweep } : {}),
    problems: inTextOrder(problems),
    ...(document ? { document } : {}),
    ...whole,
    included, lookedFor,
  });
  if (!document || !own) return done();

  const understood: Override[] = [];
  for (const override of overrides.map(parseOverride)) {
    if ('severity' in override) problems.push(override); else understood.push(override);
  }
  const { choices, rest } = choicesOf(understood, defaultsGroups(own));
  const composition = compose(document, own, file, choices);
  included.push(...composition.included);
  lookedFor.push(...composition.lookedFor);
  problems.push(...composition.problems);
  const { data } = composition;
  problems.push(...applyOverrides(data, rest));
  const places = new Places(composition.sources, rest);
  whole = { data, places };

  const referred = { ...data };
  problems.push(...takeUnused(data, places));
  const unresolved = resolveReferences(data, referred);
  for (const { path: where, ...parts } of unresolved.slice(0, maxIssues)) problems.push(places.problem(where, 'value', { code: 'bad_reference', ...parts }));
  normaliseArch(data);

  let checked = configSchema.safeParse(data);
  if (!checked.success) {
    const hidden = unresolved.map(({ path: where }) => where); // already told
    const partsMissing = composition.problems.some(problem => problem.severity === 'error');
    const isShown = (finding: Finding) => !hidden.some(where => startsWith(finding.path, where)) && !(finding.code === 'missing' && partsMissing);
    for (const { path: where, part, ...parts } of checked.error.issues.slice(0, maxIssues).flatMap(issue => findingsOf(issue, data)).filter(isShown)) problems.push(places.problem(where, part, parts));
    const unknown = checked.error.issues.filter(issue => issue.code === 'unrecognized_keys');
    if (unknown.length < checked.error.issues.length) return done();
    for (const issue of unknown) takeOut(data, issue);
    checked = configSchema.safeParse(data); // without them the rest can still be checked together
    if (!checked.success) return done();
  }
  const resolved = resolveConfig(checked.data);
  const config = file !== undefined && Object.hasOwn(own, 'defaults') ? fromAbove(resolved, file, lookedFor) : resolved;
  for (const { path: where, others = [], what, expected, found, replacement } of findConflicts(config)) {
    const target = [where, ...others].find(candidate => places.has(candidate)) ?? where;
    const mend = places.has(where) ? replacement : undefined;
    problems.push(places.problem(target, 'value', { code: 'inconsistent', what, expected, found, replacement: mend }));
  }
  const { sweep } = checked.data;
  // Overrides make one run, for which the sweep means nothing, or a sweep's runs, each of which is checked.
  if (sweep && overrides.length === 0) for (const { path: where, part, ...parts } of sweepFindings(data, sweep).slice(0, maxIssues)) problems.push(places.problem(where, part, parts));
  return done(config, sweep);
}

/** Reads a config file. Throws ConfigError with everything that is wrong with it. */
export function loadConfig(file: string, overrides: readonly string[] = []): LoadedConfig {
  const { bytes, text } = readConfigFile(file);
  const { config, sweep = {}, problems, included } = parseConfig(text, { overrides, file });
  if (!config) throw new ConfigError(file, problems.filter(problem => problem.severity === 'error'));
  return { config, sweep, problems, bytes, included };
}

/** A dataset folder (or CSV folder) of a config: relative paths are relative to the config file. */
export function resolveDataPath(configPath: string, dataPath: string): string {
  return path.resolve(path.dirname(configPath), dataPath);
}
