package dispatch

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

// The commands about people, their accounts, and devices.

func savePerson(ctx context.Context, w *work, in *PersonSave) error {
	apply := func(p *Person) {
		p.Name, p.Login, p.Roles, p.Team, p.Phone, p.Post, p.Locked = in.Name, in.Login, in.Roles, in.Team, in.Phone, in.Post, in.Locked
	}
	if in.Team != "" {
		if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, in.Team}, w.audience()); err != nil {
			return err
		}
	}
	if in.ID == "" {
		scope, err := w.baseScope(ctx, in.Agency, "", Place{}, false)
		if err != nil {
			return err
		}
		scope.Admin = true
		p := &Person{}
		apply(p)
		if err := w.create(KindPerson, "", scope, p); err != nil {
			return err
		}
		return w.login(ctx, p)
	}
	p, err := lockOne[*Person](ctx, w, KindPerson, in.ID)
	if err != nil {
		return err
	}
	if err := w.may(p); err != nil {
		return err
	}
	if p.ID == w.actor.ID && (in.Locked || !slices.Contains(in.Roles, RoleAdmin)) {
		return refuse(Forbidden, "不能停用自己或取消自己的管理员角色", "you may not lock yourself out")
	}
	rights := !slices.Equal(p.Roles, in.Roles) || p.Team != in.Team || p.Login != in.Login || in.Locked
	apply(p)
	if err := w.put(p); err != nil {
		return err
	}
	if rights {
		if err := w.tx.EndSessions(ctx, p.ID); err != nil {
			return err
		}
	}
	return w.login(ctx, p)
}

func (w *work) login(ctx context.Context, p *Person) error {
	return w.tx.SetLogin(ctx, p.ID, p.Login, p.Locked)
}

// CheckPassword bounds a password. Length is what counts (NIST SP 800-63B
// 5.1.1.2); no composition rules.
func CheckPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < 10 || n > 200 {
		return invalid("password", "", "密码应为 10 至 200 个字符", "a password has 10 to 200 characters")
	}
	return nil
}

func passwordPerson(ctx context.Context, w *work, in *PersonPassword) error {
	p, err := lockOne[*Person](ctx, w, KindPerson, in.Person)
	if err != nil {
		return err
	}
	if err := w.may(p); err != nil {
		return err
	}
	if p.Login == "" {
		return invalid("person", in.Person, "该人员没有登录名", "the person has no login", "set a login first")
	}
	password := in.Password
	if password == "" {
		password = secret(12)
		w.secret = password
	}
	if err := CheckPassword(password); err != nil {
		return err
	}
	hash, err := w.svc.cfg.Hash(password)
	if err != nil {
		return err
	}
	// A password that another person set is known to two; one that the house
	// itself set (a demo account) is as it should be.
	if err := w.tx.SetPassword(ctx, p.ID, hash, w.actor.Role != RoleSystem); err != nil {
		return err
	}
	w.derive(p)
	return nil
}

func unlockPerson(ctx context.Context, w *work, in *PersonPassword) error {
	p, err := lockOne[*Person](ctx, w, KindPerson, in.Person)
	if err != nil {
		return err
	}
	if err := w.may(p); err != nil {
		return err
	}
	if err := w.tx.Unlock(ctx, p.ID); err != nil {
		return err
	}
	w.derive(p)
	return nil
}

// secret is n random bytes in letters that can be read out.
func secret(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand documents it
	return base64.RawURLEncoding.EncodeToString(b)
}

func saveDevice(ctx context.Context, w *work, in *DeviceSave) error {
	team, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, in.Team}, w.audience())
	if err != nil {
		return err
	}
	if err := May(w.actor, w.at, w.cmd, RefOf(team), team.head().Scope); err != nil {
		return err
	}
	apply := func(d *Device) {
		d.Name, d.Protocol, d.Team, d.Expires = in.Name, in.Protocol, in.Team, in.Expires
		d.Identifier = in.Identifier
		if d.Protocol == ProtocolJT808 {
			// Terminals fill their number up with zeros, to 12 or 20 digits.
			d.Identifier = strings.TrimLeft(in.Identifier, "0")
		}
	}
	if in.ID == "" {
		d := &Device{}
		apply(d)
		s := team.head().Scope
		if err := w.create(KindDevice, "", Scope{Agency: s.Agency, Area: s.Area, Admin: true}, d); err != nil {
			return err
		}
		if d.Protocol == ProtocolJT808 {
			return nil
		}
		return w.token(ctx, d)
	}
	d, err := lockOne[*Device](ctx, w, KindDevice, in.ID)
	if err != nil {
		return err
	}
	if err := w.may(d); err != nil {
		return err
	}
	was := *d
	apply(d)
	if (d.Protocol == ProtocolJT808 || was.Protocol == ProtocolJT808) && Indexed(d).Unique != Indexed(&was).Unique {
		// Another card, another terminal: what the one before holds is void.
		if err := w.unregister(ctx, d); err != nil {
			return err
		}
	}
	return w.put(d)
}

// unregister voids what the device holds, so that its terminal registers anew.
func (w *work) unregister(ctx context.Context, d *Device) error {
	d.Terminal, d.Registered = "", nil
	err := w.token(ctx, d)
	w.secret = "" // known to nobody
	return err
}

// registerDevice gives a vehicle terminal its code. The first terminal that
// comes is taken for the one that was meant; later the same one gets a new
// code, for terminals lose them, and no other.
func registerDevice(ctx context.Context, w *work, in *DeviceRegister) error {
	d, err := lockOne[*Device](ctx, w, KindDevice, in.Device)
	if err != nil {
		return err
	}
	switch {
	case d.Protocol != ProtocolJT808:
		return invalid("device", in.Device, "该设备不是车载终端", "the device is no vehicle terminal", ProtocolJT808)
	case d.Revoked || d.Expires != nil && !d.Expires.After(w.at):
		return refuse(Forbidden, "%s已停用或到期", "%s was revoked or has expired", d.Name)
	case d.Registered != nil && d.Terminal != in.Terminal:
		e := refuse(Conflict, "该号码已由另一终端（%s）注册", "another terminal (%s) is registered under this number", d.Terminal)
		e.Field, e.Value = "terminal", in.Terminal
		return e
	}
	at := w.at
	d.Terminal, d.Registered = in.Terminal, &at
	if err := w.put(d); err != nil {
		return err
	}
	return w.token(ctx, d)
}

// token gives the device a new secret; only its SHA-256 is kept.
func (w *work) token(ctx context.Context, d *Device) error {
	n := 32
	if d.Protocol == ProtocolJT808 {
		n = 12 // 16 letters: terminals have little room for it
	}
	w.secret = secret(n)
	sum := sha256.Sum256([]byte(w.secret))
	return w.tx.SetToken(ctx, w.actor.Realm, d.ID, sum[:])
}

func tokenDevice(ctx context.Context, w *work, in *DeviceRef) error {
	d, err := lockOne[*Device](ctx, w, KindDevice, in.Device)
	if err != nil {
		return err
	}
	if err := w.may(d); err != nil {
		return err
	}
	d.Revoked = false
	if d.Protocol == ProtocolJT808 {
		if err := w.unregister(ctx, d); err != nil {
			return err
		}
		return w.put(d)
	}
	if err := w.put(d); err != nil {
		return err
	}
	return w.token(ctx, d)
}

func revokeDevice(ctx context.Context, w *work, in *DeviceRef) error {
	d, err := lockOne[*Device](ctx, w, KindDevice, in.Device)
	if err != nil {
		return err
	}
	if err := w.may(d); err != nil {
		return err
	}
	d.Revoked, w.change.Note = true, in.Reason
	return w.put(d)
}
