package web

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alexedwards/argon2id"

	"liandong/dispatch"
)

// costs are those of OWASP's password storage sheet for argon2id: 19 MiB, two passes, one lane.
var costs = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// waiting bounds how many sign-ins wait for their turn; more are turned away at once.
const waiting = 64

// Passwords hashes and compares passwords. Each takes some 30 ms and 19 MiB on purpose, so that only
// as many run at once as there are processors, and a flood of sign-ins cannot take the machine from
// those who are at work.
type Passwords struct {
	slots chan struct{}
	queue chan struct{}
	// dummy is compared when the login is unknown: the answer takes as long as for a known one.
	dummy string
}

// NewPasswords returns a hasher for this machine.
func NewPasswords() *Passwords {
	dummy, err := argon2id.CreateHash(randomText(16), costs)
	if err != nil {
		panic(fmt.Errorf("argon2id: %w", err)) // the parameters are constants
	}
	return &Passwords{slots: make(chan struct{}, runtime.GOMAXPROCS(0)), queue: make(chan struct{}, waiting), dummy: dummy}
}

// Hash returns the password's argon2id hash in PHC form.
func (p *Passwords) Hash(password string) (string, error) {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	return argon2id.CreateHash(password, costs)
}

// Match compares a password with a hash; an empty hash matches nothing and takes as long.
func (p *Passwords) Match(ctx context.Context, password, hash string) (bool, error) {
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		refused := refusal(dispatch.Throttled, "登录请求过多，请稍后再试", "too many sign-ins at once; try again in a moment")
		refused.RetryAfter = 2
		return false, refused
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	known := hash != ""
	if !known {
		hash = p.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, errors.New("a stored password hash cannot be read")
	}
	return ok && known, nil
}

// checkPassword is the domain's rule for a password, and that it is not made of the login.
func checkPassword(login, password string) error {
	if err := dispatch.CheckPassword(password); err != nil {
		p := problem(err.(*dispatch.Error))
		p.Field = "new"
		return p
	}
	if login != "" && strings.Contains(strings.ToLower(password), login) {
		return secretInvalid("密码不能包含登录名", "the password must not contain the login", "a password without the login in it")
	}
	return nil
}

// secretInvalid is a refusal that does not repeat what was given.
func secretInvalid(zh, en string, legal ...string) error {
	return invalid("new", nil, zh, en, legal...)
}

func stack() []byte { return debug.Stack() }
