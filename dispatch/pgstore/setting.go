package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Setting reads a setting into the value; false when it was never set.
func (s *Store) Setting(ctx context.Context, key string, into any) (bool, error) {
	var raw []byte
	err := s.pool.QueryRow(ctx, "select value from setting where key = $1", key).Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fault(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return true, fmt.Errorf("setting %s: %w", key, err)
	}
	return true, nil
}

// Sender is the name that was made up for the house when its database was made. A backup restored
// elsewhere keeps it: a message that went out before is still its own.
func (s *Store) Sender(ctx context.Context) (string, error) {
	var name string
	if there, err := s.Setting(ctx, "sender", &name); err != nil || !there || name == "" {
		return "", errors.Join(errors.New("the setting sender is missing: the database is older than the program"), err)
	}
	return name, nil
}

// SetSetting writes a setting.
func (s *Store) SetSetting(ctx context.Context, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("setting %s: %w", key, err)
	}
	return s.exec(ctx, `insert into setting (key, value) values ($1, $2)
		on conflict (key) do update set value = excluded.value, updated = now()`, key, string(raw))
}

// Demo tells whether the database carries the mark of made-up data, and the seed it was made from.
func (s *Store) Demo(ctx context.Context) (seed int64, demo bool, err error) {
	err = s.pool.QueryRow(ctx, "select seed from demo_marker").Scan(&seed)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return seed, err == nil, fault(err)
}

// ErrNotEmpty says that real data is there: a demo never goes into it.
var ErrNotEmpty = errors.New("the database holds records already; made-up data goes only into an empty one")

// MarkDemo marks an empty database for made-up data. It does nothing to one that is marked already,
// and returns ErrNotEmpty for one with a journal.
func (s *Store) MarkDemo(ctx context.Context, seed int64) error {
	_, demo, err := s.Demo(ctx)
	if err != nil || demo {
		return err
	}
	tag, err := s.pool.Exec(ctx, "insert into demo_marker (seed) select $1 where not exists (select from journal) on conflict do nothing", seed)
	if err != nil {
		return fault(err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNotEmpty
	}
	return nil
}
