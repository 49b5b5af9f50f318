// Short notices at the foot of the screen. A refusal stays until it is closed
// or the next one comes: it must be read.
import { createSubscriber } from 'svelte/reactivity';
import { say, sayCode, told } from '../i18n';
import type { Problem } from '../api/types';

export interface Toast {
  id: number;
  tone: 'good' | 'bad' | 'plain';
  text: string;
  detail?: string;
}

let list: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();
const subscribe = createSubscriber((update) => {
  listeners.add(update);
  return () => listeners.delete(update);
});

function tell() {
  for (const l of [...listeners]) l();
}

export function toasts(): Toast[] {
  subscribe();
  return list;
}

export function dismiss(id: number) {
  list = list.filter((x) => x.id !== id);
  tell();
}

export function toast(tone: Toast['tone'], text: string, detail?: string) {
  const id = ++last;
  list = [...list.filter((x) => x.tone !== 'bad'), { id, tone, text, detail }].slice(-4);
  tell();
  if (tone !== 'bad') setTimeout(() => dismiss(id), 4_000);
}

/** What would be legal now, in the words of the screen where we have them. */
export function legalWords(p: Problem): string {
  const name = (code: string) => {
    for (const family of ['task.state', 'incident.state', 'duty', 'report.state', 'note.state', 'request.state', 'offer.state', 'loan.state', 'req.state', 'role']) {
      const word = sayCode(family, code);
      if (word !== code) return word;
    }
    return code;
  };
  return (p.legal ?? []).map(name).join('、');
}

/** Shows a refusal: what is in the way and what is legal now. */
export function refusal(p: Problem) {
  const detail = p.legal?.length ? say('legal', { list: legalWords(p) }) : undefined;
  toast('bad', told(p), detail);
}
