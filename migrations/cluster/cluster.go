//go:build unix

package cluster

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superRole = "postgres"
	ownerRole = "liandong_owner"
	appRole   = "liandong"
	database  = "liandong"
)

// Roles is the SQL that makes the two roles of the program, for a server of the operator's own.
//
//go:embed roles.sql
var Roles string

// Bootstrap is the SQL that a superuser runs in the new database before the first migration.
//
//go:embed bootstrap.sql
var Bootstrap string

// Config says where the cluster lives. Only Dir is needed.
type Config struct {
	Dir      string            // holds the data, the lock, the socket and the log; made when missing
	Log      func(msg string)  // gets sentences for the operator; may be nil; called from several goroutines
	Settings map[string]string // further lines of postgresql.conf, values quoted as there
}

// Cluster is a PostgreSQL in use, ours or adopted. Its methods may be called from any goroutine.
type Cluster struct {
	folder folder
	bin    string
	major  int
	cfg    Config

	cancel context.CancelFunc // ends the supervision
	done   chan struct{}      // closed when it has ended

	mu    sync.Mutex
	lock  *lock
	child *child // nil while another process supervises
}

// Start returns when PostgreSQL answers and the database, its roles and extensions are there. It
// makes the data on the first start. From then on PostgreSQL is kept running until Stop, whatever
// happens to ctx, which only bounds the start. Errors are sentences for the operator; ErrMissing
// says what to install.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	c, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, giveUp)
	defer stop()
	for {
		l, err := takeLock(filepath.Join(c.folder.dir, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			return nil, err
		}
		if l != nil {
			c.lock = l
			if err := c.launch(ctx, c.folder.spawn); err != nil {
				l.release()
				return nil, err
			}
			break
		}
		// Another process supervises. It may still be starting, or leave before it is done.
		if c.Ready() == nil {
			c.cfg.Log("using the PostgreSQL that another process runs in " + c.folder.dir)
			break
		}
		if err := pause(ctx, look); err != nil {
			return nil, fmt.Errorf("cluster: another process holds %s/lock, but its PostgreSQL does not answer: %w", c.folder.dir, err)
		}
	}
	watch, cancel := context.WithCancel(context.Background())
	c.cancel, c.done = cancel, make(chan struct{})
	go c.supervise(watch)
	return c, nil
}

// Launch starts PostgreSQL, or uses the one that runs, without supervising it: it outlives this
// process. It serves the tests, whose processes come and go and share one server. Stop ends it
// for everybody.
func Launch(ctx context.Context, cfg Config) (*Cluster, error) {
	c, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	l, err := takeLock(filepath.Join(c.folder.dir, "lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer l.release()
	if pid, _ := c.folder.postmaster(); pid != 0 && c.Ready() == nil {
		return c, nil
	}
	if err := c.launch(ctx, c.folder.detach); err != nil {
		return nil, err
	}
	return c, nil
}

func prepare(cfg Config) (*Cluster, error) {
	if cfg.Log == nil {
		cfg.Log = func(string) {}
	}
	f, why, err := place(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if why != "" {
		cfg.Log(why)
	}
	major, err := f.major()
	if err != nil {
		return nil, err
	}
	bin, major, err := FindBin(major)
	if err != nil {
		return nil, err
	}
	return &Cluster{folder: f, bin: bin, major: major, cfg: cfg}, nil
}

// launch brings PostgreSQL up on the data. The lock is held.
func (c *Cluster) launch(ctx context.Context, start func(bin string) (*child, error)) error {
	if err := c.folder.clear(ctx, c.cfg.Log); err != nil {
		return err
	}
	made, err := c.folder.major()
	if err != nil {
		return err
	}
	if made == 0 {
		c.cfg.Log(fmt.Sprintf("making a PostgreSQL %d cluster in %s", c.major, c.folder.data()))
		if err := c.folder.initialise(ctx, c.bin); err != nil {
			return err
		}
	}
	if err := c.folder.configure(c.cfg.Settings); err != nil {
		return err
	}
	ch, err := start(c.bin)
	if err != nil {
		return err
	}
	for c.ping(ctx, superRole, "postgres") != nil {
		select {
		case <-ch.exited:
			return fmt.Errorf("cluster: PostgreSQL ended at its start (%s): %s", ch.state, c.folder.lastWords())
		case <-ctx.Done():
			err := c.folder.end(ctx, ch.pid)
			return errors.Join(fmt.Errorf("cluster: PostgreSQL did not answer in time: %w", ctx.Err()), err)
		case <-time.After(look):
		}
	}
	if err := c.bootstrap(ctx); err != nil {
		return errors.Join(err, c.folder.end(ctx, ch.pid))
	}
	c.mu.Lock()
	c.child = ch
	c.mu.Unlock()
	return nil
}

// bootstrap makes roles, database and extensions. It runs at every start and changes nothing that
// is there, so that an interrupted first start is completed by the second.
func (c *Cluster) bootstrap(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.url(superRole, "postgres"))
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, Roles); err != nil {
		return fmt.Errorf("cluster: roles: %w", err)
	}
	var there bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", database).Scan(&there); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if !there {
		if _, err := conn.Exec(ctx, "create database "+database+" owner "+ownerRole); err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
	}
	inside, err := pgx.Connect(ctx, c.url(superRole, database))
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer inside.Close(ctx)
	if _, err := inside.Exec(ctx, "set client_min_messages = warning; "+Bootstrap); err != nil {
		return fmt.Errorf("cluster: bootstrap: %w", err)
	}
	return nil
}

// URL is the address of the database for the application's role: neither owner nor superuser.
func (c *Cluster) URL() string { return c.url(appRole, database) }

// AdminURL is the address for the owner of the schema, who migrates.
func (c *Cluster) AdminURL() string { return c.url(ownerRole, database) }

// SuperURL is the address for the superuser, connected to the database postgres. A restore needs
// it (extensions, dropping the database), and the tests.
func (c *Cluster) SuperURL() string { return c.url(superRole, "postgres") }

// Bin is the folder of PostgreSQL's programs (pg_dump, pg_restore) of the version in use.
func (c *Cluster) Bin() string { return c.bin }

// Dir is the folder in use; it differs from Config.Dir where the server's user could not enter that.
func (c *Cluster) Dir() string { return c.folder.dir }

// PID is the process number of PostgreSQL, 0 when it does not run.
func (c *Cluster) PID() int {
	pid, _ := c.folder.postmaster()
	return pid
}

func (c *Cluster) url(role, db string) string {
	q := url.Values{"host": {c.folder.sockets}, "port": {"5432"}}
	return (&url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + db, RawQuery: q.Encode()}).String()
}

// Ready reports whether the application can use the database now.
func (c *Cluster) Ready() error {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	if err := c.ping(ctx, appRole, database); err != nil {
		return fmt.Errorf("cluster: PostgreSQL does not answer: %w", err)
	}
	return nil
}

// Wait returns when the application can use the database, or with the error of ctx.
func (c *Cluster) Wait(ctx context.Context) error {
	for c.Ready() != nil {
		if err := pause(ctx, look); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) ping(ctx context.Context, role, db string) error {
	if _, err := os.Stat(filepath.Join(c.folder.sockets, socketName)); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, c.url(role, db))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.Ping(ctx)
}
