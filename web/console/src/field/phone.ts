// The phone: everything that runs behind the pages, wired together. It works
// the same with and without a network; what is old is said to be old.

import { leave as leaving, Refused } from '../api/http';
import { vocabulary as readVocabulary, type Vocabulary } from '../api/reads';
import * as session from '../api/session';
import type { AnyRecord, Commands, CommandName, Kind, Session, Task } from '../api/types';
import { setZone } from '../i18n';
import { Clock, drillClock } from '../store/clock';
import { Live } from '../store/live';
import { Positions } from '../store/positions';
import { Store } from '../store/store';
import { Locate } from './locate';
import { Outbox } from './outbox';
import { Diary } from './diary';
import { overtaken, project, type Projected } from './project';
import type { Row } from './row';
import { sendRow } from './send';
import { Storage } from './storage';
import { Wake } from './wake';
import { w } from './words';

/** Who was signed in last: enough to work offline, nothing that opens a door. */
export interface Identity {
  person: string;
  name: string;
  team: string;
  agency: string;
  agencyName: string;
  agencyPhone: string;
  /** Where the phone was last: live when left out. */
  realm?: string;
  /** The drill that the person judges; a leader's is ''. */
  judges?: string;
}

/** The picture as it was kept. */
interface Kept {
  person: string;
  /** Server's clock, ms. */
  at: number;
  records: AnyRecord[];
}

export interface Prefs {
  share: boolean;
  theme: 'day' | 'dark';
  /** Messages up to this time (server's clock, ms) are read. */
  read: number;
}

const PREFS: Prefs = { share: false, theme: 'day', read: 0 };

/** What the picture keeps: the leader's own work, not the whole city. */
const KEPT: readonly Kind[] = ['drill', 'part', 'incident', 'fence', 'task', 'note', 'stay', 'alarm', 'team', 'loan', 'agency'];

/** Commands that count when they arrive: they have no time of the tap. */
const timeless: ReadonlySet<CommandName> = new Set(['team.duty', 'task.correct', 'part.confirm', 'alarm.acknowledge']);

const KEPT_JUDGE: readonly Kind[] = ['drill', 'agency', 'objective', 'inject', 'observation'];

export type Phase = 'starting' | 'signed-out' | 'in';

export class Phone {
  phase: Phase = 'starting';
  identity: Identity | undefined;
  session: Session | undefined;
  prefs: Prefs = PREFS;
  vocabulary: Vocabulary | undefined;
  /** When the server took the last call for help, its clock, ms; 0 when none. */
  distressSent = 0;
  /** The phone cannot keep anything: taps live only as long as the page. */
  forgetful = false;
  /** Rows the server took, whose change the picture does not hold yet. */
  private taken: { row: Row; seq: number }[] = [];
  /** Server's clock, ms, when the picture was last true. */
  private pictureAt = 0;
  private keptAt = 0;
  private dirty = false;

  readonly clock = new Clock();
  readonly positions = new Positions();
  readonly store = new Store();
  readonly live = new Live({ store: this.store, positions: this.positions, clock: this.clock });
  readonly outbox: Outbox;
  readonly locate: Locate;
  readonly wake: Wake;
  readonly diary = new Diary(this.store, () => this.identity, () => this.tell());
  private readonly listeners = new Set<() => void>();

  private constructor(readonly storage: Storage, private offset: number) {
    this.outbox = new Outbox({
      rows: storage,
      send: sendRow,
      person: () => (this.phase === 'in' ? this.identity?.person : undefined),
      now: Date.now,
      online: () => navigator.onLine,
      realm: () => this.session?.realm ?? this.identity?.realm ?? 'live',
      shown: (at) => this.clock.shown(at + this.clockOffset()),
      overtaken: (row, p) => overtaken(row, p.code, (p.current as Task | undefined) ?? this.store.get('task', String(row.body.task)) ?? this.store.get('loan', String(row.body.loan))),
      alone: (work) => (navigator.locks ? navigator.locks.request('liandong-outbox', { ifAvailable: true }, (lock) => (lock ? work() : undefined)) : work()) as Promise<void>,
      after: (ms, f) => {
        const t = setTimeout(f, ms);
        return () => clearTimeout(t);
      },
      newKey: () => crypto.randomUUID(),
      changed: () => this.tell(),
      done: (row, seq) => this.took(row, seq),
    });
    this.locate = new Locate({
      geolocation: navigator.geolocation,
      now: Date.now,
      send: (f, id) => this.live.report({
        id,
        lon: f.lon, lat: f.lat, accuracy: f.accuracy, ...(f.speed === null ? {} : { speed: f.speed }), ...(f.heading === null ? {} : { heading: f.heading }),
        at: new Date(this.clock.shown(f.at + this.clockOffset())).toISOString(),
      }),
      changed: () => this.tell(),
    });
    this.wake = new Wake({
      request: 'wakeLock' in navigator ? () => navigator.wakeLock.request('screen') : undefined,
      visible: () => document.visibilityState === 'visible',
    }, () => this.tell());
  }

  static async open(): Promise<Phone> {
    const { storage, forgetful } = await Storage.open();
    const phone = new Phone(storage, (await storage.read<number>('offset')) ?? 0);
    phone.forgetful = forgetful;
    phone.prefs = { ...PREFS, ...(await storage.read<Partial<Prefs>>('prefs')) };
    phone.vocabulary = await storage.read<Vocabulary>('vocabulary');
    phone.identity = await storage.read<Identity>('identity');
    // Times are the city's, also on a phone set to another zone and without a network.
    setZone(await storage.read<string>('zone'));
    await phone.outbox.load();
    await phone.start();
    return phone;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Keeps the phone's promise to tell; call after anything the pages show has moved. */
  tell(): void {
    for (const l of [...this.listeners]) l();
  }

  private async start(): Promise<void> {
    this.store.subscribe((dirty) => {
      if (dirty.has('drill')) this.clock.drill = drillClock(this.store.all('drill')[0]);
      this.dirty = true;
      this.tell();
    });
    let was = this.live.phase;
    this.live.subscribe(() => {
      const now = this.live.phase;
      if (now === 'live' && was !== 'live') {
        void this.outbox.hurry();
        this.locate.reconnected();
        this.diary.remember();
        void this.diary.readToday(this.now());
      }
      if (now === 'signed-out') this.leave();
      was = now;
      this.tell();
    });
    this.live.onChange((c) => this.diary.heard(c));
    this.live.placed = (id) => this.locate.stored(id);
    const wake = () => {
      if (document.visibilityState !== 'visible') return void this.keep();
      void this.outbox.hurry();
      void this.wake.again();
    };
    document.addEventListener('visibilitychange', wake);
    addEventListener('pagehide', () => void this.keep());
    addEventListener('online', () => void this.outbox.hurry());
    this.clock.subscribe(() => this.tick());

    if (this.identity?.team || this.identity?.judges) {
      const kept = await this.storage.read<Kept>('picture');
      if (kept?.person === this.identity.person) {
        this.pictureAt = kept.at;
        this.store.apply(kept.records);
      }
      this.enter();
    }
    try {
      await this.came(await session.current());
    } catch (e) {
      if (e instanceof Refused && e.problem.code === 'auth') this.leave();
      else if (!this.identity) this.phase = 'signed-out';
    }
    this.tell();
  }

  async signIn(login: string, password: string): Promise<void> {
    // Who leads no team may have a drill to judge.
    const s = await session.signIn(login, password, 'leader').catch((e) => {
      if (e instanceof Refused && e.problem.field === 'role') return session.signIn(login, password);
      throw e;
    });
    await this.came(s);
  }

  /** Goes into a drill to judge it or to lead a team in it, or with '' back to what is real. */
  async join(drill: string): Promise<void> {
    await this.came(await session.join(drill));
    leaving(false); // the page stays
  }

  /** Writes down what was seen at a moment of the drill's clock, ms; it is safe on the phone when this resolves. */
  async observe(body: Commands['observation.add'], at = this.now()): Promise<Row> {
    return this.outbox.add('observation.add', { ...body, event_time: new Date(at).toISOString() }, { event: false });
  }

  /** Writes an observation of one's own anew; when it was seen stays. */
  async revise(body: Commands['observation.edit']): Promise<Row> {
    return this.outbox.add('observation.edit', body, { event: false });
  }

  /** Taps of a command that the picture does not hold yet. */
  taps(command: CommandName): Row[] {
    return [...this.taken.map((t) => t.row), ...this.outbox.rows.filter((r) => r.person === this.identity?.person)].filter((r) => r.command === command);
  }

  async takeLeader(): Promise<void> {
    await this.came(await session.takeRole('leader'));
  }

  async signOut(): Promise<void> {
    await session.signOut().catch(() => {});
    this.live.stop();
    await this.storage.erase('identity');
    await this.storage.erase('picture');
    this.store.replace([]);
    this.identity = undefined;
    this.session = undefined;
    this.pictureAt = 0;
    this.leave();
  }

  async changePassword(old: string, fresh: string): Promise<void> {
    await session.changePassword(old, fresh);
    await this.came(await session.current());
  }

  /** Takes down a tap; it is safe on the phone when this resolves. */
  async act<N extends CommandName>(name: N, body: Commands[N], extra: { photo?: Blob; urgent?: boolean } = {}): Promise<Row> {
    return this.outbox.add(name, body as Record<string, unknown>, { ...extra, event: !timeless.has(name) });
  }

  async setPrefs(p: Partial<Prefs>): Promise<void> {
    this.prefs = { ...this.prefs, ...p };
    this.tell();
    this.tick();
    await this.storage.write('prefs', this.prefs);
  }

  /** The task as the leader should see it: the record and the taps on top of it. */
  projected(task: Task): Projected {
    const rows = [...this.taken.map((t) => t.row), ...this.outbox.rows.filter((r) => r.person === this.identity?.person)];
    return project(task, rows, (type, state) => this.movesOf(type, state)[0] ?? '');
  }

  /** Taps on a loan that its record may not show yet. */
  loanRows(loan: string): Row[] {
    return [...this.taken.map((t) => t.row), ...this.outbox.rows.filter((r) => r.person === this.identity?.person)].filter((r) => r.body.loan === loan);
  }

  /** Legal moves of a task of that type in that state, the usual one first. */
  movesOf(type: string, state: string): string[] {
    const tables = this.vocabulary?.moves as { task?: Record<string, Record<string, string[]>> } | undefined;
    return tables?.task?.[type]?.[state] ?? [];
  }

  dutiesFrom(duty: string): string[] {
    return (this.vocabulary?.moves as { duty?: Record<string, string[]> } | undefined)?.duty?.[duty] ?? [];
  }

  /** live: following. late: older than 5 s. connecting: not yet there. offline: the picture is old. */
  linkState(): 'live' | 'late' | 'connecting' | 'offline' {
    const age = this.age();
    // The phone knows of its own dead radio before the socket does.
    if (!navigator.onLine) return 'offline';
    if (this.live.phase === 'live') return age !== undefined && age > 15 ? 'offline' : age !== undefined && age > 5 ? 'late' : 'live';
    return age === undefined ? (this.live.problem ? 'offline' : 'connecting') : age > 15 ? 'offline' : 'connecting';
  }

  /** Calls for help for the team itself, with the last fix where there is one. */
  async help(): Promise<void> {
    const team = this.identity?.team;
    if (!team) return;
    this.distressSent = 0;
    const f = this.locate.last;
    const place = f && Date.now() - f.at < 600_000 ? { point: [f.lon, f.lat] as [number, number], text: `±${Math.round(f.accuracy)} m`, source: 'phone' } : undefined;
    await this.act('team.distress', { team, ...(place ? { place } : {}) }, { urgent: true });
  }

  /** The desk entered a step first: tells the leader's own time as a correction. */
  async correct(row: Row): Promise<void> {
    await this.act('task.correct', { task: String(row.body.task), state: String(row.body.to) as Task['state'], time: row.event_time, reason: w('box.mineWhy') });
    await this.outbox.discard(row, false);
  }

  /** Seconds since the picture was last true; undefined when there is none. */
  age(): number | undefined {
    if (this.live.phase === 'live' || this.live.seq > 0) return this.live.age();
    return this.pictureAt ? Math.max(0, this.clock.server() + (this.clockHeard() ? 0 : this.offset) - this.pictureAt) / 1000 : undefined;
  }

  private clockHeard(): boolean {
    return this.live.seq > 0;
  }

  /** Server clock minus phone clock, ms: as heard, else as last known. */
  private clockOffset(): number {
    return this.clockHeard() ? Math.round(this.clock.server() - Date.now()) : this.offset;
  }

  /** Now on the realm's clock, as well as the phone knows it: the server's, or a drill's. */
  now(): number {
    return this.clock.shown(Date.now() + this.clockOffset());
  }

  private async came(s: Session): Promise<void> {
    this.session = s;
    const judges = s.role === 'evaluator' ? s.realm.replace('drill:', '') : '';
    const team = judges ? '' : (s.part?.team ?? s.person.team ?? '');
    if (s.must_change || (!judges && (s.role !== 'leader' || !team))) {
      this.phase = 'signed-out';
      this.tell();
      return;
    }
    const changed = this.identity?.person !== s.person.id || this.identity.team !== team || (this.identity.realm ?? 'live') !== s.realm;
    if (changed) {
      await this.storage.erase('picture');
      this.store.replace([]);
      this.pictureAt = 0;
    }
    this.identity = {
      person: s.person.id, name: s.person.name, team, judges, realm: s.realm, agency: s.agency?.id ?? '',
      agencyName: s.agency?.short ?? s.agency?.name ?? '', agencyPhone: s.agency?.phone ?? '',
    };
    await this.storage.write('identity', this.identity);
    void navigator.storage?.persist?.();
    if (this.phase !== 'in' || changed) this.enter();
    void this.outbox.signedIn();
    const house = await session.settings().catch(() => undefined);
    if (house?.zone) {
      setZone(house.zone);
      await this.storage.write('zone', house.zone);
    }
    if (await readVocabulary().then((v) => (this.vocabulary = v), () => undefined)) await this.storage.write('vocabulary', this.vocabulary);
    this.tell();
  }

  private enter(): void {
    this.phase = 'in';
    this.live.stop();
    this.live.start();
    this.tick();
  }

  private leave(): void {
    this.phase = 'signed-out';
    this.live.stop();
    this.locate.stop();
    void this.wake.set(false);
    this.tell();
  }

  private took(row: Row, seq: number): void {
    if (row.command === 'team.distress') this.distressSent = this.now();
    const entry = { row, seq };
    this.taken = [...this.taken, entry];
    void this.live.reached(seq).then(() => {
      this.taken = this.taken.filter((t) => t !== entry);
      this.tell();
    });
  }

  /** Once a second. */
  private tick(): void {
    if (this.phase === 'in') {
      const open = this.store.all('task').some((t) => t.team === this.identity?.team && t.next !== undefined && t.state !== 'proposed');
      if (this.prefs.share) {
        this.locate.start();
        this.locate.tick();
      } else if (this.locate.state !== 'off') this.locate.stop();
      if (open !== this.wanted) {
        this.wanted = open;
        void this.wake.set(open);
      }
      this.ask();
      if (this.dirty || Date.now() - this.keptAt > 15_000) void this.keep();
    }
    this.tell();
  }

  private wanted = false;
  private asked = 0;

  /** A socket that is refused looks like a cut: only a read tells that the session has ended. */
  private ask(): void {
    const cut = this.live.phase === 'cut' && this.live.age() > 20;
    if (!cut || !navigator.onLine || Date.now() - this.asked < 30_000) return;
    this.asked = Date.now();
    void session.current().catch((e) => {
      if (e instanceof Refused && e.problem.code === 'auth') this.leave();
    });
  }

  /** Keeps the picture on the phone. */
  private async keep(): Promise<void> {
    if (this.live.seq === 0 || !this.identity) return;
    this.dirty = false;
    this.keptAt = Date.now();
    const judge = this.identity.judges;
    const records = judge ? KEPT_JUDGE.flatMap((k) => this.store.all(k) as AnyRecord[]) : KEPT.flatMap((k) => this.store.all(k) as AnyRecord[]).filter((r) => (r.kind === 'agency' ? this.store.all('loan').some((l) => l.receiver === r.id) : r.kind !== 'team' || r.id === this.identity?.team));
    const at = this.clock.server() - this.live.age() * 1000;
    this.pictureAt = at;
    this.offset = this.clockOffset();
    await this.storage.write('picture', { person: this.identity.person, at, records } satisfies Kept);
    await this.storage.write('offset', this.offset);
  }
}
