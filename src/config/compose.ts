/**
 * Configs of several files, as Hydra composes them: a `defaults:` list names files beside the config (`- arch: trm` is
 * `arch/trm.yaml`, whose keys belong under `arch`), and `_self_` the place of the config's own keys among them. What comes later
 * wins, key by key; without `_self_` the config itself comes last. Only files in the config's own folder are read.
 */
import { readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { defaultsEntry, entryForm, isMapping, type Choice, type Entry, type Mapping } from './defaults-list';
import type { KeyPath } from './describe';
import { parseMapping, spanOfPath, type ConfigDocument } from './document';
import { ConfigError, configProblem, type ConfigProblem, type ProblemParts } from './errors';
import { nearestWord } from './nearest';
import { readConfigFile, type FileText } from './read-file';

/** A text that keys of a config come from. */
export interface ConfigSource {
  readonly document: ConfigDocument;
  /** The file, when it is another than the config itself. */
  readonly file?: string;
  /** Where its keys belong: `['arch']` for `arch/trm.yaml`. */
  readonly at: KeyPath;
}

/** A file that a `defaults:` list brought in. */
export interface IncludedFile {
  /** Seen from the config's folder, with `/`: `arch/trm.yaml`. */
  readonly name: string;
  readonly file: string;
  /** Where its keys belong: `['arch']`. */
  readonly at: KeyPath;
  readonly bytes: Uint8Array;
}

/** A config put together. */
export interface Composition {
  readonly data: Mapping;
  /** Strongest first; one of them is the config itself. */
  readonly sources: readonly ConfigSource[];
  readonly included: readonly IncludedFile[];
  /** Files that were looked for, absolute; those that are not there as well. */
  readonly lookedFor: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** Files of one config, at most. */
const maxFiles = 20;
type FileEntry = Extract<Entry, { kind: 'file' }>;
type Trouble = Pick<ProblemParts, 'what' | 'expected' | 'nearest'>;

/** Puts `from` over `onto`, mapping by mapping; changes `onto`. */
function merge(onto: Mapping, from: Mapping): void {
  for (const [key, value] of Object.entries(from)) {
    const old = Object.hasOwn(onto, key) ? onto[key] : undefined;
    if (isMapping(old) && isMapping(value)) merge(old, value);
    else Object.defineProperty(onto, key, { value, enumerable: true, configurable: true, writable: true }); // also a key __proto__
  }
}

const under = (at: KeyPath, data: Mapping): Mapping => at.reduceRight<Mapping>((inner, step) => ({ [step]: inner }), data);

/** The names of the files beside one that is not there. */
function others(folder: string, name: string): Pick<Trouble, 'expected' | 'nearest'> {
  const group = path.posix.dirname(name);
  if (group === '.') return {};
  try {
    const names = readdirSync(path.join(folder, group)).filter(each => each.endsWith('.yaml')).map(each => each.slice(0, -'.yaml'.length)).sort();
    return { expected: `one of ${names.slice(0, maxFiles).join(', ')}`, nearest: nearestWord(path.posix.basename(name, '.yaml'), names) };
  } catch {
    return { expected: `a folder ${group} with it` };
  }
}

class Composer implements Composition {
  readonly data: Mapping = {};
  readonly sources: ConfigSource[] = [];
  readonly included: IncludedFile[] = [];
  readonly lookedFor: string[] = [];
  readonly problems: ConfigProblem[] = [];

  constructor(private readonly folder: string | undefined, private readonly choices: ReadonlyMap<string, Choice>) {}

  /** Adds a text and what its defaults list names, in order. `place`: its folder, seen from the config's; `open`: the files that led here. */
  add(source: ConfigSource, { defaults, ...own }: Mapping, place: string, open: readonly string[]): void {
    const isAdded = (): boolean => this.sources.includes(source);
    const addOwn = (): void => {
      merge(this.data, under(source.at, own));
      this.sources.unshift(source);
    };
    const list: unknown[] = Array.isArray(defaults) ? defaults : [];
    if (!Array.isArray(defaults) && defaults !== undefined && defaults !== null) this.tell(source, ['defaults'], { code: 'wrong_type', what: 'not a list', expected: `a list of ${entryForm}` });
    for (const [index, item] of list.entries()) {
      const where = ['defaults', index];
      const entry = defaultsEntry(item, place === '' ? this.choices : new Map());
      if (entry.kind === 'file') this.include(source, where, entry, place, open);
      else if (entry.kind === 'wrong') this.tell(source, where, entry);
      else if (entry.kind === 'self' && isAdded()) this.tell(source, where, { code: 'bad_defaults', what: '_self_ is there twice', expected: 'it once' });
      else if (entry.kind === 'self') addOwn();
    }
    if (!isAdded()) addOwn();
  }

  private include(from: ConfigSource, where: KeyPath, { group, option, optional, override }: FileEntry, place: string, open: readonly string[]): void {
    const name = path.posix.join(place, group, `${option}.yaml`);
    const tell = (trouble: Trouble): void => this.tell(from, where, { code: 'bad_defaults', override, ...trouble });
    const refusal = this.refusal(name, open);
    if (refusal) { tell(refusal); return; }
    const file = path.join(this.folder!, name);
    this.lookedFor.push(file);
    const read = this.read(file, name, tell, optional);
    if (!read) return;
    const at = [...from.at, ...group.split('/').filter(step => step !== '')];
    this.included.push({ name, file, at, bytes: read.bytes });
    const directive = /^(?:[ \t]*(?:#.*)?\r?\n)*?[ \t]*#[ \t]*@package[ \t]+(\S+)/.exec(read.text)?.[1];
    if (directive !== undefined && directive !== '_group_') tell({ what: `${name} begins with "@package ${directive}", which is not available`, expected: 'the file without it: its keys belong under the name of its folder' });
    const { document, data, problems } = parseMapping(read.text);
    this.problems.push(...problems.map(problem => ({ ...problem, file })));
    if (!document || !data) return;
    this.add({ document, file, at }, data, path.posix.join(place, group), [...open, name]);
  }

  /** Why a file is not even looked for. */
  private refusal(name: string, open: readonly string[]): Trouble | undefined {
    if (this.folder === undefined) return { what: `${name} is not known: the config is not saved yet and has no files beside it`, expected: 'to be saved first' };
    if (open.includes(name)) return { what: `files include one another in a circle: ${[...open.slice(open.indexOf(name)), name].join(' -> ')}` };
    return this.included.length >= maxFiles ? { what: `more than ${maxFiles} files` } : undefined;
  }

  /** A file's text; undefined when it is not there or must not be read, which is then told. */
  private read(file: string, name: string, tell: (trouble: Trouble) => void, optional: boolean): FileText | undefined {
    try {
      const folder = realpathSync(this.folder!);
      const below = path.relative(folder, realpathSync(file));
      if (below === '..' || below.startsWith(`..${path.sep}`) || path.isAbsolute(below)) {
        tell({ what: `${name} is a link that leads out of the config's folder`, expected: 'the file itself' });
        return undefined;
      }
      return readConfigFile(file);
    } catch (error) {
      if (error instanceof ConfigError) tell({ what: `${name}: ${error.problems[0]!.message}` });
      else if (!optional) tell({ what: `there is no ${name} beside the config`, ...others(this.folder!, name) });
      return undefined;
    }
  }

  private tell({ document, file }: ConfigSource, where: KeyPath, parts: Omit<ProblemParts, 'key'>): void {
    const problem = configProblem(spanOfPath(document, where, where.length === 1 ? 'key' : 'value'), { ...parts, key: where.join('.') });
    this.problems.push(file === undefined ? problem : { ...problem, file });
  }
}

/**
 * Puts a config together with the files its defaults list names. Does not throw.
 * @param file the config's own file; undefined when it has none
 * @param choices files chosen by overrides, by group
 */
export function compose(document: ConfigDocument, data: Mapping, file: string | undefined, choices: ReadonlyMap<string, Choice>): Composition {
  const composer = new Composer(file === undefined ? undefined : path.dirname(file), choices);
  composer.add({ document, at: [] }, data, '', []);
  return composer;
}
