/**
 * Accuracy against depth of a checkpoint, measured by a trainer program and kept in this extension's own storage: a run folder has one writer, and it is not us.
 * Only whole curves are kept. A checkpoint does not change, so its name in its run, with what its state says, is the key.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { writeFileAtomic } from '../runs/atomic-write';
import { checkpointDir } from '../runs/checkpoints';
import { depthCurveSchema, type DepthCurve } from '../runs/depth-curve';
import type { RunSummary } from '../runs/read-run';
import type { Log } from './notify';
import { HostError, problemOf, problemText } from './problem';
import { depthLimit } from './run-text';
import type { JobProgress } from './trainer-output';
import type { Trainers } from './trainers';
import { requireTrust } from './trust';

/** Curves kept at most. */
const mostKept = 200;

/** What is told while a curve is measured. */
export interface CurveListener { onProgress(progress: JobProgress): void; onPartial(curve: DepthCurve): void }

/** Measures and keeps curves. */
export class DepthCurves {
  constructor(private readonly storage: vscode.Uri, private readonly trainers: Pick<Trainers, 'depthCurve'>, private readonly log: Log) {}

  /** The curve of a checkpoint over this many puzzles, if it was measured before. */
  kept(run: RunSummary, checkpoint: string, puzzles: number): DepthCurve | null {
    return keptIn(this.file(run, checkpoint, puzzles));
  }

  /**
   * Measures the curve, or takes the one kept.
   * @throws HostError with the trainer's own message, or `cancelled`
   */
  async measure(run: RunSummary, checkpoint: string, puzzles: number, listener: CurveListener, signal: AbortSignal): Promise<DepthCurve> {
    const file = this.file(run, checkpoint, puzzles); // now: a checkpoint that is not the best may be gone when its curve is measured
    const kept = keptIn(file);
    if (kept) return kept;
    requireTrust(vscode.l10n.t('Measuring starts a program that reads what the run names, and this folder is not trusted yet.'));
    const args = [checkpointDir(run.dir, checkpoint), '--depth', String(depthLimit(run.manifest.config)), '--examples', String(puzzles)];
    const onPartial = (answer: unknown): void => {
      const parsed = depthCurveSchema.safeParse(answer);
      if (parsed.success) listener.onPartial(parsed.data);
    };
    const parsed = depthCurveSchema.safeParse(await this.trainers.depthCurve(args, { onProgress: progress => listener.onProgress(progress), onPartial }, signal));
    if (!parsed.success) throw new HostError('no_answer', vscode.l10n.t('The trainer answered with something that is no curve.'), vscode.l10n.t('See the TRM output channel.'));
    try {
      if (file !== null) keep(file, parsed.data);
    } catch (error) {
      this.log.warn(vscode.l10n.t('The accuracy at every depth of {0} was measured, but cannot be kept: {1}', checkpoint, problemText(problemOf(error))));
    }
    return parsed.data;
  }

  /** Where the curve is kept; null when the checkpoint cannot be read. */
  private file(run: RunSummary, checkpoint: string, puzzles: number): string | null {
    try {
      const state = readFileSync(path.join(checkpointDir(run.dir, checkpoint), 'state.json'));
      const key = createHash('sha256').update(JSON.stringify([run.manifest.id, checkpoint, puzzles, run.manifest.dataset?.test.content_hash])).update(state).digest('hex').slice(0, 32);
      return path.join(this.storage.fsPath, 'depth-curves', `${key}.json`);
    } catch {
      return null; // the trainer says what is wrong with it
    }
  }
}

function keptIn(file: string | null): DepthCurve | null {
  if (file === null) return null;
  try {
    const parsed = depthCurveSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // never measured, or no longer there
  }
}

function keep(file: string, curve: DepthCurve): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(file, JSON.stringify(curve));
  const all = readdirSync(folder).map(name => path.join(folder, name)).map(name => ({ name, at: statSync(name, { throwIfNoEntry: false })?.mtimeMs ?? 0 })).sort((a, b) => b.at - a.at);
  for (const { name } of all.slice(mostKept)) rmSync(name, { force: true });
}
