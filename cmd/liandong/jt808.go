package main

import (
	"fmt"
	"maps"
	"net"
	"sync"
	"time"

	"liandong/dispatch"
	"liandong/realtime/jt808"
	"liandong/web"
)

// jt808Flags open the door for vehicle terminals; it is closed by default.
type jt808Flags struct {
	JT808 string `name:"jt808" help:"Address for vehicle terminals (JT/T 808-2011, 2013 and 2019) over TCP, such as :7611. The protocol knows no encryption: put it on the carrier's private network. Off by default." env:"LIANDONG_JT808"`
}

// jt808Door is the open door; without a server there is none.
type jt808Door struct {
	server  *jt808.Server
	serving sync.WaitGroup
}

func (f jt808Flags) open(h *house) (*jt808Door, error) {
	d := &jt808Door{}
	if f.JT808 == "" {
		return d, nil
	}
	l, err := net.Listen("tcp", f.JT808)
	if err != nil {
		return nil, fmt.Errorf("the address %s for vehicle terminals cannot be used (--jt808 chooses another): %w", f.JT808, err)
	}
	d.server = jt808.New(jt808.Config{Devices: h.store, Commands: h.service, Lane: h.lane, Real: dispatch.RealOf(h.store, nil), Log: h.log})
	h.log.Info().Stringer("address", l.Addr()).Msg("vehicle terminals (JT/T 808)")
	d.serving.Go(func() { _ = d.server.Serve(l) })
	return d, nil
}

// tell is what an administrator sees of the door, where it is open.
func (d *jt808Door) tell() []web.DeviceDoor {
	if d.server == nil {
		return nil
	}
	st := d.server.Stats()
	return []web.DeviceDoor{deviceDoor(jt808.Source, st.Connections, st.Frames, st.Refused, st.Last)}
}

func deviceDoor(protocol string, connections int, frames, refused map[string]int64, last time.Time) web.DeviceDoor {
	d := web.DeviceDoor{Protocol: protocol, Connections: connections, Frames: map[string]int64{}, Refused: map[string]int64{}}
	maps.Copy(d.Frames, frames)
	maps.Copy(d.Refused, refused)
	if !last.IsZero() {
		d.Last = &last
	}
	return d
}

// close ends all connections of vehicle terminals.
func (d *jt808Door) close() {
	if d.server != nil {
		d.server.Close()
		d.serving.Wait()
	}
}
