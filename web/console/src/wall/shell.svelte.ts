// What runs the wall while nobody is at it: the tour, the view, the sounds, and
// getting back on its feet.
import { problemIn } from '../api/http';
import { current } from '../api/session';
import type { Alarm, Seen } from '../api/types';
import type { App } from '../session/app';
import { openAlarms } from './model';
import { Sound, type Tone } from './tone';

/** A red alarm sounds again until somebody at a desk has acknowledged it, ms. */
const REPEAT = 20_000;
/** A mute lasts this long, ms; a red alarm cannot be muted on the wall. */
const MUTE = 60_000;

/** Which tone a change calls for; the most urgent of all in it. */
export function toneOf(c: Seen): Tone | undefined {
  const put = c.put ?? [];
  const alarms = put.filter((r): r is Alarm => r.kind === 'alarm' && !r.acked && !r.ended);
  if (alarms.some((a) => a.tier === 1)) return 'siren';
  if (c.kind === 'incident.open' || alarms.some((a) => a.tier === 2)) return 'incident';
  if (c.kind === 'incident.close' || c.kind === 'team.relieve') return 'ended';
  return c.kind === 'report.take' ? 'notice' : undefined;
}

export class Shell {
  soundOn = $state(false);
  mutedUntil = $state(0);
  private last = 0;
  private readonly sound = new Sound(typeof AudioContext === 'undefined' ? undefined : () => new AudioContext(), () => (this.soundOn = this.sound.on));
  private readonly stops: (() => void)[] = [];
  private asked = 0;

  constructor(private readonly app: App) {
    this.stops.push(app.live.onChange((c) => this.play(toneOf(c))));
    this.stops.push(app.clock.subscribe(() => this.tick()));
    const allow = () => void this.sound.allow();
    addEventListener('pointerdown', allow);
    addEventListener('keydown', allow);
    this.stops.push(() => removeEventListener('pointerdown', allow), () => removeEventListener('keydown', allow));
    allow(); // a kiosk may be allowed without a hand
  }

  stop(): void {
    for (const s of this.stops) s();
  }

  enable(): void {
    void this.sound.allow();
    this.test();
  }

  test(): void {
    setTimeout(() => this.sound.play('incident'), 100);
  }

  mute(): void {
    this.mutedUntil = this.app.clock.server() + MUTE;
  }

  private play(tone: Tone | undefined): void {
    if (!tone || (tone !== 'siren' && this.app.clock.server() < this.mutedUntil)) return;
    if (tone === 'siren') this.last = Date.now();
    this.sound.play(tone);
  }

  private tick(): void {
    const red = openAlarms(this.app.store.all('alarm')).some((a) => a.tier === 1);
    if (red && Date.now() - this.last > REPEAT) this.play('siren');
    // A socket that is refused looks like a cut: only a read tells that the session has ended.
    if (this.app.live.freshness() === 'lost' && Date.now() - this.asked > 30_000) {
      this.asked = Date.now();
      void current().catch((e) => {
        if (problemIn(e).code === 'auth') location.reload();
      });
    }
  }
}

/**
 * A wall that runs for months takes a new version by itself: after a cut it
 * looks whether the page it came from is another one now.
 */
export async function changedPage(mine: string, read = () => fetch(location.pathname, { cache: 'no-store' }).then((r) => (r.ok ? r.text() : ''))): Promise<boolean> {
  const page = await read().catch(() => '');
  const script = /src="([^"]*assets\/[^"]+\.js)"/.exec(page)?.[1];
  return script !== undefined && mine !== '' && !mine.endsWith(script);
}
