package main

import (
	"context"
	"time"

	"liandong/realtime"
)

// simulate tells each second where the simulated teams of all drills are, until ctx ends.
func (h *house) simulate(ctx context.Context) {
	sims := &realtime.Sims{Records: h.store, Lane: h.lane, Clock: h.service.Now}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	failing := false
	for {
		realms, err := h.store.Realms(ctx)
		if err == nil {
			err = sims.Step(ctx, realms)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			h.log.Warn().Err(err).Msg("simulated teams stand still on the map; it is tried again each second")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
