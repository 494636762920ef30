/**
 * Just enough to build a page without a framework: elements from a tag, properties and children. Styles go through classes, or
 * through CSSOM (`styles`), never through a style attribute: the content security policy forbids those.
 */

/** A value of an attribute or property bag. */
type Value = string | number | boolean | null | undefined;

/** What an element may be given: attributes by name, `class`, `styles` (CSSOM), `on` (listeners). A false or undefined attribute is left out, true is empty. */
export interface Props {
  readonly class?: string;
  readonly styles?: Readonly<Record<string, string>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  readonly [attribute: string]: Value | Readonly<Record<string, string>> | Readonly<Record<string, (event: Event) => void>>;
}

/** A child of an element; null, undefined and false are left out. */
export type Child = Node | string | number | null | undefined | false;

/** An HTML element. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props?: Props | null, ...children: Child[]): HTMLElementTagNameMap[K];
/** A custom element. */
export function h(tag: string, props?: Props | null, ...children: Child[]): HTMLElement;
/** Either. */
export function h(tag: string, props?: Props | null, ...children: Child[]): HTMLElement {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(tag: K, props?: Props | null, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children);
}

/** Replaces all children. */
export function setChildren(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...children.filter(isChild).map(asNode));
}

/** Sets text only when it differs, so that nothing is laid out again for no reason. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A codicon, hidden from screen readers: what it means is said in words beside it or in the label of its button. */
export function icon(name: string): HTMLElement {
  return h('span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}

/** A toolbar button that is one codicon; `label` is its accessible name and tooltip. */
export function iconButton(name: string, label: string, press: () => void, props: Props = {}): HTMLButtonElement {
  return h('button', { type: 'button', title: label, 'aria-label': label, ...props, class: `icon-button ${props.class ?? ''}`.trim(), on: { click: press, ...props.on } }, icon(name));
}

let announcer: HTMLElement | undefined;
/** Has a screen reader say `text` when it is next idle. For answers to a key press only, never for streaming data. */
export function announce(text: string): void {
  if (announcer === undefined) {
    announcer = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
    document.body.append(announcer);
  }
  announcer.textContent = text;
}

/** A function that runs `work` once in the next animation frame, however often it is called before. */
export function oncePerFrame(work: () => void): () => void {
  let pending = false;
  return () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => { pending = false; work(); });
  };
}

let ids = 0;
/** An id no other element of this page has. */
export function uniqueId(prefix: string): string {
  ids += 1;
  return `${prefix}-${ids}`;
}

function fill<E extends HTMLElement | SVGElement>(element: E, props: Props | null | undefined, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === 'styles' || name === 'on') continue;
    if (value === undefined || value === null || value === false || typeof value === 'object') continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, value] of Object.entries(props?.styles ?? {})) element.style.setProperty(name, value);
  for (const [type, listener] of Object.entries(props?.on ?? {})) element.addEventListener(type, listener);
  element.append(...children.filter(isChild).map(asNode));
  return element;
}

function isChild(child: Child): child is Node | string | number {
  return child !== null && child !== undefined && child !== false;
}

function asNode(child: Node | string | number): Node | string {
  return typeof child === 'number' ? String(child) : child;
}
