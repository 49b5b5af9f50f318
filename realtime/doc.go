// Package realtime is the moving part of the house: the feed that tails the
// journal, the hub that tells every console what it may see, and the lane on
// which positions come in and go out. It knows the domain and nothing of SQL
// or of HTTP routes: whoever serves hands it a request that is already
// authenticated.
//
//	        journal ──tail──▶ stream (one a realm) ──▶ group (one an audience) ──▶ conn ──▶ console
//	bell ──────▲                 │ window of changes      encoded once
//	                             │ scopes of teams, incidents
//	devices, phones ──▶ Lane ────┘ each second: what moved, by map cell
//	                     ├──▶ store, in batches
//	                     └──▶ Fences ──▶ crossings and arrivals, booked as commands
//
// # The contract
//
// A connection gets every change it may see, in seq order, without gaps, or it
// is closed. Positions may skip; changes never.
//
// # The socket
//
// GET /api/v1/socket?since=SEQ&epoch=EPOCH upgrades to a WebSocket (RFC 6455)
// with the session's cookie; a browser's Origin must be the server's own. No
// subprotocol, no compression. Frames are text but for positions, one JSON
// object each, told apart by "t". Unknown members are to be ignored; an unknown "t" from the
// server is to be ignored too. Times are RFC 3339 in UTC, points are WGS-84
// degrees, longitude first.
//
// A console first reads GET /api/v1/snapshot, which tells epoch and seq, keeps
// its records by (kind, id), and opens the socket with since=seq and that
// epoch. Its cursor is now seq. It then applies what comes: for every change
// all of drop are forgotten and all of put replace what was there. There are no
// event types to know: the last put wins. A record is encoded byte for byte as
// the snapshot encodes it.
//
// Server to client:
//
//	{"t":"hello","epoch":E,"realm":"live","seq":120,"at":T,"beat":4}
//	    First frame. seq is the journal's head now. Without since the cursor is
//	    seq; with since it is since. beat is in seconds.
//	{"t":"changes","from":120,"to":123,"changes":[{seq,at,wall,actor,kind,note,put,drop,reset}…]}
//	    from equals the cursor, or the client closes and takes a new snapshot.
//	    to becomes the cursor. Every change in it has from < seq <= to, rising.
//	    Changes that this console may not see are not in it: they only advance
//	    to. reset lists kinds to fetch anew (after an import).
//	{"t":"beat","from":123,"to":125,"at":T,"journal_at":T,"nodes":"cut"}
//	    Every beat seconds, to caught-up consoles. from and to as above.
//	    journal_at is when the server last read the journal, which it does each
//	    second; where it is more than 2.5 s before at the database is away and
//	    the screen says so. A beat goes out at once when that begins, and when
//	    it ends. nodes, in hello too, is there while other nodes cannot be heard
//	    (see below): positions that came to them are old, and the screen says so;
//	    it begins and ends in the same way. Three beats missed: the link is dead,
//	    connect again.
//	{"t":"teams","number":[n…],"team":[id…]}
//	    The numbers by which positions name teams on this connection. It comes
//	    before the first frame that needs one, and only adds.
//	positions, the only binary frame
//	    uint32, the length of the head; the head, JSON padded with spaces to a
//	    multiple of 4 bytes; then a record of 24 bytes a team. All numbers are
//	    little-endian. The head is
//	    {"t":"positions","at":T,"full":false,"base":MS,"source":[…],"stale":[…]}
//	    and a record
//	      0  uint32  the team's number
//	      4  int32   longitude, degrees times 1e7
//	      8  int32   latitude
//	      12 int32   when the source measured it: base, which is in milliseconds
//	                 since 1970, plus ten times this
//	      16 uint16  speed, cm/s; 65535 unknown
//	      18 uint16  heading, hundredths of a degree from north, clockwise;
//	                 65535 unknown
//	      20 uint16  accuracy, metres; 65535 unknown
//	      22 uint8   the source, counted in the head's source; its stale is
//	                 after how many seconds a position is stale and must be
//	                 drawn so
//	      23         nothing
//	    full true replaces all positions held; false merges. An entry that was
//	    measured before the one held is ignored. Only teams whose position this
//	    audience may see, within what the console looks at, widened to whole
//	    cells of 1/16 degree. With a small zoom, where it would move by less than
//	    a pixel, a team that reports every second is told every 2, 4 or 8
//	    seconds only; what is told is always the newest.
//	{"t":"positions_gone","team":[id…]}
//	    Forget these: they are no longer to be seen.
//	{"t":"presence","open":[{"incident":ID,"people":[{"name","agency","role"}…]}…]}
//	    Who has an incident open now, the whole list each time. Incidents that
//	    this console may not see are not in it; who sees an incident redacted
//	    gets no names. To those who run a drill it tells with it who is connected
//	    in the drill, or was: "here":[{"person":ID,"left":T}…], left on the wall
//	    and missing while a connection is open. What was before the server's start
//	    is not in it.
//	{"t":"done","id":KEY,"seq":123,"at":T,"replayed":false,"put":[…],"drop":[…],"secret":S}
//	{"t":"refused","id":KEY,"problem":{…}}
//	    The answer to a command, as over HTTP. What has no id is refused with "".
//	{"t":"placed","id":KEY,"shown":true}
//	    The position with that id is stored; shown false: in the track alone,
//	    for it was implausible or older than the one shown.
//
// Client to server, at most 64 KiB each:
//
//	{"t":"look","bound":[west,south,east,north],"zoom":11}
//	    What the map shows (zoom for tiles of 512 pixels; without it every move is
//	    told); answered by positions with full true. Before the first look no
//	    positions come.
//	{"t":"open","incident":ID}
//	    The incident on the screen; "" closes it.
//	{"t":"command","id":KEY,"name":"task.assign","body":{…}}
//	    id is the idempotency key, 8 to 64 characters. Commands of one
//	    connection are carried out in order; at most 8 may wait.
//	{"t":"position","id":KEY,"lon":113.8,"lat":34,"accuracy":8,"speed":null,"heading":null,"at":T}
//	    The own position of a team's leader (source "phone"). With an id, of the
//	    client's choice, it is answered by placed when it is safe in the store,
//	    and waits its turn among the commands; without, only when refused.
//
// Pings are answered by pongs, as the RFC says; a client that is not heard of
// for a minute is cut. A cut connection resumes with since=cursor and the
// epoch, and misses nothing. Close codes say what to do:
//
//	1001 going-away  the server stops: connect again after a random 0.2 to 3 s, with the cursor
//	1009             a frame was over 64 KiB: a fault of the client
//	1011 internal    a fault of the server: connect again with back-off
//	4001 slow        too much was waiting: connect again, with the cursor
//	4002 epoch       the journal is another one (a restore): take a new snapshot
//	4003 auth        the session ended: sign in again
//	4004 scope       role, agency or rights changed: take a new snapshot
//	4005 too-old     the cursor is more than 20,000 changes back: take a new snapshot
//	4006 protocol    the client sent what it must not; the reason says what
//
// Any other end (1006) is a cut: connect again with the cursor, after 0.5 s,
// doubling up to 10 s, with jitter.
//
// # Several nodes
//
// Servers (nodes) on one database each tail the journal by themselves. What they
// tell each other besides (package bus) may be lost: the bell, whose loss costs
// a second; ended sign-ins, which each node also asks the database for every
// five seconds; who has what open, told anew every four; and where teams are,
// which is read from the store once nodes that were cut off hear each other
// again. Every node has the positions of all teams, whoever looks: who could go
// is ranked on any node, and a device may change from one to another. What one
// node has shown is judged there; the others take the newer and judge what comes
// to them by it. Fences are evaluated where a fix arrives.
//
// Nodes that cannot hear each other refuse no command: the database alone
// decides, and would not let both win. A dispatcher is better served by a picture
// that says which part of it is old than by a desk that takes no orders.
//
// # Goroutines and locks
//
// A connection has one goroutine, which reads; a second one writes only while
// there is something to write. The stream's window holds each change once and
// its encoding once an audience; a connection holds only its cursor, so a
// thousand waiting consoles cost no more memory than one. The stream of a drill
// that is over goes, with its positions and fences, once nobody has listened for a
// minute; who comes later starts it anew. Locks are taken in
// the order hub, stream, lane, fences, conn; nothing is written to a socket under any
// of them.
package realtime
