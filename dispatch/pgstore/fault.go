package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"liandong/dispatch"
)

// SQLSTATE codes, PostgreSQL manual, appendix A.
const (
	uniqueViolation    = "23505"
	checkViolation     = "23514"
	exclusionViolation = "23P01"
	serialization      = "40001"
	deadlock           = "40P01"
	lockNotAvailable   = "55P03"
	queryCanceled      = "57014"
	readOnly           = "25006"
	tooManyConnections = "53300"
)

// fault turns an error of the database into what a caller can act on: Unavailable where the server is
// away or too busy, and otherwise the error itself, which is a bug. Errors that are a refusal already
// pass.
func fault(err error) error {
	var refusal *dispatch.Error
	if err == nil || errors.As(err, &refusal) || errors.Is(err, context.Canceled) {
		return err
	}
	if away(err) {
		return &unavailable{dispatch.Error{Code: dispatch.Unavailable,
			Message:   "the database cannot be reached; try again",
			MessageZH: "数据库暂时无法连接，请稍后重试"}, err}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fmt.Errorf("database: %w", err)
	}
	return err
}

// unavailable is the refusal with the cause kept for the log.
type unavailable struct {
	refusal dispatch.Error
	cause   error
}

func (u *unavailable) Error() string   { return u.refusal.Error() + " (" + u.cause.Error() + ")" }
func (u *unavailable) Unwrap() []error { return []error{&u.refusal, u.cause} }

// away tells whether the server is not there, or will not serve anybody now.
func away(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case readOnly, tooManyConnections, lockNotAvailable, queryCanceled:
			return true
		}
		// 08: connection; 57P: shut down, crashed, starting up; FATAL ends the connection.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") || pg.Severity == "FATAL"
	}
	return broken(err)
}

// broken tells whether the connection is gone, or never came about.
func broken(err error) bool {
	var connect *pgconn.ConnectError
	var netErr net.Error
	var lost *lostCommit
	return errors.As(err, &lost) || errors.As(err, &connect) || pgconn.SafeToRetry(err) || errors.As(err, &netErr) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.Timeout(err)
}

// again tells whether the same transaction may succeed when done again.
func again(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, errMoved) || errors.As(err, &pg) && (pg.Code == serialization || pg.Code == deadlock)
}

// errMoved says that a row was changed between the read of a rule and the write.
var errMoved = errors.New("a record changed while the command was under way")

// violation turns a broken constraint of a row into the refusal that the user can act on; nil when the
// constraint is none that input can break.
func violation(err error, at step) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return nil
	}
	switch kind, what, _ := strings.Cut(pg.ConstraintName, "_"); {
	case pg.Code == uniqueViolation && what == "uniq":
		f := uniqueField[dispatch.Kind(kind)]
		return &dispatch.Error{Code: dispatch.Invalid, Field: f, Value: at.unique,
			Message:   fmt.Sprintf("another %s has the %s %q already", kind, f, at.unique),
			MessageZH: fmt.Sprintf("已有其他%s使用“%s”", dispatch.KindNameZH(dispatch.Kind(kind)), at.unique)}
	case pg.Code == uniqueViolation && pg.ConstraintName == "account_login":
		return &dispatch.Error{Code: dispatch.Invalid, Field: "login", Value: at.unique,
			Message:   fmt.Sprintf("the login %q is taken", at.unique),
			MessageZH: fmt.Sprintf("登录名“%s”已被使用", at.unique)}
	case pg.Code == uniqueViolation && what == "pkey" && at.ref.ID != "":
		return &dispatch.Error{Code: dispatch.Invalid, Field: "id", Value: at.ref.ID,
			Message:   fmt.Sprintf("there is a %s %q already", at.ref.Kind, at.ref.ID),
			MessageZH: fmt.Sprintf("%s“%s”已存在", dispatch.KindNameZH(at.ref.Kind), at.ref.ID)}
	case pg.Code == exclusionViolation && pg.ConstraintName == "rate_overlap":
		return &dispatch.Error{Code: dispatch.Invalid, Field: "from", Value: at.ref.ID,
			Message:   "another rate for the same subject is valid on some of these days; end that one first",
			MessageZH: "同一对象在这段时间已有其他费率，请先终止该费率"}
	case pg.Code == checkViolation && what == "quantity":
		return &dispatch.Error{Code: dispatch.Conflict, Field: "quantity", Blockers: []dispatch.Ref{at.ref},
			Message: "there is not that much left", MessageZH: "库存不足"}
	case pg.Code == checkViolation && pg.ConstraintName == "area_shape_valid":
		return &dispatch.Error{Code: dispatch.Invalid, Field: "shape", Value: at.ref.ID,
			Message:   "the outline crosses itself or is otherwise no area; it can be repaired on import",
			MessageZH: "边界自相交或无效，可在导入时选择修复"}
	}
	return nil
}

// uniqueField names the field behind Index.Unique of each kind.
var uniqueField = map[dispatch.Kind]string{
	dispatch.KindAgency: "name", dispatch.KindArea: "code", dispatch.KindPerson: "login",
	dispatch.KindHazard: "external", dispatch.KindIncident: "number", dispatch.KindTeam: "call_sign",
	dispatch.KindDevice: "identifier", dispatch.KindLetter: "message",
}
