// Package link joins this server with those of neighbouring regions. The
// neighbour is a client of the same journal and the same commands: it sees what
// the agency that stands for it here sees (dispatch.See), and commands as that
// agency.
//
// # Who connects
//
// Over mutual TLS 1.3, on a door of its own. Each server shows one certificate,
// and each administrator accepts exactly the other's, by its fingerprint; who
// signed it does not matter, and no secret ever has to be sent. Somebody with
// another certificate is told that no link is known, and nothing else.
//
// # What passes
//
//	neighbour                                        here
//	  │ ── GET  /link/v1/feed?epoch&since ───────────▶ │  waits until there is something to tell
//	  │ ◀───────── changes after since, or the whole ── │  another epoch, or nothing known yet: the whole
//	  │ ── POST /link/v1/commands/offer.order ────────▶ │  Idempotency-Key is the parcel's id
//	  │ ◀───────── done, or a problem ───────────────── │
//	  │ ── GET  /link/v1/records?ref=loan/… ──────────▶ │  as they are now, once a command was answered
//	  │ ── GET  /link/v1/positions?since ─────────────▶ │  of teams that the neighbour sees
//
// Both servers do all of this, each for what the other owns. The cursor of the
// feed is written in the transaction that takes in what was told, and a command
// is known by its key for thirty days, so a cut, a kill or a message that comes
// twice neither loses anything nor has it take effect twice. A command waits at
// the door until its server has heard all that the sender had decided before it
// (X-After), so that cause comes before effect over two connections.
//
// Only the realm live passes: nothing here can be made to read another.
package link
