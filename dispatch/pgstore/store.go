package pgstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"liandong/dispatch"
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	reader
	pool  *pgxpool.Pool
	heart *heart
	epoch atomic.Pointer[string]
	opts  Options
	told  sync.Map // firstTold by realm and keyframe
}

var _ dispatch.Store = (*Store)(nil)

// Options are the few things about a store that are not in its address. The zero value is good.
type Options struct {
	// Name is shown in pg_stat_activity; "liandong" when empty.
	Name string
	// MaxConns is the size of the pool; 24 when zero.
	MaxConns int32
	// Patience is how long a command is tried again while the database is away, before it is refused
	// as unavailable; 1.5 s when zero.
	Patience time.Duration
	// KeepTrack is how long tracks are kept; 90 days when zero.
	KeepTrack time.Duration

	dial pgconn.DialFunc // tests cut connections with it
}

// Limits of one statement, sent with each connection. A row lock is waited for as long as one command
// may take; a connection that a dead program left open in a transaction is cut.
var limits = map[string]string{
	"statement_timeout":                   "15s",
	"lock_timeout":                        "10s",
	"idle_in_transaction_session_timeout": "30s",
	// A server that lost its power is noticed in about ten seconds, with the locks it held.
	"tcp_keepalives_idle":           "4",
	"tcp_keepalives_interval":       "2",
	"tcp_keepalives_count":          "3",
	"timezone":                      "UTC",
	"default_transaction_isolation": "read committed",
}

// Open connects to the migrated database behind dsn, a PostgreSQL address of the application's role,
// and makes sure that tracks can be written. It returns Unavailable when the server does not answer.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	opts.defaults()
	cfg.MaxConns = opts.MaxConns
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.ConnectTimeout = answerIn
	cfg.ConnConfig.RuntimeParams["application_name"] = opts.Name
	for k, v := range limits {
		cfg.ConnConfig.RuntimeParams[k] = v
	}
	s := &Store{opts: opts}
	cfg.AfterConnect = s.connected
	if opts.dial != nil {
		cfg.ConnConfig.DialFunc = opts.dial
	}
	probe := cfg.ConnConfig.Copy()
	s.heart = newHeart(cfg.ConnConfig.DialFunc, func(ctx context.Context) error { return knock(ctx, probe) })
	cfg.ConnConfig.DialFunc, probe.DialFunc = s.heart.Dial, s.heart.Dial
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		s.heart.end()
		return nil, fmt.Errorf("database address: %w", err)
	}
	s.pool, s.reader = pool, reader{q: pool}
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// knock tells whether a fresh connection is answered.
func knock(ctx context.Context, cfg *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return conn.Ping(ctx)
}

func (o *Options) defaults() {
	if o.Name == "" {
		o.Name = "liandong"
	}
	if o.MaxConns == 0 {
		o.MaxConns = 24
	}
	if o.Patience == 0 {
		o.Patience = 1500 * time.Millisecond
	}
	if o.KeepTrack == 0 {
		o.KeepTrack = 90 * 24 * time.Hour
	}
}

func (s *Store) start(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if _, err := s.CheckEpoch(ctx, nil); err != nil {
		return err
	}
	_, err := s.KeepTrack(ctx, time.Now())
	return err
}

// Close ends all connections; it waits for those in use.
func (s *Store) Close() {
	s.pool.Close()
	s.heart.end()
}

// Ping tells whether the database answers, within two seconds.
func (s *Store) Ping(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 2*time.Second)
	defer stop()
	return fault(s.pool.Ping(ctx))
}

// querier is what a pool, a connection and a transaction have in common.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// exec runs a statement that answers no rows.
func (s *Store) exec(ctx context.Context, sql string, args ...any) error {
	_, err := s.pool.Exec(ctx, sql, args...)
	return fault(err)
}
