/**
 * What is said between the extension host and a Checkpoint Viewer webview. The webview begins by asking for the file; the
 * statistics of a tensor are asked for one by one, when somebody looks at it. Texts of the file come as one line each.
 */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import type { ValueStatistics } from '../runs/value-statistics';

/** A tensor as the file's header describes it. */
export interface TensorRow {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Values. */
  readonly size: number;
  readonly bytes: number;
  /** Whether its values are read: not those of dtypes such as F8_E4M3 or C64, which have no statistics. */
  readonly isRead: boolean;
}

/** The run a file lies in. */
export interface CheckpointRun {
  readonly id: string;
  readonly name: string;
  /** "finished, step 400 of 400, best 94.0 % exact (188 of 200; 89.8-96.5 %)" */
  readonly status: string;
  /** The checkpoint's folder, e.g. `step-120`, and its best evaluation when that is of it. */
  readonly checkpoint: string;
  readonly evaluation: string | null;
  /** The run's config with every default filled in, as YAML. */
  readonly config: string;
  /** The checkpoint's files, this one among them; none when it has been deleted. */
  readonly files: readonly string[];
  /** What can be done with it in this window. */
  readonly actions: { readonly inspect: boolean; readonly resume: boolean; readonly fork: boolean };
  /** Why it cannot be resumed from here, where that needs to be said; else empty. */
  readonly note: string;
}

/** A file as it is shown. */
export interface CheckpointFile {
  readonly name: string;
  readonly bytes: number;
  /** What it holds, in words: "weights", "averaged weights (EMA)", ... */
  readonly what: string;
  /** The first tensors, in the file's order, of `count`; `size` is the number of values in all of them. */
  readonly tensors: readonly TensorRow[];
  readonly count: number;
  readonly size: number;
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly run: CheckpointRun | null;
}

/** The file, or why it is not shown. */
export type CheckpointState = { readonly file: CheckpointFile } | { readonly problem: { message: string; next: string } };

/** Statistics of a tensor; what is infinite becomes null on its way to the webview. */
export type TensorStatistics = ValueStatistics;

/** webview -> host: the file, please. */
export const getCheckpoint: RequestType<void, CheckpointState> = { method: 'checkpoint/get' };
/** webview -> host: the statistics of the tensor in this row, please; asking for another one ends what was asked before. */
export const getStatistics: RequestType<{ row: number }, TensorStatistics> = { method: 'checkpoint/statistics' };
/** host -> webview: the share of the asked statistics that is done, 0 to 1. */
export const statisticsProgress: NotificationType<{ row: number; share: number }> = { method: 'checkpoint/progress' };
/** host -> webview: the file has changed: ask for it again. */
export const checkpointChanged: NotificationType<void> = { method: 'checkpoint/changed' };
/** host -> webview: the run stands otherwise than was said last. */
export const checkpointRun: NotificationType<CheckpointRun> = { method: 'checkpoint/run' };
/** What the page's buttons do; `{ open }` is another file of the checkpoint. */
export type CheckpointAction = 'inspect' | 'resume' | 'fork' | 'config' | 'text' | { readonly open: string };
/** webview -> host: do this. */
export const checkpointAction: NotificationType<CheckpointAction> = { method: 'checkpoint/action' };
