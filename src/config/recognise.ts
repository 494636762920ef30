/**
 * Telling a config from other YAML files, by a look at its beginning: cheap, since every YAML file of a workspace is looked at.
 */

/** Characters of a file that are looked at. */
export const lookedAt = 64 * 1024;

const topKey = (name: string): RegExp => new RegExp(`^(?:\\{\\s*)?(["']?)${name}\\1[ \\t]*:(?:[ \\t\\r\\n]|$)`, 'm');
const keys = { arch: topKey('arch'), data_paths: topKey('data_paths'), defaults: topKey('defaults') };
const archByDefaults = /^[ \t]*-[ \t]+(?:optional[ \t]+)?arch[ \t]*:/m;

/** Whether a YAML text has, at its top level, `data_paths` and `arch` (or a defaults list that brings `arch` in). */
export function looksLikeConfig(text: string): boolean {
  const beginning = text.slice(0, lookedAt);
  return keys.data_paths.test(beginning) && (keys.arch.test(beginning) || (keys.defaults.test(beginning) && archByDefaults.test(beginning)));
}

/** Whether a file's name is that of a published config, which lies beside a folder `arch`. */
export const publishedConfigName = /^cfg_[^/\\]*\.ya?ml$/i;
