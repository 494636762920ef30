/**
 * A button that opens a short menu below itself. Escape, a click elsewhere or losing the focus closes it; arrow keys move in it.
 */
import { h, icon, iconButton } from '../shared/dom';

/** One entry of a menu. */
export interface MenuItem { readonly icon: string; readonly label: string; pick(): void }

/** A codicon button with a menu. */
export function menuButton(iconName: string, label: string, items: readonly MenuItem[]): HTMLElement {
  const close = (): void => {
    list.hidden = true;
    button.setAttribute('aria-expanded', 'false');
  };
  const toggle = (): void => {
    list.hidden = !list.hidden;
    button.setAttribute('aria-expanded', String(!list.hidden));
    if (!list.hidden) entries[0]?.focus();
  };
  const button = iconButton(iconName, label, toggle, { 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
  const entries = items.map(item => h('button', {
    type: 'button', role: 'menuitem', class: 'menu-item',
    on: { click: () => { close(); button.focus(); item.pick(); } },
  }, icon(item.icon), item.label));
  const list = h('div', { class: 'menu-list', role: 'menu', 'aria-label': label, hidden: true }, ...entries);
  const menu = h('div', { class: 'menu' }, button, list);
  menu.addEventListener('keydown', event => {
    const at = entries.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Escape' && !list.hidden) {
      close();
      button.focus();
    } else if (event.key === 'ArrowDown' && at >= 0) entries[(at + 1) % entries.length]?.focus();
    else if (event.key === 'ArrowUp' && at >= 0) entries.at(at - 1)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  menu.addEventListener('focusout', event => {
    if (!(event.relatedTarget instanceof Node && menu.contains(event.relatedTarget))) close();
  });
  return menu;
}
