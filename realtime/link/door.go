package link

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"liandong/dispatch"
)

// Tidings is an answer of the feed.
type Tidings struct {
	Epoch string    `json:"epoch"`
	From  int64     `json:"from"`
	To    int64     `json:"to"`
	Whole bool      `json:"whole,omitempty"` // Told is one: all that is to be seen, as of To
	You   string    `json:"you"`             // the agency that stands for the caller here
	Now   time.Time `json:"now"`
	Told  []dispatch.Told
}

// records are some as they are at Seq or later; Gone are those of them that the
// caller does not see.
type records struct {
	Seq  int64                 `json:"seq"`
	You  string                `json:"you"`
	Put  []dispatch.ToldRecord `json:"put"`
	Gone []dispatch.Ref        `json:"gone"`
}

// problem is a refusal as it travels.
type problem struct {
	Code      dispatch.Code `json:"code"`
	Message   string        `json:"message"`
	MessageZH string        `json:"message_zh"`
	Field     string        `json:"field,omitempty"`
}

func (p *problem) Error() string { return string(p.Code) + ": " + p.Message }

// Why a neighbour is turned away before it is asked what it wants.
const (
	codeUnlinked dispatch.Code = "unlinked" // no link has this certificate, or it was revoked
	codeClock    dispatch.Code = "clock"    // the two clocks differ too much
	codeBehind   dispatch.Code = "behind"   // the sender's earlier decisions are not heard yet
)

const (
	longest    = 20 * time.Second       // a request of the feed waits
	glance     = 200 * time.Millisecond // between looks at the journal
	mostScan   = 2000                   // changes read for one answer
	mostTell   = 100                    // changes told in one answer
	mostRefs   = 50
	mostAnswer = 64 << 20 // bytes of an answer that are read
)

// Config is the TLS side of the door.
func (l *Links) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert, Certificates: []tls.Certificate{l.cfg.Pair}}
}

// ServeHTTP answers a neighbour.
func (l *Links) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := l.caller(r)
	if err == nil {
		switch name, command := strings.CutPrefix(r.URL.Path, "/link/v1/commands/"); {
		case r.Method == http.MethodGet && r.URL.Path == "/link/v1/feed":
			err = l.feed(w, r, c)
		case r.Method == http.MethodGet && r.URL.Path == "/link/v1/records":
			err = l.records(w, r, c)
		case r.Method == http.MethodGet && r.URL.Path == "/link/v1/positions":
			err = l.positions(w, r, c)
		case r.Method == http.MethodPost && command:
			err = l.command(w, r, c, name)
		default:
			err = &dispatch.Error{Code: dispatch.NotFound, Message: "there is no such endpoint", MessageZH: "没有这个接口"}
		}
	}
	if err == nil {
		return
	}
	p := &problem{Code: dispatch.Unavailable, Message: "it cannot be done now; try again", MessageZH: "暂时无法处理，请重试"}
	var refused *dispatch.Error
	var other *problem
	switch {
	case errors.As(err, &refused):
		p = &problem{refused.Code, refused.Message, refused.MessageZH, refused.Field}
	case errors.As(err, &other):
		p = other
	case r.Context().Err() == nil:
		l.cfg.Log.Error().Err(err).Str("path", r.URL.Path).Msg("a neighbour could not be answered")
	}
	status, known := statuses[p.Code]
	if !known {
		status = http.StatusConflict
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p)
}

var statuses = map[dispatch.Code]int{dispatch.NotFound: 404, dispatch.Forbidden: 403, dispatch.Invalid: 422, dispatch.Unavailable: 503, dispatch.TooLarge: 413,
	codeUnlinked: 403, codeClock: 409, codeBehind: 503}

// caller is the neighbour that asks.
type caller struct {
	link  *dispatch.Link
	actor dispatch.Actor
	au    dispatch.Audience
}

func (l *Links) caller(r *http.Request) (*caller, error) {
	stranger := &problem{Code: codeUnlinked, Message: "no link is known with this certificate: the administrator here has not accepted it, or has revoked it",
		MessageZH: "没有与该证书对应的联网：对方管理员尚未接受，或已撤销"}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, stranger
	}
	found, err := l.active(r.Context())
	if err != nil {
		return nil, err
	}
	print := dispatch.Fingerprint(r.TLS.PeerCertificates[0].Raw)
	n := slices.IndexFunc(found, func(k *dispatch.Link) bool { return k.Fingerprint == print })
	if n < 0 {
		return nil, stranger
	}
	k := found[n]
	now, err := time.Parse(time.RFC3339Nano, r.Header.Get("X-Now"))
	if skew := l.cfg.Now().Sub(now); err != nil || skew.Abs() > l.cfg.Skew {
		return nil, &problem{Code: codeClock, Field: "X-Now", Message: fmt.Sprintf("the clocks differ by %s; set them first", skew.Round(time.Second)),
			MessageZH: fmt.Sprintf("两地服务器时钟相差 %s，请先校时", skew.Round(time.Second))}
	}
	region, err := l.cfg.Real.Get(r.Context(), dispatch.Ref{Kind: dispatch.KindAgency, ID: k.Region}, nil)
	if err != nil {
		return nil, err
	}
	l.mark(func(s *tally) { s.asked = l.cfg.Now() }, k.ID)
	person := r.Header.Get("X-On-Behalf")
	if plain, err := unescape(person); err == nil {
		person = plain
	}
	a := dispatch.Peer(dispatch.Live, k, region.(*dispatch.Agency), person)
	return &caller{k, a, a.Audience()}, nil
}

// feed tells what happened after since, and waits where nothing has.
func (l *Links) feed(w http.ResponseWriter, r *http.Request, c *caller) error {
	ctx := r.Context()
	q := r.URL.Query()
	since, err := strconv.ParseInt(q.Get("since"), 10, 64)
	if err != nil || since < 0 {
		return &dispatch.Error{Code: dispatch.Invalid, Field: "since", Message: "is the number of a change, 0 or more", MessageZH: "应为变更序号"}
	}
	epoch, err := l.cfg.Real.Epoch(ctx)
	if err != nil {
		return err
	}
	head, err := l.cfg.Real.Head(ctx)
	if err != nil {
		return err
	}
	if q.Get("epoch") != epoch || since > head {
		return l.whole(w, r, c)
	}
	t := Tidings{Epoch: epoch, From: since, To: since, You: c.link.Region}
	names := &names{l: l}
	end := l.cfg.Now().Add(longest)
	for {
		changes, err := l.cfg.Real.Changes(ctx, t.To, mostScan)
		if dispatch.CodeOf(err) == dispatch.NotFound {
			return l.whole(w, r, c)
		}
		if err != nil {
			return err
		}
		for _, ch := range changes {
			if len(t.Told) >= mostTell {
				break
			}
			if len(ch.Reset) > 0 {
				return l.whole(w, r, c)
			}
			told, err := l.tell(ctx, c, ch, names)
			if err != nil {
				return err
			}
			if told != nil {
				t.Told = append(t.Told, *told)
			}
			t.To = ch.Seq
		}
		if len(t.Told) > 0 || len(changes) == mostScan || q.Get("wait") == "0" || !l.cfg.Now().Before(end) {
			return l.answer(w, &t)
		}
		if t.To > since {
			// What waits to be carried out there waits for this to be heard (X-After).
			waiting, err := l.waiting(ctx, c.link.ID)
			if err != nil {
				return err
			}
			if len(waiting) > 0 {
				return l.answer(w, &t)
			}
		}
		if err := l.pause(ctx, c.link.ID, t.To); err != nil {
			return err
		}
	}
}

// pause returns once the journal has moved on, or after a second: the link may
// have been revoked meanwhile.
func (l *Links) pause(ctx context.Context, link string, seq int64) error {
	for range int(time.Second / glance) {
		if err := sleep(ctx, glance); err != nil {
			return err
		}
		head, err := l.cfg.Real.Head(ctx)
		if err != nil || head > seq {
			return err
		}
	}
	active, err := l.active(ctx)
	if err == nil && !slices.ContainsFunc(active, func(k *dispatch.Link) bool { return k.ID == link }) {
		err = &problem{Code: codeUnlinked, Message: "the link was revoked", MessageZH: "联网已撤销"}
	}
	return err
}

// tell is the change as the neighbour sees it; nil where that is nothing.
func (l *Links) tell(ctx context.Context, c *caller, ch *dispatch.Change, names *names) (*dispatch.Told, error) {
	seen, ok := ch.See(l.onlooker(c))
	if !ok {
		return nil, nil
	}
	t := &dispatch.Told{Seq: ch.Seq, Kind: ch.Kind, By: seen.Actor.Name, Note: seen.Note}
	for _, r := range seen.Put {
		if !dispatch.Tells(r) {
			continue
		}
		var scope dispatch.Scope
		for _, p := range ch.Puts {
			if dispatch.RefOf(p.Record) == dispatch.RefOf(r) {
				scope = p.After
			}
		}
		told, err := l.told(ctx, c, r, scope, names)
		if err != nil {
			return nil, err
		}
		t.Put = append(t.Put, told)
	}
	for _, ref := range seen.Drop {
		if slices.Contains(dispatch.Linked, ref.Kind) {
			t.Drop = append(t.Drop, ref)
		}
	}
	if len(t.Put)+len(t.Drop) == 0 {
		return nil, nil
	}
	return t, nil
}

// onlooker is the neighbour now.
func (l *Links) onlooker(c *caller) dispatch.Onlooker { return c.au.At(l.cfg.Now()) }

// tierOf is what the neighbour may do with a record of the scope.
func (l *Links) tierOf(s dispatch.Scope, c *caller) dispatch.Tier {
	switch dispatch.Relate(c.actor, l.cfg.Now(), dispatch.Ref{}, s) {
	case dispatch.Viewer, dispatch.Stranger:
		return dispatch.TierView
	}
	return dispatch.TierAssist
}

// told is the record as it is told, with what its scope allows.
func (l *Links) told(ctx context.Context, c *caller, r dispatch.Record, s dispatch.Scope, names *names) (dispatch.ToldRecord, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return dispatch.ToldRecord{}, err
	}
	if s.Agency != c.actor.Agency && len(s.Shares) == 0 && s.Reach == "" {
		// What is redacted does not say for what reason it is seen.
		whole, err := l.cfg.Real.Get(ctx, dispatch.RefOf(r), nil)
		if err != nil {
			return dispatch.ToldRecord{}, err
		}
		s = dispatch.HeadOf(whole).Scope
	}
	name, err := names.of(ctx, dispatch.HeadOf(r).Scope.Agency)
	return dispatch.ToldRecord{Record: raw, Agency: name, Tier: l.tierOf(s, c), Until: s.Lasts(c.actor.Agency, c.actor.Home, l.cfg.Now())}, err
}

// names are those of agencies, looked up once an answer.
type names struct {
	l    *Links
	seen map[string]string
}

func (n *names) of(ctx context.Context, agency string) (string, error) {
	if name, ok := n.seen[agency]; ok || agency == "" {
		return name, nil
	}
	rec, err := n.l.cfg.Real.Get(ctx, dispatch.Ref{Kind: dispatch.KindAgency, ID: agency}, nil)
	if err != nil {
		return "", err
	}
	if n.seen == nil {
		n.seen = map[string]string{}
	}
	n.seen[agency] = rec.(*dispatch.Agency).Name
	return n.seen[agency], nil
}

// whole tells all that the neighbour sees.
func (l *Links) whole(w http.ResponseWriter, r *http.Request, c *caller) error {
	t := Tidings{Whole: true, You: c.link.Region, Told: []dispatch.Told{{Kind: "link.hear"}}}
	var shown []dispatch.Record
	_, err := l.cfg.Real.Snapshot(r.Context(), l.onlooker(c), func(h dispatch.SnapshotHead) error {
		t.Epoch, t.From, t.To = h.Epoch, h.Seq, h.Seq
		return nil
	}, func(rec dispatch.Record) error {
		if dispatch.Tells(rec) {
			shown = append(shown, rec)
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.Told[0].Seq = t.To
	names := &names{l: l}
	for _, rec := range shown {
		told, err := l.told(r.Context(), c, rec, dispatch.HeadOf(rec).Scope, names)
		if err != nil {
			return err
		}
		t.Told[0].Put = append(t.Told[0].Put, told)
	}
	return l.answer(w, &t)
}

// records tells some records as they are now.
func (l *Links) records(w http.ResponseWriter, r *http.Request, c *caller) error {
	ctx := r.Context()
	refs := r.URL.Query()["ref"]
	if len(refs) > mostRefs {
		return &dispatch.Error{Code: dispatch.Invalid, Field: "ref", Message: "at most 50 records at once", MessageZH: "一次最多 50 条"}
	}
	head, err := l.cfg.Real.Head(ctx)
	if err != nil {
		return err
	}
	out := records{Seq: head, You: c.link.Region}
	names, by := &names{l: l}, l.onlooker(c)
	for _, text := range refs {
		kind, id, _ := strings.Cut(text, "/")
		ref := dispatch.Ref{Kind: dispatch.Kind(kind), ID: id}
		if !slices.Contains(dispatch.Linked, ref.Kind) {
			return &dispatch.Error{Code: dispatch.Invalid, Field: "ref", Message: "does not pass a link", MessageZH: "此类记录不经联网传递"}
		}
		found, err := l.cfg.Real.Find(ctx, dispatch.Query{Kind: ref.Kind, Audience: &by, IDs: []string{id}})
		if err != nil {
			return err
		}
		if len(found) == 0 || !dispatch.Tells(found[0]) {
			out.Gone = append(out.Gone, ref)
			continue
		}
		told, err := l.told(ctx, c, found[0], dispatch.HeadOf(found[0]).Scope, names)
		if err != nil {
			return err
		}
		out.Put = append(out.Put, told)
	}
	return l.answer(w, &out)
}

// positions tells where the teams are that the neighbour sees, as far as that
// came after since (milliseconds since 1970).
func (l *Links) positions(w http.ResponseWriter, r *http.Request, c *caller) error {
	since, _ := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	by := l.onlooker(c)
	teams, err := l.cfg.Real.Find(r.Context(), dispatch.Query{Kind: dispatch.KindTeam, Audience: &by, Limit: 1000})
	if err != nil {
		return err
	}
	out := []dispatch.Position{}
	for _, t := range teams {
		if id := dispatch.HeadOf(t).ID; dispatch.Tells(t) && dispatch.SeePosition(by, id, dispatch.HeadOf(t).Scope) {
			if p, ok := l.cfg.Real.Latest(id); ok && p.Received.UnixMilli() > since {
				out = append(out, p)
			}
		}
	}
	return l.answer(w, out)
}

// command carries out what the neighbour asks.
func (l *Links) command(w http.ResponseWriter, r *http.Request, c *caller, name string) error {
	if !dispatch.Abroad(name) {
		return &dispatch.Error{Code: dispatch.Forbidden, Message: "a neighbour may not give this command", MessageZH: "联网不能执行此命令"}
	}
	after, err := strconv.ParseInt(r.Header.Get("X-After"), 10, 64)
	if err != nil {
		return &dispatch.Error{Code: dispatch.Invalid, Field: "X-After", Message: "is the number of a change", MessageZH: "应为变更序号"}
	}
	if epoch, reached := l.reached(c.link.ID); epoch != r.Header.Get("X-Epoch") || reached < after {
		return &problem{Code: codeBehind, Message: "what you decided before is not heard yet; try again", MessageZH: "此前的变更尚未收到，请重试"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, dispatch.MaxBody))
	if err != nil {
		return &dispatch.Error{Code: dispatch.TooLarge, Field: "body", Message: "the command is too large", MessageZH: "命令内容过大"}
	}
	done, err := l.cfg.Service.Do(r.Context(), c.actor, name, r.Header.Get("Idempotency-Key"), body)
	if err != nil {
		return err
	}
	return l.answer(w, map[string]int64{"seq": done.Change.Seq})
}

func (l *Links) answer(w http.ResponseWriter, v any) error {
	if t, ok := v.(*Tidings); ok {
		t.Now = l.cfg.Now().UTC()
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // a connection that breaks is asked anew
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
