// A way for the phone's pages to notice that it moved.
import { createSubscriber } from 'svelte/reactivity';
import type { Phone } from './phone';

/** The phone as the pages read it: whoever reads `phone` here is told when it moves. */
export class See {
  readonly #moved: () => void;

  constructor(private readonly it: Phone) {
    this.#moved = createSubscriber((update) => it.subscribe(update));
  }

  get phone(): Phone {
    this.#moved();
    return this.it;
  }
}
