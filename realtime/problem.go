package realtime

import (
	"errors"
	"net/http"

	"liandong/dispatch"
)

// problem is the problem document (RFC 9457) of what the connection itself
// refuses. Refused commands bring their own.
type problem struct {
	Type     string        `json:"type"`
	Title    string        `json:"title"`
	Status   int           `json:"status"`
	Code     dispatch.Code `json:"code"`
	Detail   string        `json:"detail"`
	DetailZH string        `json:"detail_zh"`
	Field    string        `json:"field,omitempty"`
	Value    any           `json:"value,omitempty"`
	Legal    []string      `json:"legal,omitempty"`
}

// whole fills what was left out: an invalid input.
func (p problem) whole() problem {
	p.Type = "about:blank"
	if p.Code == "" {
		p.Code, p.Status = dispatch.Invalid, http.StatusUnprocessableEntity
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// problemOf tells a refusal of the lane.
func problemOf(err error) problem {
	var e *dispatch.Error
	if !errors.As(err, &e) {
		return problem{Code: dispatch.Unavailable, Status: http.StatusServiceUnavailable,
			Detail: "the position could not be stored", DetailZH: "定位暂时无法保存"}
	}
	p := problem{Code: e.Code, Status: http.StatusUnprocessableEntity, Detail: e.Message, DetailZH: e.MessageZH, Field: e.Field, Value: e.Value, Legal: e.Legal}
	switch e.Code {
	case dispatch.Unavailable:
		p.Status = http.StatusServiceUnavailable
	case dispatch.Throttled:
		p.Status = http.StatusTooManyRequests
	}
	return p
}
