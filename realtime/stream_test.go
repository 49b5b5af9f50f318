package realtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
)

func TestWindow(t *testing.T) {
	w := window{most: 3}
	if _, ok := w.after(0); ok {
		t.Error("an empty window reaches nowhere")
	}
	for seq := int64(4); seq <= 8; seq++ {
		w.push(&entry{change: &dispatch.Change{Seq: seq}})
	}
	for from, want := range map[int64]string{0: "behind", 3: "behind", 4: "behind", 5: "6 7 8", 6: "7 8", 7: "8", 8: "", 9: ""} {
		es, ok := w.after(from)
		var seqs []string
		for _, e := range es {
			seqs = append(seqs, fmt.Sprint(e.change.Seq))
		}
		got := strings.Join(seqs, " ")
		if !ok {
			got = "behind"
		}
		if got != want {
			t.Errorf("after %d: got %q, want %q", from, got, want)
		}
	}
}

// still is a stream that nobody tails, with the book's changes delivered.
func still(t testing.TB, b *book) *stream {
	s := &stream{realm: dispatch.Live, epoch: "e1", journal: b, records: b, limits: Limits{}.orDefault(), now: time.Now, clock: time.Now,
		bell: make(chan struct{}, 1), delivered: func([]*dispatch.Change) {}, groups: map[dispatch.Audience]*group{}, window: window{most: 2000}}
	if err := s.load(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNextIsNeverTheFrameOfAnotherStep(t *testing.T) {
	b := newBook()
	b.put(incident("i1", "fire"))
	s := still(t, b)
	g := &group{au: dispatch.Audience{Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "fire"}}
	first, err := s.next(g, 0, 0)
	if err != nil || first.frame == nil || first.to != 1 || first.more {
		t.Fatalf("got %+v, %v", first, err)
	}
	if again, _ := s.next(g, 0, 0); again.frame != first.frame {
		t.Error("who stands at the same place shares the frame")
	}
	b.put(incident("i2", "fire"))
	if err := s.follow(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if st, _ := s.next(g, 0, 0); st.frame == first.frame || st.to != 2 {
		t.Errorf("the journal moved on, the frame did not: %+v", st)
	}
	if st, _ := s.next(g, 1, 1); st.frame == first.frame || st.to != 2 {
		t.Errorf("another cursor got the frame of the first: %+v", st)
	}
	if st, _ := s.next(g, 2, 2); st.frame != nil || st.to != 2 {
		t.Errorf("at the head there is nothing: %+v", st)
	}
	s.window = window{most: 1, first: 2, entries: s.window.entries[1:]}
	if _, err := s.next(g, 0, 0); !errors.Is(err, errBehind) {
		t.Errorf("behind the window: got %v", err)
	}
}

func TestLongBacklogGoesInSeveralFrames(t *testing.T) {
	b := newBook()
	for i := range 100 {
		in := incident(fmt.Sprint("i", i), "fire")
		in.Description = strings.Repeat("x", 8000)
		b.put(in)
	}
	s := still(t, b)
	g := &group{au: dispatch.Audience{Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "fire"}}
	frames := 0
	for cursor := int64(0); cursor < 100; frames++ {
		st, err := s.next(g, cursor, cursor)
		if err != nil || st.frame == nil || st.to <= cursor || st.more != (st.to < 100) {
			t.Fatalf("from %d: %+v, %v", cursor, st, err)
		}
		cursor = st.to
	}
	if frames != 4 { // 100 changes of about 8.5 KB, 256 KiB a frame
		t.Errorf("%d frames, want 4", frames)
	}
}
