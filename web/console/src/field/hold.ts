// Press and hold: a step that cannot be taken back is not taken by a pocket,
// a drop of rain or a glove that brushes the glass.

/** What the element shows while it is held. */
export interface Hold {
  /** How long to hold, ms. */
  ms: number;
  done(): void;
  /** Called with 0…1 while held, and with 0 when let go; the element also gets --held. */
  held?(part: number): void;
  disabled?: boolean;
}

/**
 * Svelte action. Works with finger, mouse, and the keys Enter and Space. A
 * finger that slides off the element or a second finger lets go.
 */
export function hold(node: HTMLElement, options: Hold) {
  let o = options;
  let start = 0;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const show = (part: number) => {
    node.style.setProperty('--held', String(part));
    o.held?.(part);
  };
  const tick = () => {
    if (!timer) return;
    show(Math.min(1, (performance.now() - start) / o.ms));
    frame = requestAnimationFrame(tick);
  };
  const press = () => {
    if (o.disabled || timer) return;
    start = performance.now();
    node.classList.add('held');
    timer = setTimeout(() => {
      release();
      o.done();
    }, o.ms);
    navigator.vibrate?.(15);
    tick();
  };
  const release = () => {
    clearTimeout(timer);
    timer = undefined;
    cancelAnimationFrame(frame);
    node.classList.remove('held');
    show(0);
  };
  const pointerdown = (e: PointerEvent) => {
    if (e.button !== 0) return;
    if (!e.isPrimary) return release();
    node.setPointerCapture?.(e.pointerId);
    press();
  };
  const pointermove = (e: PointerEvent) => {
    if (!timer) return;
    const r = node.getBoundingClientRect();
    const slack = 24; // a gloved finger rolls
    if (e.clientX < r.left - slack || e.clientX > r.right + slack || e.clientY < r.top - slack || e.clientY > r.bottom + slack) release();
  };
  const keydown = (e: KeyboardEvent) => {
    if (e.code !== 'Enter' && e.code !== 'Space') return;
    e.preventDefault();
    if (!e.repeat) press();
  };
  const keyup = (e: KeyboardEvent) => {
    if (e.code === 'Enter' || e.code === 'Space') release();
  };
  const menu = (e: Event) => e.preventDefault();

  node.addEventListener('pointerdown', pointerdown);
  node.addEventListener('pointermove', pointermove);
  node.addEventListener('pointerup', release);
  node.addEventListener('pointercancel', release);
  node.addEventListener('blur', release);
  node.addEventListener('keydown', keydown);
  node.addEventListener('keyup', keyup);
  node.addEventListener('contextmenu', menu);
  show(0);
  return {
    update(next: Hold) {
      o = next;
      if (o.disabled && timer) release();
    },
    destroy() {
      release();
      node.removeEventListener('pointerdown', pointerdown);
      node.removeEventListener('pointermove', pointermove);
      node.removeEventListener('pointerup', release);
      node.removeEventListener('pointercancel', release);
      node.removeEventListener('blur', release);
      node.removeEventListener('keydown', keydown);
      node.removeEventListener('keyup', keyup);
      node.removeEventListener('contextmenu', menu);
    },
  };
}
