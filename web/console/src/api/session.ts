// Signing in and out. The session itself is a cookie no script can read.
import { json, send, setCSRF } from './http';
import type { DrillList, Role, Session, Settings } from './types';

async function kept(answer: Promise<Session>): Promise<Session> {
  const s = await answer;
  setCSRF(s.csrf);
  return s;
}

/** The session of the cookie; throws Refused with code auth when there is none. */
export const current = () => kept(json<Session>('/api/v1/session'));

export const signIn = (login: string, password: string, role?: Role) =>
  kept(json<Session>('/api/v1/session', { method: 'POST', body: role ? { login, password, role } : { login, password } }));

export async function signOut() {
  await send('/api/v1/session', { method: 'DELETE' });
  setCSRF('');
}

export const takeRole = (role: Role) => kept(json<Session>('/api/v1/session/role', { method: 'PUT', body: { role } }));

/** Takes the session into a drill; '' leads back to what is real. */
export const join = (drill: string) => kept(json<Session>('/api/v1/session/realm', { method: 'PUT', body: { drill } }));

/** The drills that the person may join, the newest first. */
export const drills = () => json<DrillList>('/api/v1/drills');

export const changePassword = (old: string, fresh: string) =>
  send('/api/v1/session/password', { method: 'PUT', body: { old, new: fresh } });

/** What a screen has to know of the house; less when nobody is signed in. */
export const settings = () => json<Settings>('/api/v1/settings');
