package pgstore

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
)

// BenchmarkCommand edits one record under lock per command, each writer its own.
func BenchmarkCommand(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint("writers=", writers), func(b *testing.B) {
			f := open(b, Options{MaxConns: 32})
			for n := range writers {
				f.put(dispatch.Live, testTeam(fmt.Sprint("t", n)))
			}
			var left, failed atomic.Int64
			left.Store(int64(b.N))
			done := make(chan struct{})
			b.ResetTimer()
			for n := range writers {
				go func() {
					defer func() { done <- struct{}{} }()
					for left.Add(-1) >= 0 {
						if f.edit(dispatch.Live, dispatch.Ref{Kind: dispatch.KindTeam, ID: fmt.Sprint("t", n)}, func(r dispatch.Record) { r.(*dispatch.Team).Crew++ }) != nil {
							failed.Add(1)
						}
					}
				}()
			}
			for range writers {
				<-done
			}
			if failed.Load() > 0 {
				b.Fatalf("%d of %d commands failed", failed.Load(), b.N)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}

// BenchmarkSnapshot reads a board of 2,000 teams.
func BenchmarkSnapshot(b *testing.B) {
	f := open(b, Options{})
	_, err := f.command(b.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
		var teams []dispatch.Record
		for n := range 2000 {
			teams = append(teams, testTeam(fmt.Sprint("t", n)))
		}
		return tx.PutBulk(ctx, teams)
	})
	if err != nil {
		b.Fatal(err)
	}
	au := dispatch.Audience{Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "a1"}
	for b.Loop() {
		if s, _ := f.snapshot(b, au.At(time.Now())); len(s) != 2000 {
			b.Fatalf("%d teams", len(s))
		}
	}
}
