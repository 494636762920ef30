/**
 * Where a key of a config stands: in the override that wrote it, or in the text, of the config itself or of a file it includes.
 */
import type { ConfigSource } from './compose';
import type { KeyPath } from './describe';
import { hasPath, spanOfPath } from './document';
import { configProblem, type ConfigProblem, type ProblemParts } from './errors';
import type { Override } from './overrides';

/** True when a path begins with another. */
export const startsWith = (whole: KeyPath, start: KeyPath): boolean => start.every((step, index) => whole[index] === step);

/** Gives problems their place. */
export class Places {
  /** `sources`: strongest first. */
  constructor(private readonly sources: readonly ConfigSource[], private readonly overrides: readonly Override[]) {}

  private sourceOf(where: KeyPath): ConfigSource | undefined {
    return this.sources.find(({ document, at }) => startsWith(where, at) && hasPath(document, where.slice(at.length)));
  }

  /** The text that says what is at a path, with the path as it is there; undefined when none does. */
  textOf(where: KeyPath): { source: ConfigSource; path: KeyPath } | undefined {
    const source = this.sourceOf(where);
    return source && { source, path: where.slice(source.at.length) };
  }

  private overrideOf(where: KeyPath): Override | undefined {
    const wrote = this.overrides.findLast(override => startsWith(where, override.path));
    if (wrote || this.sourceOf(where)) return wrote;
    const parent = where.slice(0, -1); // a key missing from a mapping that only overrides made, or taken away
    const madeHere = (override: Override) => override.path.length > parent.length && startsWith(override.path, parent);
    return parent.length > 0 && !this.sourceOf(parent) ? this.overrides.findLast(madeHere) : undefined;
  }

  /** A problem of a key or of its value; of a key that is not there, at its nearest ancestor. */
  problem(where: KeyPath, part: 'key' | 'value', parts: Omit<ProblemParts, 'key'>): ConfigProblem {
    let written = where;
    while (written.length > 0 && !this.sourceOf(written)) written = written.slice(0, -1);
    const source = (written.length > 0 ? this.sourceOf(written) : undefined) ?? this.sources.find(({ file }) => file === undefined)!;
    const override = this.overrideOf(where)?.text;
    const problem = configProblem(spanOfPath(source.document, where.slice(source.at.length), part), { ...parts, key: where.join('.'), override });
    return source.file === undefined || override !== undefined ? problem : { ...problem, file: source.file };
  }

  /** True when an override or a text says something at the path. */
  has(where: KeyPath): boolean {
    return this.overrides.some(override => startsWith(where, override.path)) || this.sourceOf(where) !== undefined;
  }
}
