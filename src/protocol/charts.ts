/**
 * What is said between the extension host and the Live Charts webview. The webview says that it has loaded, and is told which runs
 * it shows; their data follow, in pieces, as they are read and measured, while it is visible. A hidden view is sent nothing.
 */
import type { NotificationType } from 'vscode-messenger-common';
import type { AlertEvent, EvalEvent, EvalSummary, HaltingEvent, MarkerEvent, RunState } from '../runs/schema';

/**
 * A column of numbers on its way to the webview: a list, or, when it is long, a typed array, which crosses as bytes. No value is NaN, in
 * a list null once it has crossed as JSON.
 */
export type Numbers = ArrayLike<number>;

/** Series of the train events, one column each. All columns have the same length. */
export interface TrainColumns<C extends Numbers = Numbers> {
  step: C; examples: C; wall: C; process: C;
  loss: C; lm_loss: C; q_halt_loss: C; q_continue_loss: C;
  accuracy: C; exact_accuracy: C; q_halt_accuracy: C;
  steps: C; lr: C; grad_norm: C; seconds: C;
  /** Only of architectures with a solver. */
  solver_residual?: C; solver_iterations?: C; adjoint_residual?: C; adjoint_iterations?: C;
}

/** Memory and processor over time; what is of the GPU has no values without one. */
export interface SystemColumns<C extends Numbers = Numbers> {
  step: C; examples: C; wall: C; process: C;
  rss: C; engine_bytes: C; cpu_share: C;
  gpu_share: C; gpu_memory: C; gpu_temperature: C; gpu_power: C;
}

/** What heads a run's charts. */
export interface RunHeader {
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  /** One line in words: "running, step 120 of 400, 3.1 steps/s, about 2 min left". */
  readonly status: string;
  readonly step: number;
  readonly totalSteps: number | null;
  readonly engine: string;
  readonly haltMaxSteps: number;
  readonly best: EvalSummary | null;
  readonly failure: { message: string; next: string } | null;
  /** Why its metrics cannot be read. */
  readonly unreadable: { message: string; next: string } | null;
}

/** What is new of one run: columns to append. */
export interface RunData {
  readonly header: RunHeader;
  /** Share of the run's metrics that the page has with this, 0 to 1; below 1 while they are read and sent. */
  readonly loaded: number;
  readonly train: TrainColumns;
  readonly system: SystemColumns;
  readonly evals: EvalEvent[];
  readonly halting: HaltingEvent[];
  readonly markers: MarkerEvent[];
  readonly alerts: AlertEvent[];
}

/** View choices that survive a reload. */
export interface ChartsSettings {
  xAxis: 'step' | 'examples' | 'process' | 'wall';
  /** Logarithmic, where the axis has a beginning: not over wall time. */
  logX: boolean;
  /** De-biased exponential smoothing, 0 to 0.99. */
  smoothing: number;
  logY: boolean;
}

/** Runs in one view at most: the one in focus and six overlaid. */
export const mostRuns = 7;

/** What the view shows. */
export interface ChartsState {
  /** Ids of the run in focus, then of the overlaid ones; at most `mostRuns`. */
  readonly shown: readonly string[];
  /** Nobody chose them: the view follows what is trained. */
  readonly follows: boolean;
  /** Those of them that begin here, or begin anew, with the first of their data. The others go on. */
  readonly begun: readonly RunData[];
  /** Look (colour, dash, shape) of each of them, 0 to 6, by id. */
  readonly looks: Readonly<Record<string, number>>;
  /** All runs there are, newest first, to choose from. */
  readonly choices: readonly { readonly id: string; readonly name: string; readonly state: RunState }[];
  /** Only for a page that begins; from there on they are its own. */
  readonly settings?: ChartsSettings;
}

/** webview -> host: the page has loaded and knows nothing; answered by `chartsState`. With runs, it showed these before. */
export const openCharts: NotificationType<{ runs?: string[] }> = { method: 'charts/open' };
/** webview -> host: the user changed the view. */
export const saveChartsSettings: NotificationType<ChartsSettings> = { method: 'charts/saveSettings' };
/** webview -> host: the user chose which runs to show, focus first, or (none) to follow what is trained; answered by `chartsState`. */
export const showRuns: NotificationType<{ runs: string[] }> = { method: 'charts/showRuns' };
/** webview -> host: a button was pressed that runs an editor command on a run. */
export const runCommand: NotificationType<{ command: 'stop' | 'pause' | 'resume' | 'inspect' | 'openFolder' | 'showLog' | 'train'; run?: string }> = { method: 'charts/command' };
/** webview -> host: save an exported picture or table; the host asks where. `data` is text, or base64 for png. */
export const saveExport: NotificationType<{ name: string; data: string; encoding: 'utf8' | 'base64' }> = { method: 'export/save' };

/** host -> webview: which runs are shown now. */
export const chartsState: NotificationType<ChartsState> = { method: 'charts/state' };
/** host -> webview: append to those of the shown runs that the headers name. A marker with `supersedes` drops later points of older attempts. */
export const chartsAppend: NotificationType<RunData[]> = { method: 'charts/append' };
