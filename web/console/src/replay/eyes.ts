// Whose eyes look at the past: "agency:role".
import type { Agency, Role, Session } from '../api/types';
import type { LiveApp } from '../session/app';

export const eyeRoles: Role[] = ['dispatcher', 'chief', 'planner', 'observer'];

/** Those who run and judge a drill look with the eyes of anybody in it. */
const staff = ['director', 'controller', 'evaluator'];

/** Whether the session may look with the eyes of others. */
export const mayLook = (s: Session) => ['chief', 'planner', ...staff].includes(s.role);

/** The agencies whose eyes may be borrowed: the own and those of the jurisdiction. */
export function agencies(app: LiveApp): Agency[] {
  const own = app.session.agency;
  if (!own || !mayLook(app.session)) return [];
  return app.watch.all('agency')
    .filter((a) => a.id === own.id || staff.includes(app.session.role) || (!!own.jurisdiction && !!a.scope.area?.startsWith(own.jurisdiction)))
    .sort((a, b) => Number(b.id === own.id) - Number(a.id === own.id) || a.name.localeCompare(b.name, 'zh'));
}

/** The session as that of the one whose eyes are meant; undefined for the own. */
export function eyesOf(app: LiveApp, as: string): Session | undefined {
  const [id, role] = as.split(':');
  const agency = app.store.get('agency', id);
  if (!agency || !role) return undefined;
  return { ...app.session, agency, role: role as Role };
}
