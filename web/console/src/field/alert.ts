// What makes a leader look at the phone: a hum, a tone, and a notification
// where the page is not in sight.
import { Sound } from '../wall/tone';
import { w } from './words';

const sound = new Sound(typeof AudioContext === 'undefined' ? undefined : () => new AudioContext(), () => {});

/** A page may sound only after a finger has been on it. */
export function armSound(): void {
  addEventListener('pointerdown', () => void sound.allow(), { once: true });
}

/** In a drill every message bears the word. */
const marked = (head: string) => (document.documentElement.dataset.realm === 'drill' ? `【演练】${head}` : head);

export function alert(kind: 'new' | 'ended', title: string, head = kind === 'new' ? w('task.new') : w('tab.task')): void {
  navigator.vibrate?.(kind === 'new' ? [400, 150, 400, 150, 400] : [200, 100, 200]);
  sound.play(kind === 'new' ? 'incident' : 'ended', 0.6);
  if (document.visibilityState === 'visible' || typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  void navigator.serviceWorker?.ready.then((r) => r.showNotification(marked(head), { body: title, tag: 'task', requireInteraction: true })).catch(() => {});
}
