// Keys of the desk. They go by the place of the key (event.code), so a Chinese
// input method that is switched on does not swallow them, and none fires while
// somebody is typing or composing.

export type Action =
  | 'pane.1' | 'pane.2' | 'pane.3' | 'pane.4' | 'bar' | 'help' | 'back'
  | 'new' | 'recommend' | 'claim' | 'open' | 'dismiss' | 'link'
  | 'verify' | 'control' | 'close' | 'raise' | 'note' | 'edit' | 'place' | 'ack' | 'fence' | 'arrived'
  | 'aid' | 'ask' | 'pacts' | 'access' | 'claims' | 'requisition' | 'replay'
  | 'up' | 'down' | 'enter'
  | `digit.${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

const letters: Record<string, Action> = {
  KeyN: 'new', KeyR: 'recommend', KeyT: 'claim', KeyO: 'open', KeyD: 'dismiss', KeyL: 'link',
  KeyV: 'verify', KeyK: 'control', KeyX: 'close', KeyU: 'raise', KeyW: 'note', KeyE: 'edit', KeyG: 'place', KeyA: 'ack', KeyF: 'fence', KeyY: 'arrived',
  KeyB: 'aid', KeyQ: 'ask', KeyH: 'pacts', KeyS: 'access', KeyM: 'claims', KeyZ: 'requisition', KeyJ: 'replay',
  ArrowUp: 'up', ArrowDown: 'down', Enter: 'enter', NumpadEnter: 'enter',
};

const always: Record<string, Action> = { F1: 'pane.1', F2: 'pane.2', F3: 'pane.3', F4: 'pane.4', Escape: 'back' };

export interface Key {
  code: string;
  key: string;
  keyCode?: number;
  isComposing?: boolean;
  ctrlKey?: boolean;
  altKey?: boolean;
  metaKey?: boolean;
  shiftKey?: boolean;
}

/** What the key means, given whether the focus is in a field and whether a button holds it. */
export function actionOf(e: Key, where: { typing: boolean; onButton?: boolean }): Action | undefined {
  if (e.isComposing || e.keyCode === 229 || e.ctrlKey || e.altKey || e.metaKey) return undefined;
  const fixed = always[e.code];
  if (fixed) return fixed;
  if (where.typing) return undefined;
  // "/" and "?" share a key on most keyboards; on a numeric pad the former stands alone.
  if (e.code === 'Slash' || e.code === 'NumpadDivide') return e.shiftKey ? 'help' : 'bar';
  if (e.shiftKey) return undefined;
  // A focused button keeps its own Enter.
  if (where.onButton && (e.code === 'Enter' || e.code === 'NumpadEnter')) return undefined;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(e.code);
  if (digit) return `digit.${Number(digit[1]) as 1}`;
  return letters[e.code];
}

/** Whether the element takes typed text, so that letters are letters. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range', 'file'].includes(target.type);
}
