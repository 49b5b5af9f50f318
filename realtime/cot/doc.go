// Package cot is the door for TAK clients (ATAK, WinTAK, iTAK): Cursor on
// Target over TCP and mutual TLS. It reads and writes the event of the public
// Base-Event 2.0 schema, as a stream of XML or, once both sides agreed, of TAK
// protocol version 1 protobuf messages. Coordinates are WGS-84; CoT writes
// latitude first, which the codec turns into this house's longitude first.
//
// # Who connects
//
// Over TLS the client shows a certificate of the server's own authority, which
// names the hash of a device's token ([Identity]): a new token, a revoked or an
// expired device end the certificate, also on a connection that is open.
//
// Plain TCP is off unless the operator asks for it and takes loopback and
// private addresses only. There the client's first words are
// <auth><cot password="TOKEN"/></auth>, the user name and password of its
// settings, in the clear: whoever listens on that network can be that device.
//
// A device acts as the leader of its team, and always in the realm live: a
// device of a drill is refused.
//
// # The dialogue
//
//	client                                     server
//	  │ ── connect, certificate ─────────────────▶ │  device, team
//	  │ ◀───────── t-x-takp-v  (version 1 is known) │
//	  │ ── t-x-takp-q  (version 1, please) ───────▶ │  optional
//	  │ ◀───────── t-x-takp-r  (true) ───────────── │  from here on both sides write
//	  │                                             │  0xBF, varint length, TakMessage
//	  │ ── a-f-…  its own position ───────────────▶ │  → lane
//	  │ ── b-a-o-tbl  911 alert ──────────────────▶ │  → team.distress, once an activation
//	  │ ── b-a-o-can  alert cancelled ────────────▶ │  → a note; a person ends a distress
//	  │ ── b-t-f  chat, b-r-f-h-c casevac ────────▶ │  → a note of the team's incident,
//	  │ ◀───────────────── b-t-f-d, or b-t-f why not│    or refused in words
//	  │ ── t-x-c-t  ping ─────────────────────────▶ │
//	  │ ◀───────────────────────── t-x-c-t-r  pong  │
//	  │ ◀────────── a-f-G-…  teams, as contacts     │  each second: what changed,
//	  │ ◀────────── b-m-p-s-m  incidents            │  the newest only
//	  │ ◀────────── u-d-c-c, u-d-f  their fences    │
//	  │ ◀────────── b-a-o-tbl / -can  distress      │
//	  │ ◀────────── t-x-d-d  left the view          │
//
// Everything else is counted by type and not answered. Chat is taken from the
// room "All Chat Rooms" and from direct messages to the desk; messages from one
// client to another are refused in words, not lost in silence.
//
// # What a client sees
//
// What the leader of its team sees, by dispatch.See and dispatch.SeePosition:
// a TAK client is one more console. The board holds one copy of the records
// that can be shown, kept by the journal, and every client's view is cut from
// it by these two functions. Uids do not change: liandong.team.ID,
// liandong.incident.ID, liandong.fence.ID. A contact is stale when its source's
// position is; markers are written again before their time runs out, so that a
// dead link makes them grey.
//
// # Bounds
//
// An event has at most 64 KiB, 32 levels and no document type, so no entity can
// be defined. It must be complete 30 s after its first byte; a client must say
// who it is within 30 s and be heard of every five minutes; of one address 32 may
// wait to be known. A reader that does
// not take what waits for it, by 64 KiB or within ten seconds, is cut: it comes
// back and gets everything anew. Too many events are read slower, never
// dropped. A device has one connection; a newer one ends the older.
package cot
