// The desk's hand on pooled forces: which request is open, which offer or loan
// is chosen, the form in front, and what a step does.
import type { Claim, CommandName, Commands, Incident, LineAsk, Loan, Offer, Problem, Ref, Request, Requisition } from '../api/types';
import { say, sayCode, span, told } from '../i18n';
import type { App } from '../session/app';
import { hasPartners } from '../store/agreements';
import { board, wider, type Act, type Aid, type Me, type Row } from '../store/aid';
import { listed, stepsOf, type RequisitionStep } from '../store/requisition';
import { legalWords, toast } from '../ui/toast';

/** What is asked before a step goes out. */
export type AidForm = Act & { aid: Aid; offer?: Offer; loan?: Loan; line?: string };

export interface Raising {
  incident: Incident;
  lines?: LineAsk[];
}

/** What is open in front about requisitions and messages. */
export type AidSheet =
  | { sheet: 'order'; incident: Incident }
  | { sheet: 'step'; step: RequisitionStep; of: Requisition }
  | { sheet: 'in'; request?: Request }
  | { sheet: 'write' | 'address'; request: Request };

/** Steps that ask nothing. */
const plain: Act['does'][] = ['submit', 'approve', 'widen', 'agree', 'collect'];

/** The letter of a step that has no digit; it holds for the request, or for the chosen offer or loan. */
export function letterOf(a: Act): string {
  switch (a.does) {
    case 'submit': return 'Z';
    case 'approve': return 'P';
    case 'return': return 'T';
    case 'widen': return 'W';
    case 'close': return 'C';
    case 'cancelRequest': return 'X';
    case 'edit': return 'E';
    case 'answer': return 'R';
    case 'answerFor': return 'Y';
    case 'order': return 'O';
    case 'commit': return 'M';
    case 'extend': return 'F';
    case 'recall': return 'H';
    case 'collect': return 'K';
    case 'advance': return a.to === 'in_transit' ? 'I' : a.to === 'on_loan' ? 'J' : a.to === 'releasing' ? 'G' : 'M';
    default: return 'D';
  }
}

export const placeOf = (a: Act) => (a.on.kind === 'request' ? (a.on.line ? `line/${a.on.line}` : 'request') : `${a.on.kind}/${a.on.id}`);

export class AidDesk {
  shown = $state(false);
  request: string | undefined = $state();
  /** The line, offer or loan whose letters hold: "offer/…". */
  chosen = $state('');
  form: AidForm | undefined = $state.raw();
  raising: Raising | undefined = $state.raw();
  /** The requisition that is shown in place of a request. */
  requisition: string | undefined = $state();
  sheet: AidSheet | undefined = $state.raw();

  readonly me: Me;
  /** Computes the claim of a loan; the desk's page of claims sets it. */
  collect: (loan: string) => void = () => undefined;
  /** The claims in the picture, by loan. */
  readonly claims: ReadonlyMap<string, Claim> = $derived.by(() => new Map(this.app.watch.all('claim').flatMap((c) => c.loans.map((l) => [l, c] as const))));
  readonly rows: Row[] = $derived.by(() => board(this.app.watch.all('request'), this.app.watch.all('offer'), this.app.watch.all('loan'), this.me, this.app.watch.now(), new Set(this.claims.keys())));
  readonly waiting = $derived(this.rows.reduce((n, r) => n + r.waiting, 0));
  readonly calls = $derived(this.rows.filter((r) => r.group === 'calls').length);

  readonly requisitions: Requisition[] = $derived.by(() => listed(this.app.watch.all('requisition'), this.app.watch.now()));

  constructor(readonly app: App) {
    const a = app.session.agency;
    this.me = { agency: a?.id ?? '', home: a?.scope.area ?? '', jurisdiction: a?.jurisdiction, name: app.session.person.name, may: (c) => app.may(c) };
  }

  /** Opens the board, at a request where one is named. */
  show(request?: string) {
    this.shown = true;
    if (request) this.choose(request);
    else if (!this.row() && !this.taken()) this.choose(this.rows[0]?.request.id, this.requisitions[0]?.id);
    this.chosen = '';
  }

  /** Opens the board at a requisition. */
  showRequisition(id: string) {
    this.shown = true;
    this.choose(undefined, id);
  }

  /** Puts a request into the detail, or else a requisition. */
  choose(request: string | undefined, requisition?: string) {
    this.request = request;
    this.requisition = request ? undefined : requisition;
    this.chosen = '';
  }

  /** The requisition that is shown. */
  taken(): Requisition | undefined {
    return this.requisition ? this.requisitions.find((q) => q.id === this.requisition) : undefined;
  }

  /** The steps of the requisition that is shown, each with its key. */
  stepKeys(q: Requisition): [RequisitionStep, string][] {
    const letter = { take: '1', return: '1', extend: 'F', cancel: 'X' } as const;
    return stepsOf(q, this.me).map((s) => [s, letter[s]]);
  }

  row(): Row | undefined {
    return this.rows.find((r) => r.request.id === this.request);
  }

  step(by: 1 | -1) {
    const all = [...this.rows.map((r) => r.request.id), ...this.requisitions.map((q) => q.id)];
    const at = all.indexOf(this.request ?? this.requisition ?? '');
    const to = Math.min(all.length - 1, Math.max(0, at + by));
    if (to < this.rows.length) this.choose(all[to]);
    else this.choose(undefined, all[to]);
  }

  /** The things of the open request that have steps, as they stand on the screen. */
  places(row: Row): string[] {
    return [...new Set(this.ordered(row).map(placeOf))].filter((p) => p !== 'request');
  }

  /** Steps in the order of the screen: the request's, then line by line. */
  ordered(row: Row): Act[] {
    const line = (a: Act) => (a.on.line ? row.request.lines.findIndex((l) => l.id === a.on.line) : -1);
    const kind = (a: Act) => ['request', 'offer', 'loan'].indexOf(a.on.kind);
    return [...row.acts].sort((a, b) => line(a) - line(b) || kind(a) - kind(b));
  }

  /** The key of each step: usual ones have digits from the top, the others letters where they hold. */
  keys(row: Row): Map<Act, string> {
    const out = new Map<Act, string>();
    let digit = 0;
    for (const a of this.ordered(row)) {
      const here = placeOf(a) === 'request' || placeOf(a) === this.chosen;
      if (a.usual && digit < 9) out.set(a, String(++digit));
      else if (here) out.set(a, letterOf(a));
    }
    return out;
  }

  /** A key while the board is open; true when it meant something. */
  key(e: KeyboardEvent, typing: boolean): boolean {
    if (!this.shown || e.isComposing || e.keyCode === 229 || e.ctrlKey || e.altKey || e.metaKey) return false;
    if (e.code === 'Escape') return (this.shown = false), true;
    if (typing) return false;
    if (e.code === 'ArrowUp' || e.code === 'ArrowDown') return this.step(e.code === 'ArrowUp' ? -1 : 1), true;
    const q = this.taken();
    if (q) {
      const key = /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(e.code)?.[1];
      const enter = e.code === 'Enter' && !(e.target instanceof HTMLElement && e.target.closest('button, a'));
      const step = e.shiftKey ? undefined : this.stepKeys(q).find(([s, k]) => k === key || (enter && (s === 'take' || s === 'return')))?.[0];
      if (step) this.sheet = { sheet: 'step', step, of: q };
      return !!step;
    }
    const row = this.row();
    // A focused button keeps its own Enter; else it does the usual step of what is chosen.
    if (e.code === 'Enter' || e.code === 'NumpadEnter') {
      if (e.target instanceof HTMLElement && e.target.closest('button, a')) return false;
      const usual = row && this.ordered(row).find((a) => a.usual && placeOf(a) === this.chosen);
      if (usual) this.take(usual, row);
      return true;
    }
    if (row && (e.code === 'ArrowLeft' || e.code === 'ArrowRight')) {
      const places = this.places(row);
      const at = places.indexOf(this.chosen);
      this.chosen = places[(at + (e.code === 'ArrowRight' ? 1 : places.length - (at < 0 ? 0 : 1))) % places.length] ?? '';
      document.querySelector(`[data-place="${this.chosen}"]`)?.scrollIntoView({ block: 'nearest' });
      return true;
    }
    if (e.shiftKey) return false;
    const typed = /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(e.code)?.[1];
    if (!typed) return false;
    const act = row && [...this.keys(row)].find(([, k]) => k === typed)?.[0];
    // A letter that stands on a button does that and nothing else; A and N stay the desk's own.
    if (act) this.take(act, row!);
    return !!act || !['A', 'N', 'B'].includes(typed);
  }

  /** Does a step, or asks what it takes. */
  take(a: Act, row: Aid) {
    const r = row.request;
    const loan = row.loans.find((l) => l.id === a.on.id);
    const expect = { [`request/${r.id}`]: r.version };
    const team = loan?.resource.kind === 'team';
    if (plain.includes(a.does) || (a.does === 'advance' && (a.to === 'mobilising' || (team && a.to !== 'in_transit')))) {
      switch (a.does) {
        case 'widen': return void this.send('request.widen', { request: r.id }, a);
        case 'collect': return this.collect(a.on.id);
        case 'agree': return void this.send('loan.answer', { loan: a.on.id, agree: true }, a);
        case 'advance': return void this.send('loan.advance', { loan: a.on.id, from: loan!.state as 'committed', to: a.to! }, a);
        default: return void this.send(a.command as 'request.submit', { request: r.id, expect }, a);
      }
    }
    this.form = { ...a, aid: row, offer: row.offers.find((o) => o.id === a.on.id), loan, line: a.on.line };
  }

  /** Gives the command; a refusal names what is in the way. */
  async send<N extends CommandName>(name: N, body: Commands[N], a?: Act, refused?: (p: Problem) => void): Promise<boolean> {
    const marks: Ref[] = a ? [{ kind: a.on.kind, id: a.on.id }] : [];
    const done = await this.app.run(name, body, {
      marks,
      refused: (p) => {
        if (refused) refused(p);
        else toast('bad', told(p), this.why(p));
        return true;
      },
    });
    return !!done;
  }

  /** What is legal and what is in the way, in words. */
  why(p: Problem): string | undefined {
    const out = [];
    if (p.legal?.length) out.push(say('legal', { list: legalWords(p) }));
    if (p.blockers?.length) out.push(say('blockers', { list: p.blockers.map((b) => this.nameOf(b)).join('、') }));
    return out.join(' · ') || undefined;
  }

  nameOf(r: Ref): string {
    const { store } = this.app;
    switch (r.kind) {
      case 'loan': {
        const l = store.get('loan', r.id);
        return l ? `${l.name} ${sayCode('loan.state', l.state)}` : say('kind.loan');
      }
      case 'offer': {
        const o = store.get('offer', r.id);
        return o ? `${this.app.agencyName(o.scope.agency)} ${sayCode('offer.state', o.state)}` : say('kind.offer');
      }
      case 'task': {
        const t = store.get('task', r.id);
        return t ? `${store.get('team', t.team)?.call_sign ?? ''} ${sayCode('task.state', t.state)}` : say('kind.task');
      }
      case 'incident': return store.get('incident', r.id)?.title ?? say('kind.incident');
      case 'team': return store.get('team', r.id)?.call_sign ?? say('kind.team');
      case 'request': return store.get('request', r.id)?.number ?? say('kind.request');
    }
    return sayCode('kind', r.kind);
  }

  /** What a line asks for, in words. */
  thing(l: { capability?: string; item?: string }): string {
    if (l.capability) return this.app.capabilityName(l.capability);
    const known = [...this.app.store.all('stock'), ...this.app.store.all('equipment')].find((s) => s.type === l.item);
    return known?.name ?? l.item ?? '';
  }

  /** Of what: teams are counted in the words of the screen, supplies in their own unit. */
  unit(l: { capability?: string; unit?: string }, n = 2): string {
    return l.capability && (l.unit ?? '支') === '支' ? say(n === 1 ? 'aid.team' : 'aid.teams') : (l.unit ?? '');
  }

  ask(l: LineAsk): string {
    return `${this.thing(l)} ${l.max} ${this.unit(l, l.max)}`.trim();
  }

  word(a: Act, row: Aid): string {
    switch (a.does) {
      case 'approve': return say(row.request.state === 'expired' ? 'aid.do.reopen' : 'aid.do.approve');
      case 'widen': {
        const next = wider(row.request.ring) ?? 'province';
        // Without partners the server goes on to those who are near.
        const skips = next === 'partners' && !hasPartners(this.app.store.all('agreement'), row.request.scope.agency, this.app.clock.now());
        return say('aid.do.widen', { ring: sayCode('ring', skips ? 'range' : next) });
      }
      case 'cancelOffer': return say(row.offers.find((o) => o.id === a.on.id)?.state === 'made' ? 'aid.do.turnDown' : 'aid.do.cancelOffer');
      case 'commit': return say(row.request.lines.find((l) => l.id === a.on.line)?.item ? 'aid.do.commitItem' : 'aid.do.commit');
      case 'advance': return say(`aid.do.${a.to as 'mobilising' | 'in_transit' | 'on_loan' | 'releasing' | 'returned'}`);
      default: return say(`aid.do.${a.does}`);
    }
  }

  /** Gives the request that was filled in, or typed into the command bar. */
  async raise(body: Commands['request.raise'], refused?: (p: Problem) => void): Promise<boolean> {
    const done = await this.app.run('request.raise', body, {
      marks: [{ kind: 'incident', id: body.incident }],
      ...(refused ? { refused: (p: Problem) => (refused(p), true) } : {}),
    });
    const made = done?.put?.find((r): r is Request => r.kind === 'request');
    if (!done) return false;
    if (made) {
      this.request = made.id;
      const holes = { number: made.number, ring: sayCode('ring', made.ring ?? 'county') };
      toast('good', say(made.state === 'open' ? 'raise.doneOpen' : made.state === 'draft' ? 'raise.doneDraft' : 'raise.done', holes));
    }
    return true;
  }
}

/** mm:ss until a time; '' when it is over. */
export const until = (iso: string | undefined, now: number): string => {
  const s = iso ? (Date.parse(iso) - now) / 1000 : 0;
  return s > 0 ? span(s) : '';
};
