/** The last events of a run without reading all of them: a list of runs asks every run for its last loss. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { asRunFolderError } from './errors';
import { dropSuperseded, parseMetricLine } from './metrics-reader';
import { insideRun } from './paths';
import type { MetricEvent } from './schema';

/** Bytes at the end of metrics.jsonl that are read: some thousand events. */
const tailBytes = 1 << 18;

/**
 * The events in the last part of metrics.jsonl that count, oldest first; none where there is no such file, or no regular one.
 * @throws RunFolderError corrupt (leads out of the run), read_only (no permission), io.
 */
export async function lastEvents(dir: string): Promise<MetricEvent[]> {
  try {
    const handle = await open(insideRun(dir, 'metrics.jsonl'), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) return [];
      const length = Math.min(stats.size, tailBytes);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, stats.size - length);
      const lines = buffer.toString('utf8', 0, bytesRead).split('\n').slice(length < stats.size ? 1 : 0, -1);
      return dropSuperseded(lines.flatMap(line => parseMetricLine(line) ?? []));
    } finally {
      await handle.close();
    }
  } catch (error) {
    const problem = asRunFolderError(error, `read the metrics of ${dir}`);
    if (problem.code === 'missing') return [];
    throw problem;
  }
}
