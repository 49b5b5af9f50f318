// The phone's own position: watched while a task is open, sent at most every
// three seconds, never kept for later. Positions may skip; steps never do.

/** One fix of the phone, WGS-84. */
export interface Fix {
  lon: number;
  lat: number;
  /** Radius in metres. */
  accuracy: number;
  /** m/s; null when not told. */
  speed: number | null;
  /** Degrees from north clockwise; null when not told. */
  heading: number | null;
  /** The phone's clock, ms. */
  at: number;
}

export type LocateState = 'off' | 'waiting' | 'on' | 'denied' | 'unavailable';

export interface LocateDeps {
  geolocation: Pick<Geolocation, 'watchPosition' | 'clearWatch' | 'getCurrentPosition'> | undefined;
  now(): number;
  /** Sends a fix under an id; false when it could not go out. stored(id) tells that it arrived. */
  send(fix: Fix, id: string): boolean;
  changed(): void;
}

/** Least and most time between two sends, ms; and how far to move to send early, m. */
const LEAST = 3_000;
const MOST = 20_000;
const MOVED = 10;

export class Locate {
  state: LocateState = 'off';
  last: Fix | undefined;
  /** When the fix was taken that the server last said it has stored, ms of the phone's clock. */
  sent = 0;
  private tried = 0;
  private number = 0;
  private sentFix: Fix | undefined;
  private watch: number | undefined;
  private asked = 0;

  constructor(private readonly deps: LocateDeps) {}

  start(): void {
    if (this.watch !== undefined) return;
    if (!this.deps.geolocation) {
      this.set('unavailable');
      return;
    }
    this.set('waiting');
    this.watch = this.deps.geolocation.watchPosition(
      (p) => this.fix(fromBrowser(p)),
      (e) => {
        // 1 is PERMISSION_DENIED; the others pass by themselves.
        if (e.code === 1) {
          this.stop();
          this.set('denied');
        } else this.set(this.last ? 'on' : 'waiting');
      },
      { enableHighAccuracy: true, maximumAge: 2_000, timeout: 30_000 },
    );
  }

  stop(): void {
    if (this.watch !== undefined) this.deps.geolocation?.clearWatch(this.watch);
    this.watch = undefined;
    this.set('off');
  }

  /** Sends the last fix again when the connection is back and it is still worth telling. */
  reconnected(): void {
    if (this.watch !== undefined && this.last && this.deps.now() - this.last.at < MOST) this.send(this.last);
  }

  /**
   * Call once a second: a phone that lies still may tell nothing for minutes,
   * and its team would look lost; so it is asked.
   */
  tick(): void {
    const now = this.deps.now();
    if (this.watch === undefined || now - Math.max(this.last?.at ?? 0, this.asked) < MOST) return;
    this.asked = now;
    this.deps.geolocation?.getCurrentPosition((p) => this.fix(fromBrowser(p)), () => {}, { enableHighAccuracy: true, maximumAge: 0, timeout: 15_000 });
  }

  /** Asks once, also where the position is not shared: a call for help should say where. */
  once(): void {
    if (this.last && this.deps.now() - this.last.at < 5_000) return;
    this.deps.geolocation?.getCurrentPosition((p) => (this.watch === undefined ? (this.last = fromBrowser(p)) : this.fix(fromBrowser(p))), () => {}, { enableHighAccuracy: true, maximumAge: 30_000, timeout: 10_000 });
  }

  private fix(fix: Fix): void {
    if (this.last && fix.at < this.last.at) return;
    this.last = fix;
    this.set('on');
    const since = this.deps.now() - this.tried;
    const moved = this.sentFix ? meters(this.sentFix, fix) : Infinity;
    if (since >= MOST || (since >= LEAST && moved >= Math.max(MOVED, fix.accuracy / 2))) this.send(fix);
  }

  private send(fix: Fix): void {
    if (!this.deps.send(fix, `fix-${this.number + 1}`)) return;
    this.number++;
    this.tried = this.deps.now();
    this.sentFix = fix;
  }

  /** The server has stored the fix that went out under the id. */
  stored(id: string): void {
    if (id !== `fix-${this.number}` || !this.sentFix) return;
    this.sent = this.tried;
    this.deps.changed();
  }

  private set(state: LocateState): void {
    this.state = state;
    this.deps.changed();
  }
}

function fromBrowser(p: GeolocationPosition): Fix {
  const c = p.coords;
  const known = (x: number | null) => (x === null || Number.isNaN(x) ? null : x);
  return { lon: c.longitude, lat: c.latitude, accuracy: c.accuracy, speed: known(c.speed), heading: known(c.heading), at: p.timestamp };
}

const RADIUS = 6_371_008.8; // mean radius of the earth, m (IUGG)
const rad = (deg: number) => (deg * Math.PI) / 180;

/** Great-circle distance in metres. */
export function meters(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const dLat = rad(b.lat - a.lat) / 2;
  const dLon = rad(b.lon - a.lon) / 2;
  const h = Math.sin(dLat) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(dLon) ** 2;
  return 2 * RADIUS * Math.asin(Math.sqrt(h));
}

/** Initial bearing from a to b, degrees from north clockwise, 0 … 360. */
export function bearing(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const dLon = rad(b.lon - a.lon);
  const y = Math.sin(dLon) * Math.cos(rad(b.lat));
  const x = Math.cos(rad(a.lat)) * Math.sin(rad(b.lat)) - Math.sin(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.cos(dLon);
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}
