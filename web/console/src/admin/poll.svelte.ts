// Asks for something again and again while its page is open. The last answer
// stays when a read fails, and the page can say that it is old.
import { problemIn } from '../api/http';
import type { Problem } from '../api/types';

export class Poll<T> {
  value: T | undefined = $state.raw();
  problem: Problem | undefined = $state.raw();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly every: number,
  ) {}

  /** Starts; the answer stops it, as an effect wants it. */
  start(): () => void {
    void this.again();
    this.#timer = setInterval(() => void this.again(), this.every);
    return () => clearInterval(this.#timer);
  }

  async again() {
    try {
      this.value = await this.read();
      this.problem = undefined;
    } catch (e) {
      this.problem = problemIn(e);
    }
  }
}
