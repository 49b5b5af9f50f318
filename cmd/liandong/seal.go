package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
)

// sealed is one signed head of a journal: whoever holds a copy of it, and the
// public key, can later tell whether the rows up to it were rewritten.
type sealed struct {
	Epoch string         `json:"epoch"`
	Realm dispatch.Realm `json:"realm"`
	Seq   int64          `json:"seq"`
	Hash  string         `json:"hash"` // hexadecimal
	At    time.Time      `json:"at"`
	Sig   string         `json:"sig"` // Ed25519 over text(), base64
}

// text is what is signed.
func (s sealed) text() []byte {
	return fmt.Appendf(nil, "liandong head 1\n%s\n%s\n%d\n%s\n%s\n", s.Epoch, s.Realm, s.Seq, s.Hash, s.At.UTC().Format(time.RFC3339))
}

// sealer signs the heads of all journals into heads.jsonl of its folder, which
// is meant to be copied to somebody else. The private key never leaves it.
type sealer struct {
	store *pgstore.Store
	dir   string
	key   ed25519.PrivateKey
	last  map[dispatch.Realm]int64
}

// newSealer reads the key, or makes one.
func newSealer(store *pgstore.Store, dir string) (*sealer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	private, public := filepath.Join(dir, "seal.key"), filepath.Join(dir, "seal.pub")
	raw, err := os.ReadFile(private)
	if errors.Is(err, os.ErrNotExist) {
		_, fresh, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		raw = []byte(base64.StdEncoding.EncodeToString(fresh.Seed()) + "\n")
		if err := os.WriteFile(private, raw, 0o600); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s is no key: want 32 bytes in base64", private)
	}
	key := ed25519.NewKeyFromSeed(seed)
	pub := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)) + "\n"
	if err := os.WriteFile(public, []byte(pub), 0o644); err != nil {
		return nil, err
	}
	return &sealer{store, dir, key, map[dispatch.Realm]int64{}}, nil
}

// keep seals at once and then hourly, until ctx ends.
func (s *sealer) keep(ctx context.Context, log zerolog.Logger) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.seal(ctx, time.Now()); err != nil && ctx.Err() == nil {
			log.Warn().Err(err).Msg("the head of the journal could not be signed")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// seal signs the heads that moved since the last time.
func (s *sealer) seal(ctx context.Context, at time.Time) error {
	w, err := s.store.Witness(ctx)
	if err != nil {
		return err
	}
	var lines []byte
	for realm, h := range w.Heads {
		if h.Seq == s.last[realm] {
			continue
		}
		x := sealed{Epoch: w.Epoch, Realm: realm, Seq: h.Seq, Hash: hex.EncodeToString(h.Hash), At: at.UTC().Truncate(time.Second)}
		x.Sig = base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, x.text()))
		line, err := json.Marshal(x)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
		s.last[realm] = h.Seq
	}
	if len(lines) == 0 {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "heads.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(lines)
	return errors.Join(err, f.Close())
}

// checkSealed compares signed heads with the journal. It returns how many of
// them it checked and the first that does not fit.
func checkSealed(ctx context.Context, store *pgstore.Store, heads, key string, realms []dispatch.Realm) (checked int, wrong string, err error) {
	raw, err := os.ReadFile(key)
	if err != nil {
		return 0, "", err
	}
	public, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(public) != ed25519.PublicKeySize {
		return 0, "", fmt.Errorf("%s is no public key: want 32 bytes in base64, as in seal.pub", key)
	}
	text, err := os.ReadFile(heads)
	if err != nil {
		return 0, "", err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		var x sealed
		sig, bad := []byte(nil), json.Unmarshal(lines.Bytes(), &x)
		if bad == nil {
			sig, bad = base64.StdEncoding.DecodeString(x.Sig)
		}
		if bad != nil || !ed25519.Verify(public, x.text(), sig) {
			return checked, fmt.Sprintf("line %d of %s is not signed by that key", n, heads), nil
		}
		if !slices.Contains(realms, x.Realm) {
			continue
		}
		hash, err := store.JournalHash(ctx, x.Realm, x.Seq)
		if err != nil {
			return checked, "", err
		}
		if hex.EncodeToString(hash) != x.Hash {
			return checked, fmt.Sprintf("%s: row %d is not the one that was signed on %s", x.Realm, x.Seq, x.At.Format(time.DateTime)), nil
		}
		checked++
	}
	return checked, "", lines.Err()
}
