package main

import (
	"context"

	"liandong/cmd/liandong/demo"
)

// live keeps the demo city alive until ctx ends.
func (h *house) live(ctx context.Context) {
	demo.NewLive(demo.LiveConfig{Service: h.service, Journal: h.store, Lane: h.lane, Seed: 1}).Run(ctx, func(err error) {
		h.log.Warn().Err(err).Msg("the demo city stands still; it goes on when it can")
	})
}
