// The lists of base data: which columns they show, which fields their forms
// have and which command saves them.
import type { Agency, AnyRecord, CommandName, Depot, Device, Equipment, Hazard, Kind, Person, Rate, Role, Stock, Team } from '../api/types';
import { dayTime } from '../i18n';
import type { App } from '../session/app';
import { yuan } from '../store/claim';
import { tc } from '../ui/watch';
import type { Choice, Field } from './form';
import { w, wc, type Word } from './words';

export interface Column<R> {
  label: Word;
  text: (r: R, app: App) => string;
  /** Figures stand at the right. */
  figure?: boolean;
  /** Says in words and colour that something is amiss. */
  amiss?: (r: R) => boolean;
}

export interface Noun<R extends AnyRecord = AnyRecord> {
  kind: Kind;
  save: CommandName;
  name: (r: R) => string;
  /** Everything the search looks through. */
  find: (r: R, app: App) => (string | undefined)[];
  columns: Column<R>[];
  fields: Field[];
  /** The list for files; not for accounts. */
  exported?: boolean;
}

/** The record as its form wants it: scope's agency and area are fields of the command. */
export const flat = (r: AnyRecord): Record<string, unknown> => ({ ...(r as unknown as Record<string, unknown>), agency: r.scope.agency, area: r.scope.area });

const coded = (family: string, codes: readonly string[]): (() => Choice[]) => () => codes.map((value) => ({ value, label: tc(family, value) }));
const own = (family: string, codes: readonly string[]): (() => Choice[]) => () => codes.map((value) => ({ value, label: wc(family, value) }));

export const roles: Role[] = ['dispatcher', 'chief', 'leader', 'observer', 'planner', 'admin'];
const teamTypes = ['fire', 'medical', 'hazmat', 'mine', 'water', 'traffic', 'power', 'social', 'command', 'other'];

// The agency is chosen once; a record is not moved to another by an edit.
const agency: Field = { as: 'ref', kind: 'agency', name: 'agency', label: 'f.agency', hint: 'f.agencyHint', fresh: true };
const area: Field = { as: 'text', name: 'area', label: 'f.area', hint: 'f.areaHint', max: 12, fresh: true };
const phone: Field = { as: 'text', name: 'phone', label: 'f.phone', max: 40, type: 'tel' };
const place: Field = { as: 'place', name: 'place', label: 'f.place', wide: true };
const depot: Field = { as: 'ref', kind: 'depot', name: 'depot', label: 'f.depot' };
const capabilities: Field = { as: 'capabilities', name: 'capabilities', label: 'f.capabilities', wide: true };
const name = (max: number, label: Word = 'f.name'): Field => ({ as: 'text', name: 'name', label, max, required: true });

const agencyOf = (r: AnyRecord, app: App) => app.agencyName(r.scope.agency);
const depotOf = (r: { depot?: string }, app: App) => app.watch.get('depot', r.depot)?.name ?? r.depot ?? '';
const byAgency = { label: 'f.agency', text: agencyOf } as const;

export const person: Noun<Person> = {
  kind: 'person',
  save: 'person.save',
  name: (r) => r.name,
  find: (r, app) => [r.name, r.login, r.post, r.phone, agencyOf(r, app), app.watch.get('team', r.team)?.call_sign],
  columns: [
    { label: 'f.personName', text: (r) => r.name },
    { label: 'f.login', text: (r) => r.login ?? '' },
    { label: 'f.roles', text: (r) => r.roles.map((x) => tc('role', x)).join(' · ') },
    byAgency,
    { label: 'f.team', text: (r, app) => app.watch.get('team', r.team)?.call_sign ?? '' },
  ],
  fields: [
    name(60, 'f.personName'),
    { as: 'text', name: 'login', label: 'f.login', hint: 'f.loginHint', max: 40, lower: true },
    { as: 'several', name: 'roles', label: 'f.roles', choices: coded('role', roles), required: true, wide: true },
    { as: 'ref', kind: 'team', name: 'team', label: 'f.leaderTeam', hint: 'f.leaderTeamHint' },
    agency,
    { as: 'text', name: 'post', label: 'f.post', max: 60 },
    phone,
    { as: 'check', name: 'locked', label: 'f.locked', hint: 'f.lockedHint' },
  ],
};

export const device: Noun<Device> = {
  kind: 'device',
  save: 'device.save',
  name: (r) => r.name,
  find: (r, app) => [r.name, r.id, r.identifier, r.terminal, app.watch.get('team', r.team)?.call_sign, app.watch.get('team', r.team)?.name],
  columns: [
    { label: 'f.name', text: (r) => r.name },
    { label: 'f.team', text: (r, app) => app.watch.get('team', r.team)?.call_sign ?? r.team },
    { label: 'f.protocol', text: (r) => [wc('protocol', r.protocol), r.identifier].filter(Boolean).join(' ') },
  ],
  fields: [
    name(60),
    { as: 'ref', kind: 'team', name: 'team', label: 'f.team', required: true },
    { as: 'choice', name: 'protocol', label: 'f.protocol', hint: 'f.protocolHint', choices: own('protocol', ['osmand', 'owntracks', 'phone', 'cot', 'jt808']), required: true },
    { as: 'text', name: 'identifier', label: 'f.identifier', hint: 'f.identifierHint', max: 20, type: 'tel' },
    { as: 'date', name: 'expires', label: 'f.deviceExpires', hint: 'f.deviceExpiresHint' },
  ],
};

export const agencies: Noun<Agency> = {
  kind: 'agency',
  save: 'agency.save',
  exported: true,
  name: (r) => r.name,
  find: (r) => [r.name, r.short, r.initials, r.scope.area, r.phone],
  columns: [
    { label: 'f.name', text: (r) => r.name },
    { label: 'f.short', text: (r) => r.short ?? '' },
    { label: 'f.type', text: (r) => tc('agency.type', r.type) },
    { label: 'f.area', text: (r) => r.scope.area ?? '' },
    { label: 'f.jurisdiction', text: (r) => r.jurisdiction ?? '' },
    { label: 'f.phone', text: (r) => r.phone ?? '' },
  ],
  fields: [
    { ...name(80), wide: true },
    { as: 'text', name: 'short', label: 'f.short', max: 20 },
    { as: 'choice', name: 'type', label: 'f.type', choices: coded('agency.type', ['government', 'enterprise', 'social', 'neighbour']), required: true },
    { ...area, hint: 'f.areaNeeded', required: true },
    { as: 'text', name: 'jurisdiction', label: 'f.jurisdiction', hint: 'f.jurisdictionHint', max: 12 },
    phone,
    place,
  ],
};

export const teams: Noun<Team> = {
  kind: 'team',
  save: 'team.save',
  exported: true,
  name: (r) => r.call_sign,
  find: (r, app) => [r.name, r.call_sign, r.initials, agencyOf(r, app), r.leader],
  columns: [
    { label: 'f.callSign', text: (r) => r.call_sign },
    { label: 'f.name', text: (r) => r.name },
    { label: 'f.type', text: (r) => tc('team.type', r.type) },
    byAgency,
    { label: 'f.seatsMin', text: (r) => `${r.seats_min}–${r.seats_full}`, figure: true },
    { label: 'f.capabilities', text: (r, app) => (r.capabilities ?? []).map((c) => app.capabilityName(c.code)).join('、') },
    { label: 'f.status', text: (r) => (r.retired ? w('f.retired') : tc('team.status', r.status)) },
  ],
  fields: [
    name(80),
    { as: 'text', name: 'call_sign', label: 'f.callSign', max: 40, required: true },
    { as: 'choice', name: 'type', label: 'f.type', choices: coded('team.type', teamTypes), required: true },
    agency,
    { as: 'whole', name: 'seats_min', label: 'f.seatsMin', required: true },
    { as: 'whole', name: 'seats_full', label: 'f.seatsFull', required: true },
    capabilities,
    { ...place, name: 'base', label: 'f.base' },
    depot,
    { as: 'whole', name: 'speed', label: 'f.speed' },
    { as: 'text', name: 'leader', label: 'f.leader', max: 60 },
    phone,
    area,
    { as: 'check', name: 'multi_assign', label: 'f.multi', hint: 'f.multiHint' },
    { as: 'check', name: 'retired', label: 'f.retired' },
  ],
};

export const depots: Noun<Depot> = {
  kind: 'depot',
  save: 'depot.save',
  exported: true,
  name: (r) => r.name,
  find: (r, app) => [r.name, r.initials, r.keeper, r.place.text, agencyOf(r, app)],
  columns: [
    { label: 'f.name', text: (r) => r.name },
    { label: 'f.type', text: (r) => tc('depot.type', r.type) },
    byAgency,
    { label: 'f.place', text: (r) => r.place.text ?? '' },
    { label: 'f.keeper', text: (r) => r.keeper ?? '' },
    { label: 'f.phone', text: (r) => r.phone ?? '' },
  ],
  fields: [
    { ...name(80), wide: true },
    { as: 'choice', name: 'type', label: 'f.type', choices: coded('depot.type', ['station', 'warehouse', 'hospital', 'post']), required: true },
    agency,
    place,
    { as: 'text', name: 'keeper', label: 'f.keeper', max: 60 },
    phone,
    area,
  ],
};

export const equipment: Noun<Equipment> = {
  kind: 'equipment',
  save: 'equipment.save',
  exported: true,
  name: (r) => r.name,
  find: (r, app) => [r.name, r.initials, r.serial, r.type, depotOf(r, app), agencyOf(r, app)],
  columns: [
    { label: 'f.name', text: (r) => r.name },
    { label: 'f.serial', text: (r) => r.serial ?? '' },
    { label: 'f.itemType', text: (r) => r.type },
    { label: 'f.condition', text: (r) => tc('condition', r.condition), amiss: (r) => r.condition === 'broken' },
    { label: 'f.depot', text: depotOf },
    { label: 'f.holder', text: (r, app) => app.agencyName(r.holder) },
    { label: 'f.used', text: (r, app) => (r.incident ? (app.watch.get('incident', r.incident)?.number ?? w('f.used')) : w('f.free')) },
  ],
  fields: [
    name(80),
    { as: 'text', name: 'type', label: 'f.itemType', max: 40, required: true },
    { as: 'text', name: 'serial', label: 'f.serial', max: 60 },
    { as: 'choice', name: 'condition', label: 'f.condition', choices: coded('condition', ['ready', 'worn', 'broken', 'scrapped']), required: true },
    capabilities,
    agency,
    depot,
    place,
    area,
  ],
};

export const stocks: Noun<Stock> = {
  kind: 'stock',
  save: 'stock.save',
  exported: true,
  name: (r) => r.name,
  find: (r, app) => [r.name, r.initials, r.type, depotOf(r, app), agencyOf(r, app)],
  columns: [
    { label: 'f.name', text: (r) => r.name },
    { label: 'f.itemType', text: (r) => r.type },
    { label: 'f.available', text: (r) => `${r.available} ${r.unit}`, figure: true },
    { label: 'f.least', text: (r) => (r.least ? `${r.least}${r.available < r.least ? ` · ${w('stock.short')}` : ''}` : ''), figure: true, amiss: (r) => !!r.least && r.available < r.least },
    { label: 'f.depot', text: depotOf },
    { label: 'f.holder', text: (r, app) => app.agencyName(r.holder) },
    { label: 'f.expires', text: (r) => (r.expires ? r.expires.slice(0, 10) : '') },
  ],
  fields: [
    name(80),
    { as: 'text', name: 'type', label: 'f.itemType', max: 40, required: true },
    { as: 'text', name: 'unit', label: 'f.unit', hint: 'f.unitHint', max: 10, required: true },
    { as: 'whole', name: 'least', label: 'f.least', hint: 'f.leastHint' },
    { as: 'date', name: 'expires', label: 'f.expires' },
    agency,
    depot,
    place,
    area,
  ],
};

export const hazards: Noun<Hazard> = {
  kind: 'hazard',
  save: 'hazard.save',
  exported: true,
  name: (r) => r.name,
  find: (r) => [r.name, r.initials, r.operator, r.external, r.place.text, ...(r.substances ?? []).map((s) => s.name)],
  columns: [
    { label: 'f.name', text: (r) => r.name },
    { label: 'f.level', text: (r) => wc('hazard.level', String(r.level)) },
    { label: 'f.operator', text: (r) => r.operator },
    { label: 'f.substances', text: (r) => (r.substances ?? []).map((s) => s.name).join('、') },
    { label: 'f.population', text: (r) => String(r.population ?? ''), figure: true },
    { label: 'f.place', text: (r) => r.place.text ?? '' },
  ],
  fields: [
    name(80),
    { as: 'choice', name: 'level', label: 'f.level', choices: own('hazard.level', ['1', '2', '3', '4']), figure: true, required: true },
    { as: 'text', name: 'operator', label: 'f.operator', max: 80, required: true },
    { as: 'text', name: 'external', label: 'f.external', max: 60 },
    { as: 'substances', name: 'substances', label: 'f.substances', wide: true },
    { as: 'whole', name: 'population', label: 'f.population' },
    agency,
    place,
    { as: 'duty', name: 'duty', label: 'f.duty', wide: true },
    area,
  ],
};

const rateTypes = ['team', 'crew', 'scene', 'meal', 'transport', 'equipment', 'wear', 'repair', 'loss', 'supply'];

/** What a rate is for, in words: a type of team, or of a thing that is known here. */
const subjectOf = (r: Rate, app: App): string => {
  if (!r.subject) return w('rate.all');
  if (teamTypes.includes(r.subject) && !['equipment', 'wear', 'repair', 'loss', 'supply'].includes(r.type)) return tc('team.type', r.subject);
  return [...app.watch.all('stock'), ...app.watch.all('equipment')].find((x) => x.type === r.subject)?.name ?? r.subject;
};

/** Types that rates can be for. */
function subjects(app: App): Choice[] {
  const out = new Map(teamTypes.map((x) => [x, tc('team.type', x)]));
  for (const x of [...app.store.all('equipment'), ...app.store.all('stock')]) if (!out.has(x.type)) out.set(x.type, x.name);
  return [...out].map(([value, label]) => ({ value, label }));
}

const unitWord = (r: Rate) => (['hour', 'day', 'km', 'item'].includes(r.unit) ? wc(r.type === 'crew' || r.type === 'meal' ? 'rate.personUnit' : 'rate.unit', r.unit) : r.unit);

export const rates: Noun<Rate> = {
  kind: 'rate',
  save: 'rate.save',
  exported: true,
  name: (r) => [wc('rate.type', r.type), r.subject].filter(Boolean).join(' '),
  find: (r, app) => [wc('rate.type', r.type), r.subject, subjectOf(r, app), r.source, agencyOf(r, app)],
  columns: [
    { label: 'f.rateType', text: (r) => wc('rate.type', r.type) },
    { label: 'f.subject', text: subjectOf },
    { label: 'f.rateAmount', text: (r) => `${yuan(r.amount)} / ${unitWord(r)}`, figure: true },
    { label: 'f.from', text: (r) => r.from },
    { label: 'f.to', text: (r) => r.to ?? '' },
    byAgency,
    { label: 'f.source', text: (r) => r.source },
  ],
  fields: [
    { as: 'choice', name: 'type', label: 'f.rateType', choices: own('rate.type', rateTypes), required: true },
    { as: 'text', name: 'subject', label: 'f.subject', hint: 'f.subjectHint', max: 40, options: subjects },
    { as: 'yuan', name: 'amount', label: 'f.rateAmount', hint: 'f.rateAmountHint', required: true },
    { as: 'text', name: 'unit', label: 'f.unit', hint: 'f.rateUnitHint', max: 10, options: () => ['hour', 'day', 'km', 'item'].map((value) => ({ value, label: wc('rate.unit', value) })) },
    { as: 'day', name: 'from', label: 'f.from', required: true },
    { as: 'day', name: 'to', label: 'f.to', hint: 'f.toHint' },
    { as: 'text', name: 'source', label: 'f.source', hint: 'f.sourceHint', max: 200, required: true, wide: true },
    agency,
  ],
};

/** A time of the accounts and devices, short. */
export const moment = (iso: string | undefined): string => (iso && !iso.startsWith('0001') ? dayTime(Date.parse(iso)) : '');
