// A server that says what the real one says, with as many teams as asked for,
// all of them moving each second: for measuring a screen by itself.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const bound = [113.0, 33.6, 114.6, 34.5]; // 1.6° by 0.9°
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.mjs': 'text/javascript', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const kinds = ['fire', 'medical', 'hazmat', 'mine', 'water', 'traffic', 'power', 'social', 'command', 'other'];
const states = ['en_route', 'on_scene', 'returning', 'assigned'];
const incidents = 100;

/** The same numbers at every run. */
function random(seed) {
  return () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

function city(count) {
  const next = random(1);
  const at = () => [bound[0] + next() * (bound[2] - bound[0]), bound[1] + next() * (bound[3] - bound[1])];
  const created = new Date().toISOString();
  const head = (kind, id) => ({ kind, id, version: 1, scope: { agency: 'a1' }, created, updated: created });
  const stamp = { at: created };
  const records = [{ ...head('agency', 'a1'), name: '消防救援支队', type: 'government', jurisdiction: '4110', place: {} }];
  for (let i = 0; i < incidents; i++) {
    records.push({ ...head('incident', `i${i}`), number: `20261124-${i}`, state: 'active', type: '12G01', grade: 1 + (i % 4), priority: 1 + (i % 3), alarm_level: 1, title: `事件 ${i}`,
      place: { point: at() }, casualties: {}, stamps: { active: stamp }, auto_close: false });
  }
  const teams = [];
  for (let i = 0; i < count; i++) {
    const [lon, lat] = at();
    teams.push({ id: `team-${String(i).padStart(8, '0')}-0123456789abcdef`, lon, lat, turn: next() * 2 * Math.PI });
    const id = teams[i].id;
    records.push({ ...head('team', id), name: `队伍 ${i}`, call_sign: `车${i}`, initials: `c${i}`, type: kinds[i % 10], base: { point: [lon, lat] }, seats_min: 1, seats_full: 6, crew: 6,
      duty: 'available', status: i % 2 ? 'committed' : 'available' });
    // Every second one is on a task: half of the city is out.
    if (i % 2) records.push({ ...head('task', `k${i}`), incident: `i${i % incidents}`, team: id, agency: 'a1', type: 'rescue', state: states[(i >> 1) % 4], stamps: { [states[(i >> 1) % 4]]: stamp } });
  }
  return { records, teams };
}

/** One server frame of text, or of bytes. */
function framed(said) {
  const body = Buffer.from(said);
  const kind = typeof said === 'string' ? 0x81 : 0x82;
  const head = body.length < 126 ? Buffer.from([kind, body.length]) : body.length < 65536 ? Buffer.alloc(4) : Buffer.alloc(10);
  if (head.length > 2) head[0] = kind;
  if (head.length === 4) { head[1] = 126; head.writeUInt16BE(body.length, 2); }
  if (head.length === 10) { head[1] = 127; head.writeBigUInt64BE(BigInt(body.length), 2); }
  return Buffer.concat([head, body]);
}

/** A positions frame as the server makes them (realtime/doc.go). */
function positions(teams, now, full) {
  const base = Math.floor(now / 10) * 10;
  const head = JSON.stringify({ t: 'positions', at: new Date(now).toISOString(), full, base, source: ['osmand'], stale: [60] });
  const size = head.length + ((4 - (head.length % 4)) % 4);
  const frame = Buffer.alloc(4 + size + 24 * teams.length, ' ');
  frame.writeUInt32LE(size, 0);
  frame.write(head, 4);
  teams.forEach((t, i) => {
    const at = 4 + size + 24 * i;
    frame.writeUInt32LE(i, at);
    frame.writeInt32LE(Math.round(t.lon * 1e7), at + 4);
    frame.writeInt32LE(Math.round(t.lat * 1e7), at + 8);
    frame.writeInt32LE(0, at + 12);
    frame.writeUInt16LE(1500, at + 16);
    frame.writeUInt16LE(Math.round((((t.turn * 180) / Math.PI) % 360 + 360) % 360) * 100, at + 18);
    frame.writeUInt16LE(8, at + 20);
    frame.writeUInt16LE(0, at + 22);
  });
  return frame;
}

export async function feed({ dist, teams: count, role = 'dispatcher' }) {
  const { records, teams } = city(count);
  const sockets = new Set();
  const moves = Object.fromEntries(['incident', 'task', 'report', 'note', 'duty'].map((k) => [k, {}]));
  const answers = {
    '/api/v1/session': { person: { id: 'p1', kind: 'person', name: '值班员', roles: [role] }, role, roles: [role], agency: records[0], realm: 'live', csrf: 'x', must_change: false },
    '/api/v1/settings': { city: { name: '测试市', code: '411000', bound }, zone: 'Asia/Shanghai', thresholds: { ack_within: 120, claim_for: 300, check_every: 1200, link: [5, 15, 60] }, areas_version: 0, languages: ['zh', 'en'], stale: {} },
    '/api/v1/vocabulary': { events: [], capabilities: [], moves, commands: [] },
  };
  const server = createServer((q, a) => {
    const path = new URL(q.url, 'http://x').pathname;
    const said = answers[path];
    if (said) return void a.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(said));
    if (path === '/api/v1/snapshot') {
      const lines = [{ epoch: 'e1', seq: 1, realm: 'live', at: new Date().toISOString() }, ...records, { end: true, count: records.length }];
      return void a.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).end(lines.map((l) => JSON.stringify(l)).join('\n') + '\n');
    }
    const file = path === '/' ? '/index.html' : path === '/wall' ? '/wall.html' : path;
    try {
      const body = readFileSync(join(dist, file));
      a.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      a.writeHead(404).end();
    }
  });
  server.on('upgrade', (q, socket) => {
    const accept = createHash('sha1').update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const now = new Date().toISOString();
    socket.write(framed(JSON.stringify({ t: 'hello', epoch: 'e1', realm: 'live', seq: 1, at: now, beat: 4 })));
    sockets.add(socket);
    socket.on('data', () => {}); // what the screen looks at is the whole city
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  const say = (frame) => {
    const bytes = framed(Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    for (const s of sockets) s.write(bytes);
  };
  let full = true;
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    beat: () => say({ t: 'beat', from: 1, to: 1, at: new Date().toISOString(), journal_at: new Date().toISOString() }),
    /** Everyone goes on at 15 m/s, turning a little. */
    move() {
      const now = Date.now();
      for (const t of teams) {
        t.turn += 0.05;
        t.lon += (15 * Math.sin(t.turn)) / 92_000;
        t.lat += (15 * Math.cos(t.turn)) / 111_000;
      }
      if (full) say({ t: 'teams', number: teams.map((_, i) => i), team: teams.map((t) => t.id) });
      say(positions(teams, now, full));
      full = false;
    },
    connected: () => sockets.size > 0,
    close() {
      for (const s of sockets) s.destroy();
      server.close();
    },
  };
}
