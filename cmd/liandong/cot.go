package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/cmd/liandong/certs"
	"liandong/dispatch"
	"liandong/realtime/cot"
	"liandong/web"
)

// cotFlags open the doors for TAK clients; both are closed by default.
type cotFlags struct {
	CotTLS string `name:"cot-tls" help:"Address for TAK clients (ATAK, WinTAK, iTAK) over mutual TLS, such as :8089; each device needs the data package that /admin makes for it. Off by default." env:"LIANDONG_COT_TLS"`
	Cot    string `help:"Address for TAK clients over plain TCP, such as 127.0.0.1:8087. Positions, distress and the device's token travel in the clear: whoever listens on that network can be that device. Clients with loopback and private addresses only. Off by default." env:"LIANDONG_COT"`
}

// cotDoor is the open doors; nil when there are none.
type cotDoor struct {
	server    *cot.Server
	authority *certs.Authority
	port      string // of the TLS door
	devices   *dispatch.Service
	serving   sync.WaitGroup
}

// open opens the doors that were asked for.
func (f cotFlags) open(h *house, folder string, names []string) (*cotDoor, error) {
	d := &cotDoor{devices: h.service}
	if f.Cot == "" && f.CotTLS == "" {
		return d, nil
	}
	var err error
	if f.CotTLS != "" {
		if d.authority, err = certs.Clients(folder, names...); err != nil {
			return nil, err
		}
	}
	var doors []net.Listener
	for _, a := range []string{f.CotTLS, f.Cot} {
		if a == "" {
			doors = append(doors, nil)
			continue
		}
		l, err := net.Listen("tcp", a)
		if err != nil {
			for _, open := range doors {
				if open != nil {
					_ = open.Close()
				}
			}
			return nil, fmt.Errorf("the address %s for TAK clients cannot be used: %w", a, err)
		}
		doors = append(doors, l)
	}
	d.server = cot.New(cot.Config{Devices: h.store, Commands: h.service, Lane: h.lane, Real: dispatch.RealOf(h.store, h.lane), Log: h.log})
	if l := doors[0]; l != nil {
		_, d.port, _ = net.SplitHostPort(l.Addr().String())
		h.log.Info().Stringer("address", l.Addr()).Msg("TAK clients over mutual TLS")
		d.serving.Go(func() { _ = d.server.Serve(l, d.authority.Config()) })
	}
	if l := doors[1]; l != nil {
		h.log.Warn().Stringer("address", l.Addr()).Msg("TAK clients over plain TCP: nothing is encrypted, tokens can be overheard")
		d.serving.Go(func() { _ = d.server.Serve(l, nil) })
	}
	return d, nil
}

// tell is what an administrator sees of the door, where it is open.
func (d *cotDoor) tell() []web.DeviceDoor {
	if d.server == nil {
		return nil
	}
	st := d.server.Stats()
	return []web.DeviceDoor{deviceDoor(cot.Source, st.Connections, st.Frames, st.Refused, st.Last)}
}

// close ends all connections of TAK clients.
func (d *cotDoor) close() {
	if d.server != nil {
		d.server.Close()
		d.serving.Wait()
	}
}

// routes hang the making of data packages on the API.
func (d *cotDoor) routes(door web.Door) {
	door.Handle(&huma.Operation{OperationID: "device-package", Method: http.MethodPost, Path: "/api/v1/devices/{id}/package", Tags: []string{"devices"},
		Summary: "a data package (zip) with a new certificate for a TAK client; the device's token and certificate before it are void",
		Parameters: []*huma.Param{
			{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}},
			{Name: "X-CSRF", In: "header", Required: true, Schema: &huma.Schema{Type: huma.TypeString}},
		}}, d.pack)
}

func (d *cotDoor) pack(w http.ResponseWriter, r *http.Request, actor dispatch.Actor) error {
	if d.authority == nil {
		return &dispatch.Error{Code: dispatch.Conflict, Message: "TAK clients are not served over TLS: start the server with --cot-tls", MessageZH: "服务器未开启 TAK 终端接入，请以 --cot-tls 启动"}
	}
	id := r.PathValue("id")
	rec, err := d.devices.Get(r.Context(), actor, dispatch.Ref{Kind: dispatch.KindDevice, ID: id})
	if err != nil {
		return err
	}
	device := rec.(*dispatch.Device)
	if device.Protocol != cot.Source {
		return &dispatch.Error{Code: dispatch.Invalid, Field: "protocol", Value: device.Protocol, Legal: []string{cot.Source},
			Message: "only a device that speaks Cursor on Target has a certificate", MessageZH: "只有 TAK 终端（Cursor on Target）需要证书"}
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	body, err := json.Marshal(dispatch.DeviceRef{Device: id})
	if err != nil {
		return err
	}
	res, err := d.devices.Do(r.Context(), actor, "device.token", newID(), body)
	if err != nil {
		return err
	}
	if res.Secret == "" {
		return errors.New("device.token told no token")
	}
	var until time.Time
	if device.Expires != nil {
		until = *device.Expires
	}
	zip, err := d.authority.Package("Liandong "+device.Name, device.ID, net.JoinHostPort(host, d.port), cot.Identity(res.Secret), until)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="liandong-%s.zip"`, device.ID))
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(zip)
	return err
}
