/**
 * The inspector's page: what is chosen above, the four boards in the middle, the refinement in time below. One frame is present;
 * everything on the page is drawn from it by `render`. Talking with the host is `session.ts`'s.
 */
import type { InspectorState } from '../../src/protocol/inspector';
import { announce, h, iconButton, oncePerFrame, setChildren, setText } from '../shared/dom';
import { readTheme, watchTheme } from '../shared/theme';
import { Board } from './board';
import { decodeTrace, featureOf, type DecodedTrace, type FeatureName, type FramePosition } from './decode';
import { Detail } from './detail';
import { painterFor, type GridPainter } from './grid-painter';
import { HaltingTable } from './halting-table';
import { inkOf } from './ink';
import { keyCommand } from './keys';
import { letterOf, vocabularyOf, wordsAt } from './features';
import { changeWords, frameParts, frameSummary } from './labels';
import { Legend } from './legend';
import { countBoard, featureCells, questionCells, rightOverFrames, solutionCells, type CellView } from './marks';
import { Overview } from './overview';
import type { RightCounts } from './overview-paint';
import type { PictureScene } from './picture';
import { Player, speeds } from './player';
import { Strip } from './strip';
import { conflictsOf } from './sudoku';
import { TaskExamples } from './task-examples';
import { Timeline, type Level } from './timeline';
import { Transport } from './transport';

/** What the page asks of the outside: an export, and to remember where one is. */
export interface ViewActions {
  export(kind: 'png' | 'gif' | 'json'): void;
  remember(memory: Memory): void;
}

/** What outlives a reload of the window. */
export interface Memory { readonly position: FramePosition | null; readonly speed: number }

/** A trace with what is worked out once for it. */
interface Shown {
  readonly state: InspectorState;
  readonly decoded: DecodedTrace;
  readonly timeline: Timeline;
  readonly painter: GridPainter;
  readonly right: RightCounts | null;
  readonly question: readonly CellView[];
  readonly solution: readonly CellView[] | null;
}

/** The page below the chooser. */
export class InspectorView {
  readonly element: HTMLElement;
  readonly exportButtons: HTMLElement;
  private shown: Shown | null = null;
  private frame = 0;
  private pointed: number | null = null;
  private pinned: number | null = null;
  private ink = inkOf(readTheme());
  private readonly boards: Record<'question' | FeatureName | 'solution', Board>;
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
    const board = (id: 'question' | FeatureName | 'solution', name: string, note: string, description: string): Board => new Board({ id, name, note, description }, events);
    this.boards = { question: board('question', 'question', 'x', 'Question'), y: board('y', 'y', '', 'y'), z: board('z', 'z', '', 'z'), solution: board('solution', 'solution', '', 'Solution') };
    const speed = speeds.find(s => s === memory.speed) ?? 4;
    this.player = new Player({
      advance: () => this.go(this.frame + 1),
      rewind: () => { this.go(0); },
      atEnd: () => this.shown !== null && this.frame >= this.shown.timeline.length - 1,
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
        this.boards.y.element, this.boards.z.element,
        h('div', { class: 'aside right' }, this.boards.solution.element, this.detail.history)),
      this.examples.element, this.legend.element,
      h('section', { class: 'time', 'aria-label': 'Refinement in time' },
        h('div', { class: 'time-head' }, this.transport.element, this.where), this.overview.element, this.strip.element),
      this.table.element, this.summary);
    document.addEventListener('keydown', event => this.onKey(event));
    watchTheme(theme => { this.ink = inkOf(theme); this.render(); });
  }

  /** Whether a trace is visible. */
  get hasTrace(): boolean {
    return this.shown !== null;
  }

  /** Frames per second chosen for playing (and for a GIF). */
  get speed(): number {
    return this.player.speed;
  }

  /**
   * Shows a state's trace at the frame that was present before, so that the same moment can be compared.
   * @throws TraceFormatError when the trace is damaged
   */
  show(state: InspectorState): void {
    if (!state.trace) return;
    const decoded = decodeTrace(state.trace);
    const timeline = new Timeline(state.trace.frames);
    const y = rightOverFrames(decoded, 'y');
    if (this.pinned !== null && this.pinned >= decoded.cells) this.pinned = null;
    this.pointed = null;
    const position = this.shown?.timeline.at(this.frame) ?? this.memory.position;
    this.frame = position ? timeline.find(position) : 0;
    this.shown = {
      state, decoded, timeline, painter: painterFor(state.trace), right: y && { y, z: decoded.z && rightOverFrames(decoded, 'z') },
      question: questionCells(decoded), solution: solutionCells(decoded),
    };
    this.element.hidden = false;
    this.table.show(state.trace, timeline);
    this.player.pause();
    this.draw();
    this.say();
  }

  /** What an export is made of; null without a trace. */
  scene(heading: string): { scene: PictureScene; frame: number } | null {
    if (!this.shown) return null;
    const { decoded, timeline, painter, right } = this.shown;
    return { scene: { decoded, timeline, painter, right, ink: this.ink, heading }, frame: this.frame };
  }

  private go(frame: number): boolean {
    if (!this.shown) return false;
    const target = this.shown.timeline.clamp(frame);
    if (target === this.frame) return false;
    this.frame = target;
    this.render();
    return target < this.shown.timeline.length - 1;
  }

  private goByHand(frame: number): void {
    this.player.pause();
    this.go(frame);
    this.keep();
    this.say();
  }

  private move(level: Level, direction: 1 | -1): void {
    if (this.shown) this.goByHand(this.shown.timeline.move(this.frame, level, direction));
  }

  private togglePlay(): void {
    this.player.toggle();
    this.keep();
  }

  private keep(): void {
    this.memory = { position: this.shown?.timeline.at(this.frame) ?? this.memory.position, speed: this.player.speed };
    this.actions.remember(this.memory);
  }

  private say(): void {
    if (!this.shown) return;
    const { decoded } = this.shown;
    const known = decoded.solution !== null;
    const words = frameSummary(decoded, this.frame, countBoard(featureCells(decoded, 'y', this.frame), known), decoded.z && countBoard(featureCells(decoded, 'z', this.frame), known));
    setText(this.summary, words);
    announce(words);
  }

  private draw(): void {
    if (!this.shown) return;
    const { decoded, timeline, painter, right, question, solution } = this.shown;
    const { trace } = decoded;
    const { ink, frame } = this;
    const at = timeline.at(frame);
    const views = { y: featureCells(decoded, 'y', frame), z: decoded.z && featureCells(decoded, 'z', frame) };
    this.boards.question.show(trace, painter, question, ink, '', false);
    for (const f of ['y', 'z'] as const) {
      const cells = views[f];
      if (!cells) { this.boards[f].hide(); continue; }
      const { letter, config, role } = wordsAt(trace, f, frame);
      this.boards[f].rename({ name: letter, note: `${role} · ${config}`, description: `${letter}: ${role} (${config}), decoded by the output head` });
      this.boards[f].show(trace, painter, cells, ink, this.tally(cells), at.feature === f);
    }
    if (solution) this.boards.solution.show(trace, painter, solution, ink, '', false); else this.boards.solution.hide();
    this.overview.show({ decoded, timeline, right, frame, ink });
    this.strip.show(decoded, timeline, frame);
    this.legend.show(trace.kind, decoded.solution !== null, ink);
    this.examples.show(trace, ink);
    this.drawWhere(at);
    this.drawCell(views);
  }

  private tally(cells: readonly CellView[]): string {
    const counts = countBoard(cells, this.shown?.decoded.solution !== null);
    const news = [counts.newlyRight ? `+${counts.newlyRight}` : '', counts.newlyWrong ? `−${counts.newlyWrong}` : ''].filter(Boolean).join(' ');
    if (counts.right === null) return counts.conflicts ? `${counts.conflicts} break a rule` : this.shown?.decoded.trace.kind === 'sudoku' ? 'no rule broken' : '';
    return `${news ? `${news} · ` : ''}${counts.right}/${counts.cells}`;
  }

  private drawWhere(at: FramePosition): void {
    const { decoded } = this.shown!;
    const { trace } = decoded;
    const parts = frameParts(trace, at);
    setChildren(this.where,
      h('div', { class: 'position' }, h('b', null, parts.step), ' · ', parts.recursion, parts.recursion !== null && ' · ', h('b', { class: `inner-${at.feature}` }, parts.inner),
        at.m > trace.halt_max_steps && h('span', { class: 'beyond' }, 'beyond training depth')),
      h('div', { class: 'muted tabular' }, `frame ${this.frame + 1} of ${decoded.length} · `, h('code', null, vocabularyOf(trace).formula(trace, at)), ` · ${letterOf(trace, at)} changed by ${changeWords(trace.change[this.frame]!)} of its norm`));
  }

  private drawCell(views: { y: CellView[]; z: CellView[] | null }): void {
    const cell = this.pointed ?? this.pinned;
    const { decoded } = this.shown!;
    const { cells, trace } = decoded;
    for (const [id, board] of Object.entries(this.boards)) {
      const feature = id === 'y' || id === 'z' ? id : null;
      const rivals = cell !== null && feature && views[feature]?.[cell]!.conflict
        ? conflictsOf(cell, featureOf(decoded, feature).tokens.subarray(this.frame * cells, (this.frame + 1) * cells), trace.cols).map(c => c.cell) : [];
      board.mark(cell, rivals);
    }
    this.detail.show(cell === null ? null : { decoded, cell, pinned: cell === this.pinned, frame: this.frame, ...views, ink: this.ink });
  }

  private point(cell: number | null): void {
    if (cell === this.pointed) return;
    this.pointed = cell;
    this.render();
  }

  private pin(cell: number): void {
    this.pinned = this.pinned === cell ? null : cell;
    this.render();
  }

  private onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    const command = keyCommand(event);
    if (!command || !this.shown || event.defaultPrevented || !(target instanceof HTMLElement)) return;
    if (isField(target, event)) return;
    if (command === 'play') {
      if (target.closest('button, summary, vscode-button')) return;
      this.togglePlay();
    } else if ('move' in command) this.move(command.move, command.direction);
    else this.goByHand(command.end === 'first' ? 0 : Infinity);
    event.preventDefault();
  }
}

/** Whether a key belongs to the field it is pressed in. */
function isField(target: HTMLElement, event: KeyboardEvent): boolean {
  return target.matches('input, textarea, select')
    || event.composedPath().some(node => node instanceof HTMLElement && /^vscode-(textfield|textarea|single-select)$/i.test(node.tagName));
}
