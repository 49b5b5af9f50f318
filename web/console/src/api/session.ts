// Signing in and out. The session itself is a cookie no script can read.
import { json, leave, send, setCSRF, setRealm } from './http';
import type { Role, Session, Settings } from './types';

async function kept(answer: Promise<Session>): Promise<Session> {
  const s = await answer;
  setCSRF(s.csrf);
  setRealm(s.realm);
  return s;
}

/** The session of the cookie; throws Refused with code auth when there is none. It may have come to another realm meanwhile. */
export const current = () => kept(json<Session>('/api/v1/session', { headers: { Realm: '' } }));

export const signIn = (login: string, password: string, role?: Role) =>
  kept(json<Session>('/api/v1/session', { method: 'POST', body: role ? { login, password, role } : { login, password } }));

export async function signOut() {
  await send('/api/v1/session', { method: 'DELETE' });
  setCSRF('');
  setRealm('');
}

export const takeRole = (role: Role) => kept(json<Session>('/api/v1/session/role', { method: 'PUT', body: { role } }));

/** Joins a drill; with no id leaves the one that the session is in. Who calls it leads to another page. */
export async function join(drill: string): Promise<Session> {
  leave(true);
  try {
    return await kept(json<Session>('/api/v1/session/realm', { method: 'PUT', body: { drill }, headers: { Realm: '' } }));
  } catch (e) {
    leave(false);
    throw e;
  }
}

export const changePassword = (old: string, fresh: string) =>
  send('/api/v1/session/password', { method: 'PUT', body: { old, new: fresh } });

/** What a screen has to know of the house; less when nobody is signed in. */
export const settings = () => json<Settings>('/api/v1/settings');
