// Tones by oscillator, no files: a siren for what waits for a name, a two-tone
// for what happened once. A browser lets sound out only after a first key or
// click; until then the desk says so.
import type { Alarm, Seen } from '../api/types';

export type SoundState = 'locked' | 'on' | 'off' | 'muted';

type Tone = [frequency: number, start: number, length: number];

const tones: Record<'siren' | 'two' | 'chip' | 'report', Tone[]> = {
  siren: [[880, 0, 0.28], [660, 0.3, 0.28], [880, 0.6, 0.28], [660, 0.9, 0.28]],
  two: [[740, 0, 0.16], [988, 0.18, 0.22]],
  chip: [[1175, 0, 0.08]],
  report: [[587, 0, 0.12], [784, 0.14, 0.14]],
};

const repeatEvery = 20_000;
const muteFor = 60_000;

export class Sound {
  state: SoundState = 'locked';
  mutedUntil = 0;
  #context: AudioContext | undefined;
  #wanted = true;
  #siren: ReturnType<typeof setInterval> | undefined;
  #ringing = false;
  readonly #listeners = new Set<() => void>();

  /** Called on the first key or click. */
  unlock() {
    if (this.state !== 'locked' || typeof AudioContext === 'undefined') return;
    this.#context = new AudioContext();
    void this.#context.resume();
    this.#set(this.#wanted ? 'on' : 'off');
    if (this.#ringing) this.#play('siren');
  }

  toggle() {
    if (this.state === 'locked') return this.unlock();
    this.#wanted = this.state === 'off';
    this.#set(this.#wanted ? 'on' : 'off');
  }

  /** A minute of quiet, shown as such. */
  mute(now: number) {
    this.mutedUntil = now + muteFor;
    this.#tell();
  }

  /** Whether an alarm of the first tier waits for a name: the siren repeats until it has one. */
  ring(on: boolean) {
    if (on === this.#ringing) return;
    this.#ringing = on;
    clearInterval(this.#siren);
    if (!on) return;
    this.#play('siren');
    this.#siren = setInterval(() => this.#play('siren'), repeatEvery);
  }

  /** What a change sounds like, once. */
  hear(c: Seen) {
    const alarm = c.put?.find((r): r is Alarm => r.kind === 'alarm' && !r.acked && !r.ended && r.version === 1);
    if (alarm) return this.#play(alarm.tier === 1 ? 'siren' : alarm.tier === 2 ? 'two' : 'chip');
    if (c.kind === 'report.take') this.#play('report');
    else if (c.kind === 'incident.open') this.#play('two');
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #play(name: keyof typeof tones) {
    const context = this.#context;
    if (!context || this.state !== 'on' || Date.now() < this.mutedUntil) return;
    for (const [frequency, start, length] of tones[name]) {
      const at = context.currentTime + start;
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      oscillator.frequency.value = frequency;
      oscillator.type = 'triangle';
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
      gain.gain.setValueAtTime(0.25, at + length - 0.03);
      gain.gain.linearRampToValueAtTime(0, at + length);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(at);
      oscillator.stop(at + length);
    }
  }

  #set(state: SoundState) {
    this.state = state;
    this.#tell();
  }

  #tell() {
    for (const l of [...this.#listeners]) l();
  }
}
