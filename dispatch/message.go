package dispatch

import (
	"context"
	"time"
)

// Message (消息) is a text from the desk to the screen of a team's vehicle.
type Message struct {
	ID    string       `json:"id"`
	Text  string       `json:"text"`
	Sent  Stamp        `json:"sent"`
	State MessageState `json:"state" enum:"sent,delivered,failed"`
	// Answered is when the terminal said so.
	Answered *time.Time `json:"answered,omitempty"`
}

// MessageState is how far a message came.
type MessageState string

// The states of a message.
const (
	MessageSent      MessageState = "sent"      // 待终端应答: on its way; the terminal may be out of reach
	MessageDelivered MessageState = "delivered" // 已送达: the terminal has it; that it was read, nobody knows
	MessageFailed    MessageState = "failed"    // 未送达: the terminal refused it
)

// MaxMessage is how many characters a message has at most: in GBK, two bytes
// each, it fits into one frame of JT/T 808.
const MaxMessage = 300

// TeamMessage sends a text to the team's vehicle terminal. It goes out at once,
// or when the terminal comes back within the hour.
type TeamMessage struct {
	Team string `json:"team"`
	Text string `json:"text" doc:"1 to 300 characters"`
}

// TeamAnswer tells what a terminal said to a message.
type TeamAnswer struct {
	Team    string       `json:"team"`
	Message string       `json:"message"`
	State   MessageState `json:"state" enum:"delivered,failed"`
}

// DeviceRegister is a vehicle terminal's call for its code, answered once as
// the secret.
type DeviceRegister struct {
	Device   string `json:"device"`
	Terminal string `json:"terminal" doc:"maker, model and number of the terminal"`
}

func messageTeam(ctx context.Context, w *work, in *TeamMessage) error {
	if err := checkText("text", in.Text, 1, MaxMessage); err != nil {
		return err
	}
	t, err := lockOne[*Team](ctx, w, KindTeam, in.Team)
	if err != nil {
		return err
	}
	if err := w.may(t); err != nil {
		return err
	}
	devices, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindDevice, Team: t.ID, States: []string{ProtocolJT808}, Limit: -1})
	if err != nil {
		return err
	}
	usable := false
	for _, r := range devices {
		d := r.(*Device)
		usable = usable || !d.Revoked && (d.Expires == nil || d.Expires.After(w.at))
	}
	if !usable {
		// A text that nobody can get must not look like one that was sent.
		e := refuse(Conflict, "%s没有登记能收文字的车载终端", "no vehicle terminal that takes texts is registered for %s", t.Name)
		e.Field, e.Value = "team", in.Team
		return e
	}
	t.Message = &Message{ID: w.newID(), Text: in.Text, Sent: w.stamp(), State: MessageSent}
	w.change.Note = in.Text
	w.derive(t)
	return nil
}

// answerTeam notes a terminal's answer. One to a message that another has
// replaced since stands in the journal alone; what was delivered stays so.
func answerTeam(ctx context.Context, w *work, in *TeamAnswer) error {
	if in.State != MessageDelivered && in.State != MessageFailed {
		return invalid("state", in.State, "应为已送达或未送达", "is delivered or failed", string(MessageDelivered), string(MessageFailed))
	}
	t, err := lockOne[*Team](ctx, w, KindTeam, in.Team)
	if err != nil {
		return err
	}
	if m := t.Message; m != nil && m.ID == in.Message && m.State != MessageDelivered {
		at := w.at
		next := *m
		next.State, next.Answered = in.State, &at
		t.Message = &next
	}
	w.change.Note = in.Message + " " + string(in.State)
	w.derive(t)
	return nil
}
