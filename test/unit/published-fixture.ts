/** What the tests of published checkpoints share: the one written by PyTorch, and archives made by hand. */
import { createWriteStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { parseConfig } from '../../src/config/load';
import type { ResolvedConfig } from '../../src/config/resolve';
import type { DataShape } from '../../src/model/shapes';

/** A checkpoint that `torch.save` wrote; see the README beside it. */
export const torchCheckpoint = path.resolve(import.meta.dirname, '../fixtures/published/step_120');

interface Answers {
  readonly config: Readonly<Record<string, string | number | boolean>>;
  readonly inputs: readonly (readonly number[])[];
  readonly puzzle_identifiers: readonly number[];
  readonly logits: readonly (readonly number[])[];
  readonly q_halt: readonly (readonly number[])[];
  readonly q_continue: readonly (readonly number[])[];
}
/** What the published model answers with it. */
export const answers = JSON.parse(readFileSync(path.resolve(torchCheckpoint, '../answers.json'), 'utf8')) as Answers;

/** The shape of its data. */
export const torchData: DataShape = { vocab_size: 6, seq_len: 16, num_puzzle_identifiers: 3 };

/** Its architecture as a config has it. */
export function torchArch(): Record<string, unknown> {
  const ofData = Object.keys(torchData);
  return { name: 'trm', ...Object.fromEntries(Object.entries(answers.config).filter(([key]) => !ofData.includes(key))) };
}

/** Its config, with other options of the architecture. */
export function torchConfig(options: Record<string, unknown> = {}): ResolvedConfig {
  const { config, problems } = parseConfig(JSON.stringify({ arch: { ...torchArch(), ...options }, data_paths: ['d'] }));
  if (!config) throw new Error(problems.map(problem => problem.message).join('\n'));
  return config;
}

/** Writes a zip archive of these entries. */
export async function writeZip(file: string, entries: Readonly<Record<string, Uint8Array | string>>, { compress = false } = {}): Promise<string> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(Buffer.from(content), name, { compress });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}
