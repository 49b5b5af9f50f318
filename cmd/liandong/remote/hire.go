package remote

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"liandong/dispatch"
)

// Hire makes a person with an account, as an administrator, and signs in as
// that person; the password that the administrator set is changed at once, as
// it must be.
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
	hired, err := p.server.SignIn(ctx, in.Login, first, "")
	if err != nil || !hired.MustChange {
		return hired, err
	}
	return hired, hired.NewPassword(ctx, first, Random(12))
}

// Random is n random bytes in hexadecimal: a key, a password.
func Random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails; it ends the program instead
	return hex.EncodeToString(b)
}
