package link

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"liandong/dispatch"
)

// Source is how positions that a neighbour told are called.
const Source = "link"

// worker goes to one neighbour: it hears what happens there, and takes there
// what was decided here about its records.
type worker struct {
	*Links
	link *dispatch.Link
	http *http.Client
	base string
	// answers counts what the neighbour answered well.
	answers atomic.Int64
}

// answerWithin bounds a request; the feed waits on top of it.
const answerWithin = 15 * time.Second

func newWorker(l *Links, k *dispatch.Link) *worker {
	// The certificate is known by its fingerprint, which both administrators
	// compared. Who signed it, and for which name, says nothing more; so the
	// library's own check is off and this one stands in its place. It is done
	// on each handshake, resumed ones too.
	config := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{l.cfg.Pair}, InsecureSkipVerify: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 || dispatch.Fingerprint(cs.PeerCertificates[0].Raw) != k.Fingerprint {
				return errStranger
			}
			return nil
		}}
	t := &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}
	return &worker{Links: l, link: k, http: &http.Client{Transport: t}, base: "https://" + k.Address}
}

var errStranger = errors.New("the certificate there is not the one that was accepted")

func (w *worker) run(ctx context.Context) {
	defer w.http.CloseIdleConnections()
	var work sync.WaitGroup
	work.Go(func() { w.again(ctx, w.listen) })
	work.Go(func() { w.again(ctx, w.deliver) })
	work.Go(func() { w.again(ctx, w.follow) })
	work.Wait()
}

// again does it until ctx ends, with a pause after each failure.
func (w *worker) again(ctx context.Context, do func(context.Context) error) {
	pause := w.cfg.Retry
	for ctx.Err() == nil {
		answers := w.answers.Load()
		err := do(ctx)
		if ctx.Err() != nil {
			return
		}
		if w.answers.Load() > answers {
			pause = w.cfg.Retry
		}
		if err != nil {
			w.cfg.Log.Debug().Err(err).Str("link", w.link.Name).Msg("link")
			_ = sleep(ctx, pause)
			pause = min(2*pause, 5*time.Second)
		}
	}
}

// listen hears what the neighbour tells, from the cursor on.
func (w *worker) listen(ctx context.Context) error {
	rec, err := w.cfg.Real.Get(ctx, dispatch.Ref{Kind: dispatch.KindLink, ID: w.link.ID}, nil)
	if err != nil {
		return err
	}
	kept := rec.(*dispatch.Link).Cursor // as it is in the database
	at := kept.Seq
	for {
		var t Tidings
		q := url.Values{"epoch": {kept.Epoch}, "since": {strconv.FormatInt(at, 10)}}
		if err := w.get(ctx, "/link/v1/feed?"+q.Encode(), longest, &t); err != nil {
			w.fault(err)
			return err
		}
		if skew := w.cfg.Now().Sub(t.Now); skew.Abs() > w.cfg.Skew+answerWithin {
			err := &problem{Code: codeClock, Message: fmt.Sprintf("the clocks differ by %s", skew.Round(time.Second)), MessageZH: fmt.Sprintf("两地服务器时钟相差 %s，请先校时", skew.Round(time.Second))}
			w.fault(err)
			return err
		}
		if !t.Whole && (t.From != at || t.Epoch != kept.Epoch || t.To < t.From) {
			err := fmt.Errorf("tidings from %d to %d where %d was asked", t.From, t.To, at)
			w.fault(err)
			return err
		}
		hear := func(told dispatch.Told, to int64) error {
			err := w.cfg.Service.Hear(ctx, dispatch.Live, dispatch.LinkHear{Link: w.link.ID, Epoch: t.Epoch, From: kept.Seq, To: to, Whole: t.Whole, You: t.You, Told: told})
			if err == nil {
				kept.Epoch, kept.Seq = t.Epoch, to
			}
			return err
		}
		for _, told := range t.Told {
			to := told.Seq
			if t.Whole {
				to = t.To
			} else if to <= kept.Seq || to > t.To {
				return fmt.Errorf("change %d comes after %d, up to %d", to, kept.Seq, t.To)
			}
			if err := hear(told, to); err != nil {
				w.fault(err)
				return err
			}
		}
		at = t.To
		if at-kept.Seq >= mostScan {
			// What is nothing to us is not asked for again after a restart.
			if err := hear(dispatch.Told{Kind: "link.hear"}, at); err != nil {
				return err
			}
		}
		w.mark(func(s *tally) {
			s.epoch, s.reached, s.heard, s.fault, s.why, s.whyZH = t.Epoch, at, w.cfg.Now().UTC(), "", "", ""
		}, w.link.ID)
	}
}

// fault notes why nothing is heard.
func (w *worker) fault(err error) {
	code, why, zh := dispatch.Code("cut"), "the neighbour's server cannot be reached", "无法连接对方服务器"
	var p *problem
	var e *dispatch.Error
	switch {
	case errors.As(err, &p):
		code, why, zh = p.Code, p.Message, p.MessageZH
	case errors.As(err, &e):
		code, why, zh = e.Code, e.Message, e.MessageZH
	case errors.Is(err, errStranger):
		code, why, zh = codeUnlinked, errStranger.Error(), "对方服务器的证书不是已接受的那一份"
	}
	w.mark(func(s *tally) {
		if s.fault != code {
			w.cfg.Log.Warn().Str("link", w.link.Name).Str("code", string(code)).Msg(why)
		}
		s.fault, s.why, s.whyZH = code, why, zh
	}, w.link.ID)
}

// deliver takes the waiting parcels to the neighbour, one after the other in the
// order in which they were given.
func (w *worker) deliver(ctx context.Context) error {
	parcels, err := w.waiting(ctx, w.link.ID)
	if err != nil {
		return err
	}
	if len(parcels) == 0 {
		return sleep(ctx, glance)
	}
	epoch, err := w.cfg.Real.Epoch(ctx)
	if err != nil {
		return err
	}
	head, err := w.cfg.Real.Head(ctx)
	if err != nil {
		return err
	}
	for _, p := range parcels {
		if err := w.take(ctx, p, epoch, head); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) take(ctx context.Context, p *dispatch.Parcel, epoch string, head int64) error {
	in := dispatch.ParcelSettle{Parcel: p.ID}
	req := func(ctx context.Context) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/link/v1/commands/"+p.Command, bytes.NewReader(p.Body))
		if err == nil {
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", p.ID)
			r.Header.Set("X-On-Behalf", escape(p.By))
			r.Header.Set("X-Epoch", epoch)
			r.Header.Set("X-After", strconv.FormatInt(head, 10))
		}
		return r, err
	}
	var done struct {
		Seq int64 `json:"seq"`
	}
	err := w.ask(ctx, req, 0, &done)
	var refused *problem
	switch {
	case err == nil:
	case errors.As(err, &refused) && final(refused.Code):
		in.Refusal, in.RefusalZH = refused.Message, refused.MessageZH
	default:
		if refused == nil || refused.Code != codeBehind {
			w.fault(err)
		}
		return err
	}
	q := url.Values{}
	for _, ref := range p.Records {
		q.Add("ref", string(ref.Kind)+"/"+ref.ID)
	}
	var now records
	if err := w.get(ctx, "/link/v1/records?"+q.Encode(), 0, &now); err != nil {
		return err
	}
	in.Seq, in.You, in.Put, in.Gone = max(now.Seq, done.Seq), now.You, now.Put, now.Gone
	return w.cfg.Service.Settle(ctx, dispatch.Live, in)
}

// final tells whether the home has decided, or only could not.
func final(c dispatch.Code) bool {
	switch c {
	case dispatch.Unavailable, dispatch.Throttled, codeUnlinked, codeClock, codeBehind:
		return false
	}
	return true
}

// follow asks where the neighbour's teams are, as long as any is to be seen.
func (w *worker) follow(ctx context.Context) error {
	since := int64(0)
	for {
		if err := sleep(ctx, 2*time.Second); err != nil {
			return nil
		}
		teams, err := w.cfg.Real.Find(ctx, dispatch.Query{Kind: dispatch.KindTeam, Agency: w.link.Region, Limit: 1000})
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, t := range teams {
			if o := dispatch.HeadOf(t).Origin; o != nil && o.Link == w.link.ID {
				known[dispatch.HeadOf(t).ID] = true
			}
		}
		if len(known) == 0 {
			continue
		}
		var fixes []dispatch.Position
		if err := w.get(ctx, "/link/v1/positions?since="+strconv.FormatInt(since, 10), 0, &fixes); err != nil {
			return err
		}
		for _, p := range fixes {
			since = max(since, p.Received.UnixMilli())
			if !known[p.Team] {
				continue // nobody else's team is moved
			}
			p.Realm, p.Device, p.Source, p.Flag = dispatch.Live, "link:"+w.link.ID, Source, ""
			if err := w.cfg.Lane.Submit(ctx, p); err != nil {
				return err
			}
		}
	}
}

func (w *worker) get(ctx context.Context, path string, longer time.Duration, out any) error {
	return w.ask(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, nil)
	}, longer, out)
}

// ask sends a request and reads the answer; a refusal is a *problem.
func (w *worker) ask(ctx context.Context, make func(context.Context) (*http.Request, error), longer time.Duration, out any) error {
	ctx, stop := context.WithTimeout(ctx, answerWithin+longer)
	defer stop()
	req, err := make(ctx)
	if err != nil {
		return err
	}
	req.Header.Set("X-Now", w.cfg.Now().UTC().Format(time.RFC3339Nano))
	resp, err := w.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address
		}
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		p := &problem{}
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") || json.Unmarshal(body, p) != nil || p.Code == "" {
			return fmt.Errorf("%s: %.200s", resp.Status, body)
		}
		return p
	}
	w.answers.Add(1)
	return json.Unmarshal(body, out)
}
