// Sound per kind of event, made by oscillators: no files to load, nothing to
// play through a server. A browser lets no page sound before a hand has been
// on it, except in kiosk mode; until then the wall says so.

export type Tone = 'siren' | 'incident' | 'notice' | 'ended';

interface Note {
  /** Hz at the start and at the end. */
  from: number;
  to: number;
  /** Seconds after the start, and how long. */
  at: number;
  long: number;
}

const NOTES: Record<Tone, Note[]> = {
  // Up and down twice: like nothing else in the room.
  siren: [0, 1.1].flatMap((at) => [{ from: 620, to: 1240, at, long: 0.5 }, { from: 1240, to: 620, at: at + 0.5, long: 0.5 }]),
  incident: [{ from: 784, to: 784, at: 0, long: 0.22 }, { from: 587, to: 587, at: 0.26, long: 0.4 }],
  notice: [{ from: 880, to: 880, at: 0, long: 0.12 }],
  ended: [{ from: 440, to: 440, at: 0, long: 0.18 }, { from: 330, to: 330, at: 0.2, long: 0.25 }],
};

export class Sound {
  private context: AudioContext | undefined;

  constructor(private readonly make: (() => AudioContext) | undefined, private readonly changed: () => void) {}

  /** Whether a tone would be heard now. */
  get on(): boolean {
    return this.context?.state === 'running';
  }

  /** Tries to be allowed; call at the start and at every gesture. */
  async allow(): Promise<void> {
    if (!this.make) return;
    if (!this.context) {
      this.context = this.make();
      this.context.onstatechange = () => this.changed();
    }
    // Without leave, resume() waits for it: nobody must wait for resume().
    void this.context.resume().then(this.changed, () => {});
    this.changed();
  }

  play(tone: Tone, volume = 0.35): void {
    const c = this.context;
    if (!c || c.state !== 'running') return;
    for (const n of NOTES[tone]) {
      const start = c.currentTime + n.at;
      const osc = c.createOscillator();
      const gain = c.createGain();
      osc.type = tone === 'siren' ? 'sawtooth' : 'sine';
      osc.frequency.setValueAtTime(n.from, start);
      osc.frequency.linearRampToValueAtTime(n.to, start + n.long);
      // Ramps instead of steps: a step is heard as a click.
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(volume, start + 0.02);
      gain.gain.setValueAtTime(volume, start + n.long - 0.03);
      gain.gain.linearRampToValueAtTime(0, start + n.long);
      osc.connect(gain).connect(c.destination);
      osc.start(start);
      osc.stop(start + n.long);
    }
  }
}
