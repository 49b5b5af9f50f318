package realtime

import (
	"strconv"
	"sync"
)

// sight is which teams' positions an audience may see, as far as asked, and the
// numbers under which its consoles are told of them. The stream is locked, but
// for the roll.
type sight struct {
	known, yes, named bits
	roll              roll
}

// bits is a set of small numbers.
type bits []uint64

func (b bits) has(n uint32) bool { return int(n/64) < len(b) && b[n/64]&(1<<(n%64)) != 0 }

func (b *bits) set(n uint32, on bool) {
	for int(n/64) >= len(*b) {
		*b = append(*b, 0)
	}
	if on {
		(*b)[n/64] |= 1 << (n % 64)
	} else {
		(*b)[n/64] &^= 1 << (n % 64)
	}
}

// forget has the team asked about again.
func (s *sight) forget(h uint32) { s.known.set(h, false) }

func (s *sight) learn(h uint32, team string, yes bool) {
	s.known.set(h, true)
	s.yes.set(h, yes)
	if yes && !s.named.has(h) {
		s.named.set(h, true)
		s.roll.add(h, team)
	}
}

// roll lists the teams that an audience has seen, with their numbers. It only
// grows; a console is told what was added since it was told last.
type roll struct {
	mu      sync.Mutex
	handles []uint32
	teams   []string
	whole   told // for who knows none
	added   told // for who knew the most the last time
}

// told is a teams frame and which of the roll are in it.
type told struct {
	from, to int
	frame    *frame
}

func (r *roll) add(h uint32, team string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handles, r.teams = append(r.handles, h), append(r.teams, team)
}

// after is the frame that names the teams from the given one on, and how many
// are known then; nil where none is new.
func (r *roll) after(from int) (*frame, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := len(r.handles)
	if from == to {
		return nil, to
	}
	memo := &r.added
	if from == 0 {
		memo = &r.whole
	}
	if memo.frame == nil || memo.from != from || memo.to != to {
		*memo = told{from, to, teamsFrame(r.handles[from:], r.teams[from:])}
	}
	return memo.frame, to
}

func teamsFrame(handles []uint32, teams []string) *frame {
	b := append(room(48*len(teams)), `{"t":"teams","number":[`...)
	for i, h := range handles {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(h), 10)
	}
	b = append(b, `],"team":[`...)
	for i, team := range teams {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, team)
	}
	return &frame{seal(append(b, ']', '}'))}
}

// appendString appends a JSON string; ids are plain and need no escaping.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, quote(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
