package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

// momentInput names a moment and whose eyes look at it.
type momentInput struct {
	At  time.Time `query:"at" doc:"the realm's clock; this or seq"`
	Seq int64     `query:"seq" minimum:"0" doc:"right after this change; this or at"`
	EyesInput
}

// EyesInput names whose eyes look at the past.
type EyesInput struct {
	As string `query:"as" maxLength:"200" doc:"as another role of an agency saw it: agency:role, or agency:leader:team; for duty chiefs and planners, never more than you see"`
}

// PastChanges is a piece of the past, each change as it was seen at its own moment.
type PastChanges struct {
	Changes []dispatch.Seen `json:"changes"`
	Next    int64           `json:"next" doc:"give it as after; the seq that was read up to"`
	More    bool            `json:"more" doc:"there is more behind next"`
	At      time.Time       `json:"at" doc:"all that was decided up to this moment has been told"`
}

type pastChangesInput struct {
	After    int64     `query:"after" minimum:"0" doc:"after this seq"`
	From     time.Time `query:"from" doc:"after this moment; instead of after"`
	Until    int64     `query:"until" minimum:"0" doc:"up to and with this seq; 0: to the newest"`
	To       time.Time `query:"to" doc:"up to this moment; instead of until"`
	Commands string    `query:"commands" maxLength:"600" doc:"only those made by one of these commands, with commas between"`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"500"`
	EyesInput
}

func (s *Server) replayRoutes() {
	read(s, huma.Operation{OperationID: "replay-span", Method: http.MethodGet, Path: "/api/v1/replay/span", Tags: []string{"replay"},
		Summary: "the first and the last moment of your realm that can be shown again"},
		func(ctx context.Context, me *signedIn, _ *struct{}) (*struct{ Body dispatch.ReplaySpan }, error) {
			span, err := s.replaySpan(ctx, me)
			return &struct{ Body dispatch.ReplaySpan }{span}, err
		})
	ndjson := map[string]*huma.MediaType{"application/x-ndjson": {Schema: &huma.Schema{OneOf: []*huma.Schema{
		s.schema(reflect.TypeFor[dispatch.SnapshotHead]()), s.schema(reflect.TypeFor[Record]()), s.schema(reflect.TypeFor[SnapshotEnd]())}}}}
	read(s, huma.Operation{OperationID: "replay-picture", Method: http.MethodGet, Path: "/api/v1/replay/picture", Tags: []string{"replay"},
		Summary:   "everything that was on the board at a moment, as you would have seen it, less what you may not see today; in the form of a snapshot",
		Responses: map[string]*huma.Response{"200": {Description: "the head, the records, the end", Content: ndjson}}}, s.pastPicture)
	read(s, huma.Operation{OperationID: "replay-changes", Method: http.MethodGet, Path: "/api/v1/replay/changes", Tags: []string{"replay"},
		Summary: "the changes after one, each as you would have seen it at its moment, less what you may not see today; after one with reset take a new picture"},
		func(ctx context.Context, me *signedIn, in *pastChangesInput) (*struct{ Body PastChanges }, error) {
			page, err := s.pastChanges(ctx, me, in)
			return &struct{ Body PastChanges }{page}, err
		})
	s.replayPositionRoutes()
}

// replaySpan refuses those who may not replay.
func (s *Server) replaySpan(ctx context.Context, me *signedIn) (dispatch.ReplaySpan, error) {
	if err := dispatch.MayReplay(me.actor); err != nil {
		return dispatch.ReplaySpan{}, err
	}
	wall := s.cfg.Now() // before the head is read: what comes meanwhile is later
	at := func(wall time.Time) time.Time {
		return s.cfg.Service.At(me.actor.Realm, wall).UTC().Truncate(time.Millisecond)
	}
	now, whole := at(wall), at(wall.Add(-underWay))
	span, err := s.cfg.Store.ReplaySpan(ctx, me.actor.Realm)
	span.Now, span.Whole = now, whole
	return span, err
}

// eyes is how who asks looks at the past: with their own eyes of today and, where others are named,
// with those as well.
func (s *Server) eyes(ctx context.Context, me *signedIn, as string) (dispatch.Past, error) {
	p := dispatch.Past{Now: s.onlooker(me.actor)}
	if as == "" {
		return p, nil
	}
	e, err := dispatch.ReadEyes(as)
	if err != nil {
		return p, err
	}
	r, err := s.cfg.Store.Get(ctx, me.actor.Realm, dispatch.Ref{Kind: dispatch.KindAgency, ID: e.Agency}, nil)
	if err != nil {
		return p, err
	}
	agency := r.(*dispatch.Agency)
	if err := dispatch.MayReplayAs(me.actor, agency); err != nil {
		return p, err
	}
	if e.Team != "" {
		t, err := s.cfg.Store.Get(ctx, me.actor.Realm, dispatch.Ref{Kind: dispatch.KindTeam, ID: e.Team}, nil)
		if err != nil {
			return p, err
		}
		if dispatch.HeadOf(t).Scope.Agency != agency.ID {
			return p, invalid("as", as, "该队伍不属于该单位", "this team is not of this agency")
		}
	}
	au := e.Of(me.actor.Realm, agency)
	p.As = &au
	return p, nil
}

// moment is the change after which the moment's picture is, and the moment itself.
func (s *Server) moment(ctx context.Context, span dispatch.ReplaySpan, in *momentInput) (dispatch.Moment, error) {
	legal := fmt.Sprintf("%s – %s", span.First.At.Format(time.RFC3339), span.Now.Format(time.RFC3339))
	switch {
	case in.At.IsZero() == (in.Seq == 0):
		return dispatch.Moment{}, invalid("at", nil, "请给出时刻 at 或序号 seq 之一", "name a moment by at, or by seq", "at=2026-11-23T08:00:00Z", "seq=1")
	case span.Last.Seq == 0:
		return dispatch.Moment{}, refusal(dispatch.NotFound, "尚无可回放的记录", "nothing has happened yet that could be shown again")
	case in.Seq != 0:
		if in.Seq < span.First.Seq || in.Seq > span.Last.Seq {
			return dispatch.Moment{}, invalid("seq", in.Seq, "该序号不在可回放范围内", "this change cannot be shown again", fmt.Sprintf("%d–%d", span.First.Seq, span.Last.Seq))
		}
		return s.cfg.Store.Moment(ctx, span.Realm, in.Seq)
	case in.At.Before(span.First.At) || in.At.After(span.Now.Add(time.Second)):
		return dispatch.Moment{}, invalid("at", in.At, "该时刻不在可回放范围内", "this moment cannot be shown again", legal)
	}
	seq, err := s.cfg.Store.SeqAt(ctx, span.Realm, in.At)
	if err == nil && seq < span.First.Seq {
		err = invalid("at", in.At, "该时刻不在可回放范围内", "this moment cannot be shown again", legal)
	}
	return dispatch.Moment{Seq: seq, At: in.At.UTC()}, err
}

func (s *Server) pastPicture(ctx context.Context, me *signedIn, in *momentInput) (*huma.StreamResponse, error) {
	span, err := s.replaySpan(ctx, me)
	if err != nil {
		return nil, err
	}
	past, err := s.eyes(ctx, me, in.As)
	if err != nil {
		return nil, err
	}
	m, err := s.moment(ctx, span, in)
	if err != nil {
		return nil, err
	}
	picture, err := s.past.get(ctx, span.Epoch, span.Realm, m.Seq)
	if err != nil {
		return nil, err
	}
	records := picture.Records()
	if past.Today, err = s.cfg.Store.Scopes(ctx, span.Realm, refsOf(records)); err != nil {
		return nil, err
	}
	body, err := packPast(dispatch.SnapshotHead{Epoch: span.Epoch, Seq: m.Seq, Realm: span.Realm, At: m.At}, records, past)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/x-ndjson")
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetHeader("Vary", "Accept-Encoding")
		writePacked(hc.BodyWriter(), hc.Header("Accept-Encoding"), hc.SetHeader, body)
	}}, nil
}

// writePacked sends what is packed as it is, or unpacked to who cannot unpack.
func writePacked(w io.Writer, accepts string, header func(name, value string), packed []byte) {
	if strings.Contains(accepts, "gzip") {
		header("Content-Encoding", "gzip")
		_, _ = w.Write(packed) // the reader may have left
		return
	}
	if z, err := gzip.NewReader(bytes.NewReader(packed)); err == nil {
		_, _ = io.Copy(w, z)
	}
}

// packPast packs what is seen of the records.
func packPast(head dispatch.SnapshotHead, records []dispatch.Record, past dispatch.Past) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	lines := json.NewEncoder(z)
	if err := lines.Encode(head); err != nil {
		return nil, err
	}
	count := 0
	for _, r := range records {
		seen := past.SeeRecord(head.At, r)
		if seen == nil {
			continue
		}
		count++
		if err := lines.Encode(seen); err != nil {
			return nil, err
		}
	}
	if err := lines.Encode(SnapshotEnd{true, count}); err != nil {
		return nil, err
	}
	err = z.Close()
	return out.Bytes(), err
}

func refsOf(records []dispatch.Record) []dispatch.Ref {
	refs := make([]dispatch.Ref, len(records))
	for i, r := range records {
		refs[i] = dispatch.RefOf(r)
	}
	return refs
}

// touchedBy are all records that the changes are about.
func touchedBy(changes []*dispatch.Change) []dispatch.Ref {
	seen := map[dispatch.Ref]bool{}
	for _, c := range changes {
		for _, p := range c.Puts {
			seen[dispatch.RefOf(p.Record)] = true
		}
		for _, d := range c.Drops {
			seen[d.Ref] = true
		}
	}
	refs := make([]dispatch.Ref, 0, len(seen))
	for ref := range seen {
		refs = append(refs, ref)
	}
	return refs
}

func (s *Server) pastChanges(ctx context.Context, me *signedIn, in *pastChangesInput) (PastChanges, error) {
	page := PastChanges{Changes: []dispatch.Seen{}, Next: in.After}
	span, err := s.replaySpan(ctx, me)
	if err != nil {
		return page, err
	}
	past, err := s.eyes(ctx, me, in.As)
	if err != nil {
		return page, err
	}
	commands, err := commandsIn(in.Commands)
	if err != nil {
		return page, err
	}
	until, err := s.pastPiece(ctx, span, in)
	if err != nil {
		return page, err
	}
	page.Next = in.After
	for looked := 0; looked < mostRead && page.Next < until; {
		changes, err := s.nextPast(ctx, span.Realm, page.Next, until, commands)
		if err != nil {
			return page, err
		}
		if past.Today, err = s.cfg.Store.Scopes(ctx, span.Realm, touchedBy(changes)); err != nil {
			return page, err
		}
		for _, c := range changes {
			page.Next, looked = c.Seq, looked+1
			if seen, ok := past.SeeChange(c); ok {
				page.Changes = append(page.Changes, seen)
			}
			if len(page.Changes) == in.Limit {
				return page, s.toldUpTo(ctx, &page, span, until)
			}
		}
		if len(changes) < readAtOnce {
			page.Next = until
		}
	}
	return page, s.toldUpTo(ctx, &page, span, until)
}

// pastPiece is up to which change is asked for; it turns moments into changes.
func (s *Server) pastPiece(ctx context.Context, span dispatch.ReplaySpan, in *pastChangesInput) (until int64, err error) {
	until = span.Last.Seq
	switch {
	case !in.From.IsZero() && in.After > 0:
		return 0, invalid("from", in.From, "from 与 after 只能给出一个", "give from or after, not both")
	case !in.To.IsZero() && in.Until > 0:
		return 0, invalid("to", in.To, "to 与 until 只能给出一个", "give to or until, not both")
	case !in.From.IsZero() && !in.To.IsZero() && in.To.Before(in.From):
		return 0, invalid("to", in.To, "结束时间应晚于开始时间", "to must be after from", "a time after "+in.From.Format(time.RFC3339))
	}
	if !in.From.IsZero() {
		if in.After, err = s.cfg.Store.SeqAt(ctx, span.Realm, in.From); err != nil {
			return 0, err
		}
		in.After = max(in.After, span.First.Seq-1) // before the first there is nothing
	}
	if !in.To.IsZero() {
		to, err := s.cfg.Store.SeqAt(ctx, span.Realm, in.To)
		if err != nil {
			return 0, err
		}
		until = min(until, to)
	}
	if in.Until > 0 {
		until = min(until, in.Until)
	}
	if in.After < span.First.Seq-1 {
		return 0, invalid("after", in.After, "该序号不在可回放范围内", "this change cannot be shown again", fmt.Sprintf("%d–%d", span.First.Seq-1, span.Last.Seq))
	}
	return until, nil
}

// underWay is how long a command may be under way, on the wall's clock.
const underWay = 5 * time.Second

// toldUpTo says up to which moment the page is whole.
func (s *Server) toldUpTo(ctx context.Context, page *PastChanges, span dispatch.ReplaySpan, until int64) error {
	page.More = page.Next < until
	if page.Next >= span.Last.Seq || page.Next == 0 {
		page.At = span.Whole
		return nil
	}
	m, err := s.cfg.Store.Moment(ctx, span.Realm, page.Next)
	page.At = m.At
	return err
}

func (s *Server) nextPast(ctx context.Context, realm dispatch.Realm, after, until int64, commands []string) ([]*dispatch.Change, error) {
	if commands != nil {
		return s.cfg.Store.ChangesOf(ctx, realm, after, until, commands, readAtOnce)
	}
	changes, err := s.cfg.Store.Changes(ctx, realm, after, int(min(readAtOnce, until-after)))
	if err == nil && len(changes) == 0 {
		err = fmt.Errorf("journal %s: nothing after %d, and %d was there", realm, after, until)
	}
	return changes, err
}

// mostCommands bounds how many commands are named in one question.
const mostCommands = 24

func commandsIn(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	names := strings.Split(text, ",")
	if len(names) > mostCommands {
		return nil, invalid("commands", len(names), "命令过多", "too many commands", fmt.Sprintf("at most %d", mostCommands))
	}
	for _, name := range names {
		if _, ok := dispatch.CommandByName(name); !ok {
			return nil, invalid("commands", shorten(name), "没有这个命令", "there is no such command", "incident.open", "task.assign")
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
