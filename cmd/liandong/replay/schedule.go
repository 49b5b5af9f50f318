package replay

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"
)

// ahead bounds how far the steps under way may lie apart, on the log's clock:
// what different units do at once at full speed is what they did within the
// same hour.
const ahead = time.Hour

// schedule carries the steps out, each after those it waits for, earliest
// first, with several workers. With speed above 0 a step begins no earlier than
// its time divided by speed. It ends with the first error of do.
func schedule(ctx context.Context, steps []*step, workers int, speed float64, do func(context.Context, *step) error) error {
	if len(steps) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &scheduler{steps: steps, left: len(steps), speed: speed, first: steps[0].at, begun: time.Now()}
	s.wake.L = &s.mu
	for _, st := range steps {
		if st.waits == 0 {
			heap.Push(&s.ready, st)
		}
	}
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		s.over = true
		s.wake.Broadcast()
		s.mu.Unlock()
	})
	defer stop()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for st := s.take(); st != nil; st = s.take() {
				if err := do(ctx, st); err != nil {
					cancel(err)
				}
				s.finished(st)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if s.left > 0 {
		return errors.New("the steps wait for one another in a circle")
	}
	return nil
}

type scheduler struct {
	mu    sync.Mutex
	wake  sync.Cond
	steps []*step // in time order
	low   int     // the first that is not done
	busy  int
	ready queue
	left  int
	over  bool
	speed float64
	first time.Time
	begun time.Time
}

// take waits for a step that may be done; nil when there will be none.
func (s *scheduler) take() *step {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.over || s.left == 0 || len(s.ready) == 0 && s.busy == 0 {
			s.wake.Broadcast()
			return nil
		}
		var alarm *time.Timer
		if len(s.ready) > 0 && !s.ready[0].at.After(s.steps[s.low].at.Add(ahead)) {
			wait := s.early(s.ready[0])
			if wait <= 0 {
				s.busy++
				return heap.Pop(&s.ready).(*step)
			}
			alarm = time.AfterFunc(wait, s.wake.Broadcast)
		}
		s.wake.Wait()
		if alarm != nil {
			alarm.Stop()
		}
	}
}

func (s *scheduler) finished(st *step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.done = true
	s.left--
	s.busy--
	for s.low < len(s.steps) && s.steps[s.low].done {
		s.low++
	}
	for _, n := range st.next {
		if n.waits--; n.waits == 0 {
			heap.Push(&s.ready, n)
		}
	}
	s.wake.Broadcast()
}

// early is how long the step's time is off on the replay's own clock.
func (s *scheduler) early(st *step) time.Duration {
	if s.speed <= 0 {
		return 0
	}
	return time.Until(s.begun.Add(time.Duration(float64(st.at.Sub(s.first)) / s.speed)))
}

// queue is a heap of steps, the earliest first.
type queue []*step

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*step)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
