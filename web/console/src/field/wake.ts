// Keeps the screen on while a task is open: a web page gets no position when
// the screen is dark.

export interface WakeLock {
  release(): Promise<void>;
  addEventListener(type: 'release', f: () => void): void;
}

export interface WakeDeps {
  /** undefined where the phone has no wake lock. */
  request: (() => Promise<WakeLock>) | undefined;
  visible(): boolean;
}

/** Whether the screen is held on: off is wanted, unavailable and refused are not. */
export type WakeState = 'off' | 'on' | 'unavailable' | 'refused';

export class Wake {
  state: WakeState = 'off';
  private want = false;
  private lock: WakeLock | undefined;
  private busy = false;

  constructor(private readonly deps: WakeDeps, private readonly changed: () => void = () => {}) {}

  /** Says whether the screen should stay on; call also when the page becomes visible. */
  async set(want: boolean): Promise<void> {
    this.want = want;
    if (this.busy) return;
    this.busy = true;
    try {
      await this.settle();
    } finally {
      this.busy = false;
    }
    this.changed();
  }

  /** The system takes the lock whenever the page is hidden: ask again on return. */
  again(): Promise<void> {
    return this.set(this.want);
  }

  private async settle(): Promise<void> {
    if (!this.want) {
      const lock = this.lock;
      this.lock = undefined;
      this.state = 'off';
      await lock?.release();
      return;
    }
    if (this.lock || !this.deps.visible()) return;
    if (!this.deps.request) {
      this.state = 'unavailable';
      return;
    }
    try {
      const lock = await this.deps.request();
      this.lock = lock;
      this.state = 'on';
      lock.addEventListener('release', () => {
        if (this.lock !== lock) return;
        this.lock = undefined;
        this.state = 'off';
        this.changed();
      });
    } catch {
      this.state = 'refused'; // battery saver, or a policy
    }
    if (!this.want) await this.settle();
  }
}
