package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch/pgstore"
)

// witness keeps where the journals stand outside the database, so that a restored database is noticed.
type witness struct {
	store *pgstore.Store
	path  string
}

// check compares the database with the witness and starts a new epoch where they differ.
func (w witness) check(ctx context.Context, log zerolog.Logger) error {
	raw, err := os.ReadFile(w.path)
	var known *pgstore.Witness
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		known = new(pgstore.Witness)
		if err := json.Unmarshal(raw, known); err != nil {
			return fmt.Errorf("%s cannot be read (remove it to go on without): %w", w.path, err)
		}
	}
	epoch, err := w.store.CheckEpoch(ctx, known)
	if err != nil {
		return err
	}
	if known != nil && known.Epoch != epoch {
		log.Warn().Str("was", known.Epoch).Str("is", epoch).Msg("this is another journal than before: consoles take a new snapshot")
	}
	return w.note(ctx)
}

// keep notes the heads each minute.
func (w witness) keep(ctx context.Context, log zerolog.Logger) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := w.note(ctx); err != nil && ctx.Err() == nil {
				log.Warn().Err(err).Msg("the witness of the journal could not be written")
			}
		}
	}
}

func (w witness) note(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	now, err := w.store.Witness(ctx)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(now)
	if err != nil {
		return err
	}
	part := w.path + ".part"
	if err := os.WriteFile(part, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(part, w.path)
}
