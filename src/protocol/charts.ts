/**
 * What is said between the extension host and the Live Charts webview. The webview asks for its state when it loads
 * and each time it becomes visible; while it is visible the host sends what is new. A hidden view is sent nothing.
 */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import type { AlertEvent, EvalEvent, EvalSummary, HaltingEvent, MarkerEvent, RunState } from '../runs/schema';

/** Series of the train events, one column each; NaN where a value is not there (null, once it has crossed to the webview as JSON). All columns have the same length. */
export interface TrainColumns {
  step: number[]; examples: number[]; wall: number[]; process: number[];
  loss: number[]; lm_loss: number[]; q_halt_loss: number[]; q_continue_loss: number[];
  accuracy: number[]; exact_accuracy: number[]; q_halt_accuracy: number[];
  steps: number[]; lr: number[]; grad_norm: number[]; seconds: number[];
  /** Only of architectures with a solver. */
  solver_residual?: number[]; solver_iterations?: number[]; adjoint_residual?: number[]; adjoint_iterations?: number[];
}

/** Memory and processor over time; what is of the GPU is NaN without one (null, once it has crossed to the webview). */
export interface SystemColumns {
  step: number[]; examples: number[]; wall: number[]; process: number[];
  rss: number[]; engine_bytes: number[]; cpu_share: number[];
  gpu_share: number[]; gpu_memory: number[]; gpu_temperature: number[]; gpu_power: number[];
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
}

/** Everything of one run, or what is new of it (columns to append). */
export interface RunData {
  readonly header: RunHeader;
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
  /** De-biased exponential smoothing, 0 to 0.99. */
  smoothing: number;
  logY: boolean;
}

/** Runs in one view at most: the one in focus and six overlaid. */
export const mostRuns = 7;

/** The whole state of the view. */
export interface ChartsState {
  /** The run in focus, then the overlaid ones; at most `mostRuns`. */
  readonly runs: RunData[];
  /** Look (colour, dash, shape) of each of them, 0 to 6, by id. */
  readonly looks: Readonly<Record<string, number>>;
  readonly settings: ChartsSettings;
  /** All runs there are, newest first, to choose from. */
  readonly choices: { id: string; name: string; state: RunState }[];
}

/** webview -> host: the whole state, please. */
export const getChartsState: RequestType<{ runs?: string[] }, ChartsState> = { method: 'charts/getState' };
/** webview -> host: the user changed the view. */
export const saveChartsSettings: NotificationType<ChartsSettings> = { method: 'charts/saveSettings' };
/** webview -> host: the user chose which runs to overlay; answered by `chartsState`. */
export const showRuns: NotificationType<{ runs: string[] }> = { method: 'charts/showRuns' };
/** webview -> host: a button was pressed that runs an editor command on a run. */
export const runCommand: NotificationType<{ command: 'stop' | 'pause' | 'resume' | 'inspect' | 'openFolder' | 'showLog' | 'train'; run?: string }> = { method: 'charts/command' };
/** webview -> host: save an exported picture or table; the host asks where. `data` is text, or base64 for png. */
export const saveExport: NotificationType<{ name: string; data: string; encoding: 'utf8' | 'base64' }> = { method: 'export/save' };

/** host -> webview: replace everything. */
export const chartsState: NotificationType<ChartsState> = { method: 'charts/state' };
/** host -> webview: append to the runs named by their headers. A marker with `supersedes` drops later points of older attempts. */
export const chartsAppend: NotificationType<RunData[]> = { method: 'charts/append' };
