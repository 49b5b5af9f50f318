package remote

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"liandong/dispatch"
)

// Hire makes a person with an account, as an administrator, and signs in as
// that person.
func (p *Person) Hire(ctx context.Context, in dispatch.PersonSave) (*Person, error) {
	done, err := p.Insist(ctx, Random(12), "person.save", in)
	if err != nil {
		return nil, err
	}
	saved, err := First[dispatch.Person](done, dispatch.KindPerson)
	if err != nil {
		return nil, err
	}
	first := Random(12)
	if _, err := p.Insist(ctx, Random(12), "person.password", dispatch.PersonPassword{Person: saved.ID, Password: first}); err != nil {
		return nil, err
	}
	return p.server.FirstSignIn(ctx, in.Login, first, "")
}

// FirstSignIn signs in with a password that somebody else set, and changes it
// at once where it must be changed: nothing else is allowed before.
func (s *Server) FirstSignIn(ctx context.Context, login, password string, role dispatch.Role) (*Person, error) {
	p, err := s.SignIn(ctx, login, password, role)
	if err != nil || !p.MustChange {
		return p, err
	}
	return p, p.NewPassword(ctx, password, Random(12))
}

// Random is n random bytes in hexadecimal: a key, a password.
func Random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails; it ends the program instead
	return hex.EncodeToString(b)
}
