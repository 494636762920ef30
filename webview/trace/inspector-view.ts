/**
 * The inspector's page: what is chosen above, the four boards in the middle, the refinement in time below. One frame is present;
 * everything on the page is drawn from it by `render`. Talking with the host is `session.ts`'s.
 */
import type { InspectorState } from '../../src/protocol/inspector';
import { announce, h, iconButton, oncePerFrame, setChildren, setText } from '../shared/dom';
import { readTheme, watchTheme } from '../shared/theme';
import { Board, type BoardId } from './board';
import { boardContent } from './board-content';
import type { FeatureName, FramePosition } from './decode';
import { Detail } from './detail';
import { countDifference, differenceCells, differenceWords } from './difference';
import { letterOf, vocabularyOf } from './features';
import { HaltingTable } from './halting-table';
import { keyCommand } from './keys';
import { cellPlace, changeWords, frameParts, sideCaptions } from './labels';
import { Legend } from './legend';
import { countBoard, type CellView } from './marks';
import { wayArrives } from './maze-way';
import { Overview } from './overview';
import { differenceContent } from './paint-difference';
import type { PictureScene } from './picture';
import { Player, speeds } from './player';
import { showTraces, type ShownTrace } from './shown-trace';
import { comparedStage, isSameQuestion, isUpdated, panelCells, panelLetter, panelNote, panelTokens, soloStage, type Stage } from './stage';
import { Strip } from './strip';
import { conflictsOf } from './sudoku';
import { stageSummary } from './summary';
import { TaskExamples } from './task-examples';
import { inkOf } from './theme-ink';
import type { Level } from './timeline';
import { Transport } from './transport';

/** What the page asks of the outside: an export, and to remember where one is. */
export interface ViewActions {
  export(kind: 'png' | 'gif' | 'json'): void;
  remember(memory: Memory): void;
  /** How two traces are shown has changed. */
  compareViewChanged(): void;
}

/** What outlives a reload of the window. `both`: a second trace is shown; `feature`: which one of both. */
export interface Memory { readonly position: FramePosition | null; readonly speed: number; readonly both: boolean; readonly feature: FeatureName }

/** What the host gave to show, worked out. */
interface Shown { readonly first: ShownTrace; readonly second: ShownTrace | null; readonly captions: readonly [string, string] }

/** The page below the chooser. */
export class InspectorView {
  readonly element: HTMLElement;
  readonly exportButtons: HTMLElement;
  private shown: Shown | null = null;
  private stage: Stage | null = null;
  private frame = 0;
  private pointed: number | null = null;
  private pinned: number | null = null;
  private ink = inkOf(readTheme());
  private readonly boards: Record<BoardId, Board>;
  private readonly overview = new Overview(frame => this.goByHand(frame));
  private readonly strip = new Strip(frame => this.goByHand(frame));
  private readonly table = new HaltingTable(frame => this.goByHand(frame));
  private readonly detail = new Detail();
  private readonly examples = new TaskExamples();
  private readonly legend = new Legend();
  private readonly player: Player;
  private readonly transport: Transport;
  private readonly where = h('div', { class: 'where' });
  private readonly summary = h('p', { class: 'visually-hidden', id: 'frame-summary' });
  private readonly render = oncePerFrame(() => this.draw());

  constructor(private readonly actions: ViewActions, private memory: Memory) {
    const events = { point: (cell: number | null) => this.point(cell), pin: (cell: number) => this.pin(cell) };
    const board = (id: BoardId, name: string, note: string, description: string): Board => new Board({ id, name, note, description }, events);
    this.boards = {
      question: board('question', 'question', 'x', 'Question'), y: board('y', 'y', '', 'y'), z: board('z', 'z', '', 'z'), first: board('first', 'A', '', 'A'), second: board('second', 'B', '', 'B'),
      difference: board('difference', 'difference', 'A above the diagonal, B below', 'Difference of A and B'), solution: board('solution', 'solution', '', 'Solution'),
    };
    const speed = speeds.find(s => s === memory.speed) ?? 4;
    this.player = new Player({
      advance: () => this.go(this.frame + 1),
      rewind: () => { this.go(0); },
      atEnd: () => this.stage !== null && this.frame >= this.stage.lead.timeline.length - 1,
      changed: playing => { this.transport.setPlaying(playing); if (!playing) this.say(); },
    }, speed);
    this.transport = new Transport({
      move: (level, direction) => this.move(level, direction),
      end: last => this.goByHand(last ? Infinity : 0),
      togglePlay: () => this.togglePlay(),
      speed: s => { this.player.speed = s; this.keep(); },
    }, speed);
    this.exportButtons = h('div', { class: 'exports', role: 'group', 'aria-label': 'Export' },
      iconButton('device-camera', 'Export this frame as PNG', () => actions.export('png')),
      iconButton('device-camera-video', 'Export the whole refinement as animated GIF', () => actions.export('gif')),
      iconButton('json', 'Export the trace as JSON', () => actions.export('json')));
    this.element = h('div', { class: 'inspector', hidden: true },
      h('div', { class: 'boards' },
        h('div', { class: 'aside left' }, this.boards.question.element, this.detail.facts),
        ...(['y', 'z', 'first', 'second', 'difference'] as const).map(id => this.boards[id].element),
        h('div', { class: 'aside right' }, this.boards.solution.element, this.detail.history)),
      this.examples.element, this.legend.element,
      h('section', { class: 'time', 'aria-label': 'Refinement in time' },
        h('div', { class: 'time-head' }, this.transport.element, this.where), this.overview.element, this.strip.element),
      this.table.element, this.summary);
    document.addEventListener('keydown', event => this.onKey(event));
    this.player.calm = readTheme().reducedMotion;
    watchTheme(theme => { this.ink = inkOf(theme); this.player.calm = theme.reducedMotion; this.render(); });
  }

  /** Whether a trace is visible. */
  get hasTrace(): boolean {
    return this.shown !== null;
  }

  /** Frames per second chosen for playing (and for a GIF). */
  get speed(): number {
    return this.player.speed;
  }

  /** How two traces are shown. */
  get compareView(): { both: boolean; feature: FeatureName; hasZ: boolean } {
    const hasZ = this.shown?.second ? this.shown.first.decoded.z !== null && this.shown.second.decoded.z !== null : false;
    return { both: this.memory.both, feature: this.memory.feature, hasZ };
  }

  /** Shows two traces, or the first alone; this feature of both. */
  setCompareView(part: Partial<Pick<Memory, 'both' | 'feature'>>): void {
    this.memory = { ...this.memory, ...part };
    if (!this.shown?.second) return;
    this.restage();
    this.keep();
    this.draw();
    this.say();
    this.actions.compareViewChanged();
  }

  /**
   * Shows a state's traces at the frame that was present before, so that the same moment can be compared.
   * @throws TraceFormatError when a trace is damaged
   */
  show({ trace, beside, options }: InspectorState): void {
    if (!trace) return;
    const other = beside?.trace ?? null;
    const [first, second = null] = showTraces(other && isSameQuestion(trace, other) ? [trace, other] : [trace]) as [ShownTrace, ShownTrace?];
    if (this.pinned !== null && this.pinned >= first.decoded.cells) this.pinned = null;
    this.pointed = null;
    this.player.pause();
    this.shown = {
      first, second,
      captions: beside?.trace ? sideCaptions([{ run: options.runName, trace }, { run: beside.runName, trace: beside.trace }]) : ['', ''],
    };
    this.restage();
    this.element.hidden = false;
    this.draw();
    this.say();
  }

  /** What an export is made of; null without a trace. */
  scene(heading: string): { scene: PictureScene; frame: number } | null {
    return this.stage && { scene: { stage: this.stage, ink: this.ink, heading }, frame: this.frame };
  }

  /** The stage of what is shown, at the position of the one before. */
  private restage(): void {
    const { first, second, captions } = this.shown!;
    const position = this.stage?.lead.timeline.at(this.frame) ?? this.memory.position;
    this.stage = second && this.memory.both ? comparedStage({ shown: first, caption: captions[0] }, { shown: second, caption: captions[1] }, this.memory.feature) : soloStage(first);
    this.frame = position ? this.stage.lead.timeline.find(position) : 0;
    this.table.show(this.stage);
  }

  private go(frame: number): boolean {
    if (!this.stage) return false;
    const { timeline } = this.stage.lead;
    const target = timeline.clamp(frame);
    if (target === this.frame) return false;
    this.frame = target;
    this.render();
    return target < timeline.length - 1;
  }

  private goByHand(frame: number): void {
    this.player.pause();
    this.go(frame);
    this.keep();
    this.say();
  }

  private move(level: Level, direction: 1 | -1): void {
    if (this.stage) this.goByHand(this.stage.lead.timeline.move(this.frame, level, direction));
  }

  private togglePlay(): void {
    this.player.toggle();
    this.keep();
  }

  private keep(): void {
    this.memory = { ...this.memory, position: this.stage?.lead.timeline.at(this.frame) ?? this.memory.position, speed: this.player.speed };
    this.actions.remember(this.memory);
  }

  private say(): void {
    if (!this.stage) return;
    const words = stageSummary(this.stage, this.frame);
    setText(this.summary, words);
    announce(words);
  }

  private draw(): void {
    const { stage, ink, frame } = this;
    if (!stage) return;
    const { lead, panels, compared } = stage;
    const { decoded } = lead;
    const views = panels.map(panel => panelCells(panel, frame));
    this.element.classList.toggle('compared', compared);
    const { sent } = lead;
    this.boards.question.rename({ name: 'question', note: sent.cols === decoded.trace.cols && sent.rows === decoded.trace.rows ? 'x' : `x · of ${sent.rows} × ${sent.cols}`, description: 'Question' });
    this.boards.question.show(boardContent(lead, lead.question), ink);
    for (const id of ['y', 'z', 'first', 'second', 'difference'] as const) if (!panels.some(({ slot }) => slot === id)) this.boards[id].hide();
    panels.forEach((panel, k) => {
      const board = this.boards[panel.slot];
      const letter = panelLetter(panel, frame), note = panelNote(panel, stage, frame);
      board.rename({ name: letter, note, description: `${letter}: ${note}, decoded by the output head` });
      board.show(boardContent(panel.source, views[k]!), ink, tally(panel.source, views[k]!), isUpdated(panel, stage, frame));
    });
    const difference = compared ? differenceCells(stage, frame) : null;
    if (difference) this.boards.difference.show(differenceContent(lead, difference), ink, String(countDifference(difference).differ));
    if (lead.solution) this.boards.solution.show(boardContent(lead, lead.solution), ink); else this.boards.solution.hide();
    this.overview.show(stage, frame, ink);
    this.strip.show(decoded, lead.timeline, frame);
    this.legend.show({ kind: decoded.trace.kind, known: decoded.solution !== null, compared }, ink);
    this.examples.show(decoded.trace, ink);
    this.drawWhere(stage, difference && differenceWords(countDifference(difference)));
    this.drawCell(stage, views);
  }

  private drawWhere({ lead: { decoded: { trace, length }, timeline } }: Stage, difference: string | null): void {
    const at = timeline.at(this.frame);
    const parts = frameParts(trace, at);
    setChildren(this.where,
      h('div', { class: 'position' }, h('b', null, parts.step), ' · ', parts.recursion, parts.recursion !== null && ' · ', h('b', { class: `inner-${at.feature}` }, parts.inner),
        at.m > trace.halt_max_steps && h('span', { class: 'beyond' }, 'beyond training depth')),
      h('div', { class: 'muted tabular' }, `frame ${this.frame + 1} of ${length} · `,
        ...(difference === null ? [h('code', null, vocabularyOf(trace).formula(trace, at)), ` · ${letterOf(trace, at)} changed by ${changeWords(trace.change[this.frame]!)} of its norm`] : [difference])));
  }

  private drawCell(stage: Stage, views: readonly (readonly CellView[])[]): void {
    const cell = this.pointed ?? this.pinned;
    const { cols } = stage.lead.decoded.trace;
    for (const [id, board] of Object.entries(this.boards)) {
      const k = stage.panels.findIndex(({ slot }) => slot === id);
      const rivals = cell !== null && views[k]?.[cell]!.conflict ? conflictsOf(cell, panelTokens(stage.panels[k]!, this.frame), cols).map(c => c.cell) : [];
      board.mark(cell, rivals, this.pinned);
    }
    this.detail.show(cell === null ? null : { stage, cell, pinned: cell === this.pinned, frame: this.frame, views, ink: this.ink });
  }

  private point(cell: number | null): void {
    if (cell === this.pointed) return;
    this.pointed = cell;
    this.render();
  }

  private pin(cell: number): void {
    const keeps = this.pinned !== cell;
    this.pinned = keeps ? cell : null;
    this.render();
    if (this.stage) announce(`${cellPlace(cell, this.stage.lead.decoded.trace.cols)}: ${keeps ? 'kept, its facts stay' : 'no longer kept'}`);
  }

  private onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    const command = keyCommand(event);
    if (!command || !this.shown || event.defaultPrevented || !(target instanceof HTMLElement)) return;
    if (isField(target, event) || target.closest('.chart-table')) return; // a table scrolls by these keys
    if (command === 'play') {
      if (target.closest('button, summary, vscode-button')) return;
      this.togglePlay();
    } else if (command === 'compare' || command === 'feature') {
      if (!this.shown.second) return;
      if (command === 'compare') this.setCompareView({ both: !this.memory.both });
      else this.setCompareView({ feature: this.memory.feature === 'y' ? 'z' : 'y' });
    } else if ('move' in command) this.move(command.move, command.direction);
    else this.goByHand(command.end === 'first' ? 0 : Infinity);
    event.preventDefault();
  }
}

/** The count in a board's heading: cells right and what has just changed, or, without a solution, rules broken. */
function tally({ decoded }: ShownTrace, cells: readonly CellView[]): string {
  const counts = countBoard(cells, decoded.solution !== null);
  const news = [counts.newlyRight ? `+${counts.newlyRight}` : '', counts.newlyWrong ? `−${counts.newlyWrong}` : ''].filter(Boolean).join(' ');
  if (counts.right === null) return counts.conflicts ? `${counts.conflicts} break a rule` : decoded.trace.kind === 'sudoku' ? 'no rule broken' : '';
  const arrives = wayArrives(decoded, cells.map(({ token }) => token));
  const way = arrives === null ? '' : arrives ? 'way arrives · ' : 'way broken · ';
  return `${way}${news ? `${news} · ` : ''}${counts.right}/${counts.cells}`;
}

/** Whether a key belongs to the field it is pressed in. */
function isField(target: HTMLElement, event: KeyboardEvent): boolean {
  return target.matches('input, textarea, select')
    || event.composedPath().some(node => node instanceof HTMLElement && /^vscode-(textfield|textarea|single-select)$/i.test(node.tagName));
}
