// The desk's hand on agreements: which is open, the form in front, what a step
// does.
import type { Agreement, Commands, CommandName, Problem } from '../api/types';
import { dayTime, say, sayCode } from '../i18n';
import type { App } from '../session/app';
import { pactActs, pacts, waitsOn, type PactAct, type PactStep } from '../store/agreements';
import { toast } from '../ui/toast';

/** A form in front: a new agreement, changed terms, or what a step asks. */
export interface PactForm {
  does: 'new' | PactStep;
  agreement?: Agreement;
}

export class PactDesk {
  shown = $state(false);
  chosen: string | undefined = $state();
  form: PactForm | undefined = $state.raw();

  readonly groups = $derived.by(() => pacts(this.app.watch.all('agreement'), this.agency, this.officer, this.app.watch.now()));
  readonly rows = $derived(this.groups.flatMap((g) => g.rows));
  readonly waiting = $derived.by(() => (this.officer ? this.app.watch.all('agreement').filter((a) => waitsOn(a, this.agency)).length : 0));

  constructor(readonly app: App) {}

  get agency() {
    return this.app.session.agency?.id;
  }

  /** Whether this person speaks for the agency. */
  get officer() {
    return this.app.may('agreement.consent');
  }

  show(id?: string) {
    this.shown = true;
    if (id) this.chosen = id;
    else if (!this.rows.some((r) => r.id === this.chosen)) this.chosen = this.rows[0]?.id;
  }

  current(): Agreement | undefined {
    return this.rows.find((r) => r.id === this.chosen);
  }

  acts(a: Agreement): PactAct[] {
    return pactActs(a, this.agency, (c) => this.app.may(c), this.app.watch.now());
  }

  step(by: 1 | -1) {
    const at = this.rows.findIndex((r) => r.id === this.chosen);
    this.chosen = this.rows[Math.min(this.rows.length - 1, Math.max(0, at + by))]?.id;
  }

  /** A key while the board is open; true when it meant something. */
  key(e: KeyboardEvent, typing: boolean): boolean {
    if (!this.shown || typing || e.isComposing || e.keyCode === 229 || e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return false;
    switch (e.code) {
      case 'Escape': case 'KeyH': this.shown = false; return true;
      case 'ArrowUp': case 'ArrowDown': this.step(e.code === 'ArrowUp' ? -1 : 1); return true;
      case 'KeyN':
        if (!this.app.may('agreement.save')) return false;
        this.form = { does: 'new' };
        return true;
    }
    const a = this.current();
    const act = a && this.acts(a).find((x) => `Key${x.key}` === e.code);
    if (act) this.take(act.does, a);
    // Keys of what lies behind would surprise.
    return !!act || /^(Key|Digit)/.test(e.code);
  }

  take(does: PactStep, a: Agreement) {
    if (does === 'consent') void this.send('agreement.consent', { agreement: a.id, terms: a.terms }, a);
    else this.form = { does, agreement: a };
  }

  /** Gives the command and says what came of it. */
  async send<N extends CommandName>(name: N, body: Commands[N], a?: Agreement, refused?: (p: Problem) => void): Promise<boolean> {
    const done = await this.app.run(name, body, {
      marks: a ? [{ kind: 'agreement', id: a.id }] : [],
      ...(refused ? { refused: (p: Problem) => (refused(p), true) } : {}),
    });
    if (!done) return false;
    const now = done.put?.find((r): r is Agreement => r.kind === 'agreement');
    if (now) this.chosen = now.id;
    const word = name.slice('agreement.'.length) as 'save';
    toast('good', say(`pact.done.${word}`, { number: now?.number ?? '', state: now ? sayCode('pact.state', now.state) : '', time: now?.active_until ? dayTime(Date.parse(now.active_until)) : '' }));
    return true;
  }
}
