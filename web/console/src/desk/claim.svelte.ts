// The desk's hand on compensation: which claim and line are open, the form in
// front, and what a step does.
import { claimJournal, all } from '../api/reads';
import type { Claim, CommandName, Commands, Problem, Seen } from '../api/types';
import { say, told } from '../i18n';
import type { App } from '../session/app';
import type { Me } from '../store/aid';
import { claimRows, editable, yuan, type ClaimAct, type ClaimRow } from '../store/claim';
import { legalWords, toast } from '../ui/toast';

/** What is asked before a step goes out. */
export interface ClaimForm {
  does: ClaimAct['does'] | 'edit';
  claim: Claim;
  line?: string;
}

/** Steps that ask nothing. */
const plain: ClaimAct['does'][] = ['check', 'approve', 'close', 'recompute'];

export class ClaimDesk {
  shown = $state(false);
  open: string | undefined = $state();
  /** The line whose keys hold. */
  line: string | undefined = $state();
  /** The line whose journal entries are open. */
  looking: string | undefined = $state();
  totals = $state(false);
  /** Settled claims are no part of the picture: they are read when they are asked for. */
  settled: Claim[] | undefined = $state.raw();
  form: ClaimForm | undefined = $state.raw();

  readonly rows: ClaimRow[] = $derived.by(() => {
    const here = this.app.watch.all('claim');
    const known = new Set(here.map((c) => c.id));
    return claimRows([...here, ...(this.settled ?? []).filter((c) => !known.has(c.id))], this.me);
  });
  readonly waiting = $derived(this.rows.filter((r) => r.group === 'waits').length);

  constructor(
    readonly app: App,
    readonly me: Me,
    /** Makes room on the screen. */
    private readonly front: () => void,
  ) {}

  /** Opens the page, at a claim where one is named. */
  show(id?: string) {
    this.front();
    this.shown = true;
    if (id) this.choose(id);
    else if (!this.row()) this.choose(this.rows[0]?.claim.id);
  }

  choose(id: string | undefined) {
    this.open = id;
    this.line = this.looking = undefined;
    this.totals = false;
  }

  row(): ClaimRow | undefined {
    return this.rows.find((r) => r.claim.id === this.open);
  }

  step(by: 1 | -1) {
    const at = this.rows.findIndex((r) => r.claim.id === this.open);
    this.choose(this.rows[Math.min(this.rows.length - 1, Math.max(0, at + by))]?.claim.id);
  }

  async history() {
    if (this.settled) return void (this.settled = undefined);
    this.settled = [];
    this.settled = await all('claim', { archived: 'true', state: 'closed' });
  }

  /** A key while the page is open; true when it meant something. */
  key(e: KeyboardEvent, typing: boolean): boolean {
    if (!this.shown || e.isComposing || e.keyCode === 229 || e.ctrlKey || e.altKey || e.metaKey) return false;
    if (e.code === 'Escape') {
      if (this.totals) this.totals = false;
      else this.shown = false;
      return true;
    }
    if (typing) return false;
    if (e.code === 'ArrowUp' || e.code === 'ArrowDown') return this.step(e.code === 'ArrowUp' ? -1 : 1), true;
    const row = this.row();
    if (row && (e.code === 'ArrowLeft' || e.code === 'ArrowRight')) {
      const ids = row.claim.lines.map((l) => l.id);
      const at = ids.indexOf(this.line ?? '');
      this.line = ids[(at + (e.code === 'ArrowRight' ? 1 : ids.length - (at < 0 ? 0 : 1))) % ids.length];
      document.querySelector(`[data-line="${this.line}"]`)?.scrollIntoView({ block: 'nearest' });
      return true;
    }
    if (e.shiftKey) return false;
    const typed = /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(e.code)?.[1];
    if (!typed) return false;
    switch (typed) {
      case 'S': return (this.totals = !this.totals), true;
      case 'H': return void this.history(), true;
      case 'P': return row && open(this.paper(row.claim, 'html'), '_blank', 'noreferrer'), true;
      case 'J': return this.look(this.line), true;
      case 'E': return row && this.line && this.edit(row.claim, this.line), true;
    }
    const act = row?.acts.find((a) => a.key === typed);
    if (act) this.take(act, row!.claim);
    return !!act || !['A', 'B', 'M', 'N'].includes(typed);
  }

  look(line: string | undefined) {
    this.looking = this.looking === line ? undefined : line;
  }

  edit(claim: Claim, line: string) {
    if (editable(claim, this.me)) this.form = { does: 'edit', claim, line };
  }

  paper = (c: Claim, file: 'html' | 'xlsx') => `/api/v1/claims/${encodeURIComponent(c.id)}/statement.${file}?lang=${say('claim.title') === '补偿' ? 'zh' : 'en'}`;

  journal = (c: Claim, signal: AbortSignal): Promise<Seen[]> => claimJournal(c.id, signal);

  /** Does a step, or asks what it takes. */
  take(a: ClaimAct, c: Claim) {
    if (!plain.includes(a.does)) return void (this.form = { does: a.does, claim: c });
    void this.send(a.command as 'claim.check', { claim: c.id, expect: { [`claim/${c.id}`]: c.version } }, c.id);
  }

  /** Computes a claim of a loan that is back, and opens it. */
  async collect(loan: string) {
    const done = await this.app.run('claim.collect', { loan }, { marks: [{ kind: 'loan', id: loan }], refused: (p) => (toast('bad', told(p), this.why(p)), true) });
    const made = done?.put?.find((r): r is Claim => r.kind === 'claim');
    if (!made) return;
    toast('good', say('claim.collected', { number: made.number, yuan: yuan(made.amount) }));
    this.show(made.id);
  }

  /** Gives the command; a refusal names what is in the way. */
  async send<N extends CommandName>(name: N, body: Commands[N], claim: string, refused?: (p: Problem) => void): Promise<boolean> {
    const done = await this.app.run(name, body, {
      marks: [{ kind: 'claim', id: claim }],
      refused: (p) => {
        if (refused) refused(p);
        else toast('bad', told(p), this.why(p));
        return true;
      },
    });
    // What is settled leaves the picture; it stays in sight as it is now.
    const closed = done?.put?.find((r): r is Claim => r.kind === 'claim' && r.state === 'closed');
    if (closed && this.settled) this.settled = [...this.settled, closed];
    return !!done;
  }

  why(p: Problem): string | undefined {
    return p.legal?.length ? say('legal', { list: legalWords(p) }) : undefined;
  }
}
