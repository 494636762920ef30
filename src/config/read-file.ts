/**
 * Reading the text of a config file: bounded, UTF-8 only, and with a ConfigError that says in words why it cannot be read.
 */
import { readFileSync, statSync } from 'node:fs';
import { maxConfigLength } from './document';
import { ConfigError, configProblem, startOfText } from './errors';

/** A file as it lies on the disk, and as text (without a byte order mark). */
export interface FileText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Reads a config file. Throws ConfigError: not there, not a file, too large, not UTF-8. */
export function readConfigFile(file: string): FileText {
  const fail = (code: 'unreadable' | 'too_large', what: string, expected?: string) => new ConfigError(file, [configProblem(startOfText, { code, key: '', what, expected })]);
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw fail('unreadable', stat.isDirectory() ? 'this is a folder' : 'this is not a file', 'a config file, NAME.trm.yaml');
    if (stat.size > maxConfigLength) throw fail('too_large', 'the file is too large for a config', `at most 1 MB; found ${(stat.size / 1e6).toFixed(1)} MB`);
    const bytes = readFileSync(file);
    return { bytes, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof TypeError) throw fail('unreadable', 'the file is not UTF-8 text');
    const code = (error as NodeJS.ErrnoException).code;
    throw fail('unreadable', code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'the file may not be read' : `the file cannot be read (${code ?? String(error)})`);
  }
}
