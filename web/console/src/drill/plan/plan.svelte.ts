// The planner's hand on a drill: what is chosen and open, and every change of the
// script with what takes it back.
import type { Clause, Inject, InjectBody } from '../../api/drill';
import type { Problem } from '../../api/types';
import { told } from '../../i18n';
import type { App } from '../../session/app';
import { toast } from '../../ui/toast';
import { lang } from '../../ui/watch';
import { bodyOf, byNumber, clock, copyOf, Undo } from './script';
import { w, wc } from './words';

type Back = () => Promise<unknown>;

export class Planning {
  /** The inject that is chosen, in table and timeline alike. */
  chosen = $state('');
  /** The one whose form is open; '' is a new one. */
  form: string | undefined = $state();
  /** How many changes can be taken back, those counted that the server has not answered. */
  undos = $state(0);
  readonly #undo = new Undo<Back>();
  #pending = 0;
  /** Whether the change given last was done, once that is known of it and of all before. */
  #given: Promise<boolean> = Promise.resolve(true);

  constructor(readonly app: App) {}

  readonly injects = $derived.by(() => this.app.watch.all('inject').toSorted(byNumber));
  readonly objectives = $derived.by(() => this.app.watch.all('objective').toSorted((a, b) => a.number - b.number));
  readonly parts = $derived.by(() => this.app.watch.all('part').toSorted((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role) || a.name.localeCompare(b.name, 'zh')));

  /** Whether the script may be written at all. */
  get writes(): boolean {
    const d = this.app.drill();
    return this.app.may('inject.save') && !!d && !['ended', 'evaluated', 'improvements_open', 'closed', 'cancelled'].includes(d.state);
  }

  inject(id: string): Inject | undefined {
    return this.app.watch.get('inject', id);
  }

  /** Saves a line; one that is there already as it was seen. */
  save(body: InjectBody, refused?: (p: Problem) => boolean | void): Promise<string | undefined> {
    return this.#give(() => this.#save(body, refused));
  }

  async #save(body: InjectBody, refused?: (p: Problem) => boolean | void): Promise<string | undefined> {
    const before = body.inject ? this.app.store.get('inject', body.inject) : undefined;
    const done = await this.app.run('inject.save', { ...body, ...(before && { expect: { [`inject/${before.id}`]: before.version } }) }, {
      marks: [before && { kind: 'inject', id: before.id }], refused,
    });
    if (!done) return undefined;
    const id = body.inject ?? done.put?.find((r) => r.kind === 'inject')?.id;
    if (before) {
      const was = bodyOf(before);
      this.#back(() => this.app.run('inject.save', was));
    } else if (id) {
      this.chosen = id;
      this.#back(() => this.app.run('inject.remove', { inject: id }));
    }
    return id;
  }

  remove(i: Inject): Promise<boolean> {
    return this.#give(() => this.#remove(i));
  }

  async #remove(i: Inject) {
    const done = await this.app.run('inject.remove', { inject: i.id }, { marks: [{ kind: 'inject', id: i.id }] });
    if (!done) return false;
    const list = this.injects;
    this.chosen = list[Math.min(list.findIndex((x) => x.id === i.id) + 1, list.length - 1)]?.id ?? '';
    const was = { ...copyOf(i), number: i.number };
    this.#back(() => this.app.run('inject.save', was));
    toast('plain', w('removed', { number: i.number }));
    return true;
  }

  /** A new line after the last one, or a copy. */
  async add(from?: Inject) {
    const last = this.injects.filter((x) => x.trigger.type === 'timed').at(-1);
    await this.save(from ? copyOf(from) : { type: 'information', method: 'phone', text: w('newText'), trigger: { type: 'timed', offset: (last?.trigger.offset ?? 0) + (last ? 300 : 0) } });
  }

  /** Takes back the change that was given last, also where its answer is under way; nothing where it is refused. */
  async undo() {
    if (this.#pending && !(await this.#given)) return;
    const back = this.#undo.pop();
    this.#count();
    if (back && (await back())) toast('plain', w('undone'));
  }

  #give<T>(change: () => Promise<T>): Promise<T> {
    this.#pending++;
    this.#count();
    const done = change().finally(() => {
      this.#pending--;
      this.#count();
    });
    this.#given = Promise.allSettled([done, this.#given]).then(([mine]) => mine.status === 'fulfilled' && !!mine.value);
    return done;
  }

  #back(b: Back) {
    this.#undo.push(b);
    this.#count();
  }

  #count() {
    this.undos = this.#undo.size + this.#pending;
  }
}

export const roles = ['director', 'controller', 'evaluator', 'chief', 'dispatcher', 'leader', 'observer'] as const;

export const sentence = (p: Problem) => (lang(), told(p));

/** A clause of a condition in words. */
export function said(app: App, c: Clause): string {
  if (c.inject) return `#${app.watch.get('inject', c.inject)?.number ?? '?'} ${wc('state', c.state ?? '')}`;
  const command = app.vocabulary.commands.find((x) => x.name === c.command);
  const name = (lang() === 'zh' ? command?.zh : command?.name) ?? c.command ?? '';
  const who = c.agency ? `${app.agencyName(c.agency)} ` : '';
  return c.not ? w('said.not', { what: who + name, at: clock(c.within ?? 0) }) : who + name;
}
