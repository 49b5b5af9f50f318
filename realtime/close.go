package realtime

import "github.com/gorilla/websocket"

// CloseCode says why the server closed a connection, and so what the client
// does next. The package doc lists them.
type CloseCode int

// The close codes.
const (
	CloseGoingAway CloseCode = websocket.CloseGoingAway
	CloseInternal  CloseCode = websocket.CloseInternalServerErr
	CloseSlow      CloseCode = 4001
	CloseEpoch     CloseCode = 4002
	CloseAuth      CloseCode = 4003
	CloseScope     CloseCode = 4004
	CloseTooOld    CloseCode = 4005
	CloseProtocol  CloseCode = 4006
)

// String is the code's name, sent as the reason.
func (c CloseCode) String() string {
	switch c {
	case CloseGoingAway:
		return "going-away"
	case CloseInternal:
		return "internal"
	case CloseSlow:
		return "slow"
	case CloseEpoch:
		return "epoch"
	case CloseAuth:
		return "auth"
	case CloseScope:
		return "scope"
	case CloseTooOld:
		return "too-old"
	case CloseProtocol:
		return "protocol"
	}
	return "unknown"
}

// atOnce tells that nothing more may be sent: what still waits is not theirs,
// or is not true any more.
func (c CloseCode) atOnce() bool { return c != 0 && c != CloseGoingAway }
