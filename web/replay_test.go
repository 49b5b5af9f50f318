package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
	"liandong/web"
)

// past reads a picture of a moment.
func (g *guest) past(query string) (dispatch.SnapshotHead, picture) {
	g.t.Helper()
	a := g.get("/api/v1/replay/picture?" + query)
	if a.StatusCode != http.StatusOK {
		g.t.Fatalf("picture %s: %d %s", query, a.StatusCode, a.body)
	}
	return readPicture(g.t, a.body)
}

// readPicture reads the form of a snapshot.
func readPicture(t *testing.T, body []byte) (head dispatch.SnapshotHead, p picture) {
	t.Helper()
	lines := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	var end web.SnapshotEnd
	if err := json.Unmarshal(lines[0], &head); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(lines[len(lines)-1], &end); err != nil || !end.End || end.Count != len(lines)-2 {
		t.Fatalf("the picture of %d lines ends with %s, %v", len(lines), lines[len(lines)-1], err)
	}
	p = picture{}
	for _, line := range lines[1 : len(lines)-1] {
		p.put(t, line)
	}
	return head, p
}

// then is what everybody saw at a moment, as it was read at it.
type then struct {
	seq  int64
	at   time.Time
	seen map[string]picture
}

// watched plays a story of shares that come, end and are taken back, of tasks and an archive, and
// records after each step what each of the logins sees.
func (h *house) watched(logins []string) []then {
	h.t.Helper()
	guests := map[string]*guest{}
	for _, login := range logins {
		guests[login] = h.as(login)
	}
	var all []then
	record := func() {
		h.t.Helper()
		seq, err := h.store.Head(h.t.Context(), dispatch.Live)
		if err != nil {
			h.t.Fatal(err)
		}
		x := then{seq: seq, at: h.clock(), seen: map[string]picture{}}
		for login, g := range guests {
			head, p := readPicture(h.t, g.get("/api/v1/snapshot").body)
			if x.seen[login] = p; head.Seq != seq {
				h.t.Fatalf("the snapshot is of %d, want %d", head.Seq, seq)
			}
		}
		all = append(all, x)
		h.pass(time.Minute)
	}
	h.busy()
	record()
	desk, fire := h.as("desk"), h.as("firedesk")
	shared, timed := desk.incident(), desk.incident()
	record()
	desk.done("incident.share", dispatch.IncidentShare{Incident: shared, Agency: h.clinic, Tier: dispatch.TierView})
	soon := h.clock().Add(30 * time.Minute)
	desk.done("incident.share", dispatch.IncidentShare{Incident: timed, Agency: h.clinic, Tier: dispatch.TierView, Until: &soon})
	record()
	desk.done("task.assign", dispatch.TaskAssign{Incident: shared, Team: h.teams["xf2"]})
	task := h.taskOf(shared)
	desk.done("note.add", dispatch.NoteAdd{Incident: shared, Text: "共享期间的记录"})
	record()
	desk.done("incident.share", dispatch.IncidentShare{Incident: shared, Agency: h.clinic, Tier: dispatch.TierView, Redacted: true})
	fire.done("task.advance", dispatch.TaskAdvance{Task: task, From: dispatch.TaskAssigned, To: dispatch.TaskEnRoute, Radio: true})
	record()
	desk.done("incident.unshare", dispatch.IncidentShare{Incident: shared, Agency: h.clinic})
	record()
	desk.done("task.cancel", dispatch.TaskEnd{Task: task, Reason: "误派"})
	desk.done("incident.dismiss", dispatch.IncidentMove{Incident: shared, Reason: "误报"})
	h.as("chief").done("incident.archive", dispatch.IncidentMove{Incident: shared})
	record()
	h.pass(time.Hour) // what was shared for a time is over
	if _, err := h.svc.FireDue(h.t.Context(), dispatch.Live); err != nil {
		h.t.Fatal(err)
	}
	record()
	return all
}

// What replay shows of a moment is what was seen at it, byte by byte, to those whose right to see it is
// the same today; what may not be seen today is not shown, and nothing else is.
func TestReplayIsWhatWasSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	logins := []string{"desk", "chief", "planner", "wall", "firedesk", "firewall", "clinicdesk", "stranger", "farwall"}
	all := h.watched(logins)
	gone := 0
	for _, login := range logins {
		g := h.as(login)
		for _, moment := range all {
			for _, query := range []string{fmt.Sprint("seq=", moment.seq), "at=" + moment.at.Format(time.RFC3339Nano)} {
				head, got := g.past(query)
				if head.Seq != moment.seq || !head.At.Equal(moment.at) && query[:2] == "at" {
					t.Fatalf("%s: the head is %+v", query, head)
				}
				for key, raw := range moment.seen[login] {
					kind, id, _ := strings.Cut(key, "/")
					a := g.get("/api/v1/records/" + kind + "/" + id)
					switch {
					case a.StatusCode == http.StatusNotFound: // not to be seen today
						gone++
						if got[key] != "" {
							t.Errorf("%s at %s: replay shows %s, which is not to be seen today", login, query, key)
						}
					case got[key] != raw:
						t.Errorf("%s at %s: %s is\n%s\nand was\n%s", login, query, key, got[key], raw)
					}
				}
				for key := range got {
					if moment.seen[login][key] == "" {
						t.Errorf("%s at %s: %s was not seen then", login, query, key)
					}
				}
			}
		}
	}
	if gone < 4 {
		t.Errorf("only %d records are not to be seen any more: the story proves little", gone)
	}
}

// A duty chief sees what a desk of the jurisdiction saw at the moment, also what was shared with it only
// then.
func TestReplayAsOthersSawIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := h.watched([]string{"firedesk", "firewall", "clinicdesk", "leader", "chief"})
	chief, planner := h.as("chief"), h.as("planner")
	eyes := map[string]string{"firedesk": h.fire + ":dispatcher", "firewall": h.fire + ":observer", "clinicdesk": h.clinic + ":dispatcher", "leader": h.fire + ":leader:" + h.teams["xf1"]}
	for _, moment := range all {
		for login, as := range eyes {
			for _, g := range []*guest{chief, planner} {
				_, got := g.past(fmt.Sprintf("seq=%d&as=%s", moment.seq, url.QueryEscape(as)))
				want := maps.Clone(moment.seen[login])
				// Persons are for those who keep or direct their own, and no planner does.
				maps.DeleteFunc(want, func(key, _ string) bool {
					return strings.HasPrefix(key, "person/") && g == planner
				})
				for key, raw := range want {
					if strings.Contains(raw, h.far) && got[key] == "" {
						delete(want, key) // of another city
					}
				}
				if !maps.Equal(got, want) {
					diff(t, fmt.Sprintf("%s at %d", as, moment.seq), got, want)
				}
			}
		}
	}
	if len(all[2].seen["clinicdesk"]) <= len(all[1].seen["clinicdesk"]) {
		t.Error("nothing was shared in the story")
	}
}

// pastFold applies the changes after a picture to it.
func (g *guest) pastFold(p picture, after, until int64, more string) picture {
	g.t.Helper()
	p = maps.Clone(p)
	for {
		var page struct {
			Changes []struct {
				Seq  int64
				Put  []json.RawMessage
				Drop []dispatch.Ref
			}
			Next int64
			More bool
		}
		a := g.get(fmt.Sprintf("/api/v1/replay/changes?after=%d&until=%d&limit=7%s", after, until, more))
		if err := json.Unmarshal(a.body, &page); err != nil || a.StatusCode != http.StatusOK {
			g.t.Fatalf("changes: %v %d %s", err, a.StatusCode, a.body)
		}
		for _, c := range page.Changes {
			if c.Seq <= after || c.Seq > until {
				g.t.Fatalf("change %d in (%d, %d]", c.Seq, after, until)
			}
			after = c.Seq
			for _, d := range c.Drop {
				delete(p, string(d.Kind)+"/"+d.ID)
			}
			for _, raw := range c.Put {
				p.put(g.t, raw)
			}
		}
		if after = page.Next; !page.More {
			if after != until {
				g.t.Fatalf("read up to %d, want %d", after, until)
			}
			return p
		}
	}
}

// A picture with the changes after it is the later picture, for everybody and with any eyes.
func TestReplayFolds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := h.watched(nil)
	// In the last step a share ends by itself: it leaves the fold only with the change that takes it away.
	before, head := all[len(all)-2].seq, all[len(all)-1].seq
	for login, as := range map[string]string{"desk": "", "wall": "", "clinicdesk": "", "stranger": "", "chief": h.clinic + ":dispatcher", "planner": h.fire + ":leader:" + h.teams["xf2"]} {
		g, more := h.as(login), ""
		if as != "" {
			more = "&as=" + url.QueryEscape(as)
		}
		_, p := g.past(fmt.Sprint("seq=1", more))
		for seq, to := int64(1), int64(0); seq < head; seq = to {
			if to = min(seq+9, before); seq == before {
				to = head
			}
			_, want := g.past(fmt.Sprint("seq=", to, more))
			if got := g.pastFold(p, seq, to, more); !maps.Equal(got, want) {
				diff(t, fmt.Sprintf("%s%s from %d to %d", login, more, seq, to), got, want)
			}
			p = want
		}
	}
}

// pastPage is a page of changes, as far as the tests look at it.
type pastPage struct {
	Changes []struct {
		Seq  int64
		Kind string
		At   time.Time
	}
	Next int64
	More bool
	At   time.Time
}

func (g *guest) pastPage(query string) (p pastPage) {
	g.t.Helper()
	if a := g.get("/api/v1/replay/changes?" + query); json.Unmarshal(a.body, &p) != nil || a.StatusCode != http.StatusOK {
		g.t.Fatalf("%s: %d %s", query, a.StatusCode, a.body)
	}
	return p
}

// Changes are chosen by command and by time, and a page says how far it goes.
func TestReplayChangesChosen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := h.watched(nil)
	wall, last := h.as("wall"), all[len(all)-1]
	page := wall.pastPage("commands=incident.open,incident.archive")
	kinds := map[string]int{}
	for _, c := range page.Changes {
		kinds[c.Kind]++
	}
	if kinds["incident.open"] < 5 || kinds["incident.archive"] != 1 || len(kinds) != 2 || page.More || page.Next != last.seq || !page.At.Equal(h.clock().Add(-5*time.Second)) {
		t.Errorf("%v, %+v", kinds, page)
	}
	from, to := all[1], all[4]
	page = wall.pastPage(url.Values{"from": {from.at.Format(time.RFC3339Nano)}, "to": {to.at.Format(time.RFC3339Nano)}}.Encode())
	if n := len(page.Changes); n == 0 || page.Changes[0].Seq <= from.seq || page.Changes[n-1].Seq > to.seq || page.Next != to.seq || page.More || !page.At.Equal(to.at) {
		t.Errorf("from %d to %d: %+v", from.seq, to.seq, page)
	}
	for _, c := range page.Changes {
		if !c.At.After(from.at) || c.At.After(to.at) {
			t.Errorf("%d was at %s", c.Seq, c.At)
		}
	}
	if page := wall.pastPage("limit=2&after=3"); !page.More || len(page.Changes) != 2 || page.Next != page.Changes[1].Seq || !page.At.Equal(page.Changes[1].At) {
		t.Errorf("%+v", page)
	}
	if page := wall.pastPage("from=1999-01-01T00:00:00Z&limit=1"); page.Changes[0].Seq > 5 {
		t.Errorf("from before the first: %+v", page)
	}
}

func TestReplayRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"picture?seq=1", "span", "changes", "positions?from=2026-11-23T08:00:00Z&until=2026-11-23T09:00:00Z"} {
		for _, login := range []string{"admin", "leader", "faradmin"} {
			wantProblem(t, h.as(login).get("/api/v1/replay/"+path), http.StatusForbidden, "forbidden", "")
		}
		if a := h.guest().get("/api/v1/replay/" + path); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s unsigned: %d", path, a.StatusCode)
		}
	}
	h.pass(3 * time.Hour)
	chief, desk, stranger := h.as("chief"), h.as("desk"), h.as("stranger")
	head, _ := h.store.Head(t.Context(), dispatch.Live)
	for _, c := range []struct {
		g     *guest
		path  string
		code  dispatch.Code
		field string
	}{
		{desk, "picture", dispatch.Invalid, "at"},
		{desk, "picture?at=2026-11-23T09:00:00Z&seq=3", dispatch.Invalid, "at"},
		{desk, "picture?at=1999-01-01T00:00:00Z", dispatch.Invalid, "at"},
		{desk, "picture?at=2026-11-24T00:00:00Z", dispatch.Invalid, "at"},
		{desk, "picture?at=yesterday", dispatch.Invalid, "at"},
		{desk, fmt.Sprint("picture?seq=", head+1), dispatch.Invalid, "seq"},
		{desk, "picture?seq=-1", dispatch.Invalid, "seq"},
		{desk, "picture?seq=3&as=" + h.fire + ":dispatcher", dispatch.Forbidden, "as"},
		{chief, "picture?seq=3&as=" + h.far + ":dispatcher", dispatch.Forbidden, "as"},
		{chief, "picture?seq=3&as=none:dispatcher", dispatch.NotFound, ""},
		{chief, "picture?seq=3&as=" + h.fire + ":leader:" + h.teams["jj1"], dispatch.Invalid, "as"},
		{chief, "changes?commands=incident.open,nonsense", dispatch.Invalid, "commands"},
		{chief, "changes?commands=" + strings.Repeat("incident.open,", 24) + "x", dispatch.Invalid, "commands"},
		{chief, "changes?limit=1001", dispatch.Invalid, "limit"},
		{chief, "changes?after=2&from=2026-11-23T08:00:00Z", dispatch.Invalid, "from"},
		{chief, "changes?until=2&to=2026-11-23T08:00:00Z", dispatch.Invalid, "to"},
		{chief, "changes?from=2026-11-23T09:00:00Z&to=2026-11-23T08:00:00Z", dispatch.Invalid, "to"},
		{desk, "changes?as=" + h.fire + ":dispatcher", dispatch.Forbidden, "as"},
		{desk, "positions?from=2026-11-23T09:00:00Z&until=2026-11-23T08:00:00Z", dispatch.Invalid, "to"},
		{desk, "positions?from=2026-11-23T08:00:00Z&until=2026-11-23T10:00:01Z", dispatch.Invalid, "to"},
		{desk, "positions?from=2025-11-23T08:00:00Z&until=2025-11-23T09:00:00Z", dispatch.Invalid, "at"},
		{desk, "positions?from=2026-11-23T08:00:00Z&until=2026-11-23T09:00:00Z&step=0", dispatch.Invalid, "step"},
		{desk, "positions?from=2026-11-23T08:00:00Z&until=2026-11-23T09:00:00Z&as=" + h.fire + ":dispatcher", dispatch.Forbidden, "as"},
		{stranger, "picture?seq=3&as=" + h.fire + ":observer", dispatch.Forbidden, "as"},
	} {
		a := c.g.get("/api/v1/replay/" + c.path)
		if p := a.problem(t); p.Code != string(c.code) || !strings.HasSuffix(p.Field, c.field) || p.DetailZH == "" {
			t.Errorf("%s: %d %s", c.path, a.StatusCode, a.body)
		}
	}
	for _, as := range []string{"x", ":dispatcher", "a:b", "a:system", "a:peer", "a:admin", "a:leader", "a:leader:", "a:dispatcher:t", "a:leader:t:u"} {
		wantProblem(t, chief.get("/api/v1/replay/picture?seq=3&as="+url.QueryEscape(as)), http.StatusUnprocessableEntity, "invalid", "as")
	}
	if a := desk.get("/api/v1/replay/picture?seq=3&realm=drill:x"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an unknown word: %d %s", a.StatusCode, a.body)
	}
}

// What may be shown ends where the journal begins to be told.
func TestReplaySpan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	head, err := h.store.Head(t.Context(), dispatch.Live)
	if err != nil {
		t.Fatal(err)
	}
	var span dispatch.ReplaySpan
	if err := json.Unmarshal(h.as("wall").get("/api/v1/replay/span").body, &span); err != nil {
		t.Fatal(err)
	}
	if span.First.Seq != 1 || span.Last.Seq != head || span.Realm != dispatch.Live || span.Epoch == "" || !span.Now.Equal(h.clock()) || !span.Last.At.Equal(h.clock()) {
		t.Errorf("%+v", span)
	}
}

// In a drill the end of the past is by the drill's clock, and so is what may still be under way.
func TestReplaySpanOfADrill(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	began := h.clock().Add(90 * 24 * time.Hour)
	director, id := h.openDrill(dispatch.DrillOpen{Picture: dispatch.PictureResources, Begins: &began})
	director.begin(id)
	director.done("drill.rate", dispatch.DrillRate{Drill: id, Rate: 60})
	h.pass(20 * time.Second)
	var span dispatch.ReplaySpan
	if err := json.Unmarshal(director.get("/api/v1/replay/span").body, &span); err != nil {
		t.Fatal(err)
	}
	if want := began.Add(20 * time.Minute); !span.Now.Equal(want) {
		t.Errorf("the drill's clock shows %v, the span says %v", want, span.Now)
	}
	var page struct {
		More bool
		At   time.Time
	}
	if err := json.Unmarshal(director.get("/api/v1/replay/changes").body, &page); err != nil {
		t.Fatal(err)
	}
	if want := began.Add(15 * time.Minute); page.More || !page.At.Equal(want) {
		t.Errorf("told up to %v, more: %v; want %v", page.At, page.More, want)
	}
}

func (g *guest) positions(from, until time.Time, more string) web.PastPositions {
	g.t.Helper()
	q := url.Values{"from": {from.Format(time.RFC3339Nano)}, "until": {until.Format(time.RFC3339Nano)}}
	a := g.get("/api/v1/replay/positions?" + q.Encode() + more)
	var p web.PastPositions
	if err := json.Unmarshal(a.body, &p); err != nil || a.StatusCode != http.StatusOK {
		g.t.Fatalf("positions: %v %d %s", err, a.StatusCode, a.body)
	}
	for _, n := range []int{len(p.Source), len(p.Fixed), len(p.Lon), len(p.Lat), len(p.Speed), len(p.Heading)} {
		if n != len(p.Team) {
			g.t.Fatalf("columns of different lengths: %+v", p)
		}
	}
	return p
}

// of lists the times of a team's positions, in seconds after from.
func of(p web.PastPositions, team string) []int {
	out := []int{}
	for i, n := range p.Team {
		if p.Teams[n] == team {
			out = append(out, int(p.Fixed[i]/1000))
		}
	}
	return out
}

func TestReplayPositions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	begin := h.clock()
	h.drove(h.teams["xf1"], begin)
	h.drove(h.teams["jj1"], begin.Add(20*time.Second))
	h.pass(2 * time.Hour)
	wall, fire, clinic, stranger := h.as("wall"), h.as("firedesk"), h.as("clinicdesk"), h.as("stranger")
	at := func(s int) time.Time { return begin.Add(time.Duration(s) * time.Second) }
	p := wall.positions(at(25), at(120), "")
	if got, want := of(p, h.teams["xf1"]), []int{-5, 5, 15, 25, 35, 45}; !slices.Equal(got, want) {
		t.Errorf("xf1 at %v, want %v: the last before, then each, and no jump", got, want)
	}
	if got, want := of(p, h.teams["jj1"]), []int{-5, 5, 15, 25, 35, 45, 55, 65}; !slices.Equal(got, want) {
		t.Errorf("jj1 at %v, want %v", got, want)
	}
	if p.Lon[0] != 113_852_000 && p.Lon[0] != 113_850_000 || p.Lat[0] < 34_000_000 || p.Speed[0] != 10 || p.Heading[0] != -1 || !slices.Equal(p.Sources, []string{"osmand"}) {
		t.Errorf("%+v", p)
	}
	if got, want := of(wall.positions(at(25), at(120), "&step=30"), h.teams["xf1"]), []int{-5, 25, 45}; !slices.Equal(got, want) {
		t.Errorf("each 30 s: %v, want %v", got, want)
	}
	// Where it was last heard of, an hour later.
	if got := of(wall.positions(at(5000), at(5060), ""), h.teams["xf1"]); !slices.Equal(got, []int{970 - 5000}) {
		t.Errorf("an hour later: %v", got)
	}
	// Whose positions: one's own, those of the jurisdiction, and nobody's else.
	if p := fire.positions(at(0), at(120), ""); len(of(p, h.teams["jj1"])) != 0 || len(of(p, h.teams["xf1"])) == 0 {
		t.Errorf("the fire brigade: %+v", p.Teams)
	}
	if p := stranger.positions(at(0), at(120), ""); len(p.Teams) != 0 {
		t.Errorf("a stranger: %+v", p.Teams)
	}
	if p := h.as("chief").positions(at(0), at(120), "&as="+h.clinic+":dispatcher"); len(of(p, h.teams["xf1"])) != 0 || len(of(p, h.teams["jj1"])) == 0 {
		t.Errorf("as the clinic saw it: %+v", p.Teams)
	}
	// A team that is another city's today takes its past with it.
	if len(of(clinic.positions(at(0), at(120), ""), h.teams["jj1"])) == 0 {
		t.Error("the clinic does not see where its own team was")
	}
	conn, err := pgx.Connect(t.Context(), h.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `update team set doc = jsonb_set(doc::jsonb, '{scope}', $1::jsonb)::json where id = $2`,
		fmt.Sprintf(`{"agency":%q,"area":"420100","open":true}`, h.far), h.teams["jj1"]); err != nil {
		t.Fatal(err)
	}
	for _, g := range []*guest{clinic, wall} {
		if p := g.positions(at(0), at(120), ""); len(of(p, h.teams["jj1"])) != 0 {
			t.Error("where a team was is told to those who may not follow it today")
		}
	}
}
