package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime/link"
)

// Links tells how the links with neighbouring regions do.
type Links interface {
	Status(ctx context.Context) ([]link.Status, error)
}

// LinkCard is what a neighbour's administrator needs to accept this server. Nothing in it is a secret;
// the fingerprint is compared by telephone.
type LinkCard struct {
	Address     string `json:"address" doc:"host:port of the door for links"`
	Certificate string `json:"certificate" doc:"PEM"`
	Fingerprint string `json:"fingerprint" doc:"SHA-256 of the certificate, hexadecimal"`
}

// NewLinkCard makes the card of a server whose certificate is in PEM.
func NewLinkCard(address, certificate string) *LinkCard {
	c := &LinkCard{Address: address, Certificate: certificate}
	if _, print, err := dispatch.ReadCertificate(certificate); err == nil {
		c.Fingerprint = print
	}
	return c
}

// LinkReport is the links of the house.
type LinkReport struct {
	// Open tells that the server has a door for neighbours.
	Open  bool          `json:"open"`
	Links []link.Status `json:"links"`
}

func (s *Server) linkRoutes() {
	read(s, huma.Operation{OperationID: "links", Method: http.MethodGet, Path: "/api/v1/links", Summary: "how the links with neighbouring regions do", Tags: []string{"reads"}},
		func(ctx context.Context, _ *signedIn, _ *struct{}) (*struct{ Body LinkReport }, error) {
			out := &struct{ Body LinkReport }{LinkReport{Links: []link.Status{}}}
			if s.cfg.Links == nil {
				return out, nil
			}
			var err error
			out.Body.Open = true
			out.Body.Links, err = s.cfg.Links.Status(ctx)
			return out, err
		})
	read(s, huma.Operation{OperationID: "link-card", Method: http.MethodGet, Path: "/api/v1/links/card", Summary: "what a neighbour's administrator needs to accept this server", Tags: []string{"reads"}},
		func(_ context.Context, me *signedIn, _ *struct{}) (*struct{ Body LinkCard }, error) {
			if me.actor.Role != dispatch.RoleAdmin {
				return nil, &dispatch.Error{Code: dispatch.Forbidden, Message: "administrators only", MessageZH: "仅限管理员"}
			}
			if s.cfg.LinkCard == nil {
				return nil, &dispatch.Error{Code: dispatch.Conflict, Message: "there is no door for neighbours: start the server with --link", MessageZH: "服务器未开启联网，请以 --link 启动"}
			}
			return &struct{ Body LinkCard }{*s.cfg.LinkCard}, nil
		})
}
