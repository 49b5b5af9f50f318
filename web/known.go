package web

import (
	"context"
	"sync"
	"time"

	"liandong/dispatch"
)

// How long a device is remembered where the feed tells of no change, and how many are.
const (
	knownFor  = time.Minute
	mostKnown = 200_000
)

// knownDevices remembers who holds a token, so that not every position asks the database. The feed
// tells within milliseconds when any device was changed, revoked or given another token, and then all
// are asked for anew; the time limit is for the case that the feed itself is cut.
type knownDevices struct {
	mu      sync.RWMutex
	version uint64
	devices map[[32]byte]knownDevice
}

type knownDevice struct {
	device *dispatch.Device
	realm  dispatch.Realm
	until  time.Time
}

func (k *knownDevices) find(secret [32]byte, version uint64, now time.Time) (knownDevice, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	d, ok := k.devices[secret]
	return d, ok && k.version == version && now.Before(d.until)
}

// keep remembers what was read while the devices had the version.
func (k *knownDevices) keep(secret [32]byte, version uint64, d knownDevice) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.devices == nil || k.version != version || len(k.devices) >= mostKnown {
		k.devices, k.version = map[[32]byte]knownDevice{}, version
	}
	k.devices[secret] = d
}

// forget has every device asked for anew: one was just changed here, and what it sends next must meet
// that, even before the feed tells of it.
func (k *knownDevices) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.devices = nil
}

// deviceOf finds the device that holds the token with the hash.
func (s *Server) deviceOf(ctx context.Context, secret [32]byte, now time.Time) (*dispatch.Device, dispatch.Realm, error) {
	if s.cfg.Hub == nil { // nobody would tell of changes
		return s.cfg.Store.DeviceByToken(ctx, secret)
	}
	version := s.cfg.Hub.Devices() // before the reading: what changes meanwhile counts as after
	if d, ok := s.known.find(secret, version, now); ok {
		return d.device, d.realm, nil
	}
	d, realm, err := s.cfg.Store.DeviceByToken(ctx, secret)
	if err == nil {
		s.known.keep(secret, version, knownDevice{d, realm, now.Add(knownFor)})
	}
	return d, realm, err
}
