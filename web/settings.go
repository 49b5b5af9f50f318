package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/dispatch/vocabulary"
	names "liandong/geo/gazetteer"
)

// PublicSettings is what the sign-in page may know before anybody is signed in.
type PublicSettings struct {
	City      City          `json:"city"`
	Demo      bool          `json:"demo"`
	Languages []string      `json:"languages"`
	Accounts  []DemoAccount `json:"accounts,omitempty" doc:"only of a demo city"`
}

// SignedSettings is what a console needs to know of the house.
type SignedSettings struct {
	Settings
	AreasVersion int64 `json:"areas_version" doc:"goes into the address of area tiles"`
}

type settingsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         any
}

func (s *Server) settingsRoutes() {
	either := &huma.Schema{OneOf: []*huma.Schema{s.schemaOf(SignedSettings{}), s.schemaOf(PublicSettings{})}}
	huma.Register(s.api, huma.Operation{OperationID: "settings", Method: http.MethodGet, Path: "/api/v1/settings", Tags: []string{"reads"},
		Summary:   "the house; to those who are not signed in only the city's name and, in a demo city, its accounts",
		Responses: map[string]*huma.Response{"200": {Description: "settings", Content: asJSON(either)}}, Middlewares: huma.Middlewares{s.withRequest}},
		func(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
			out, err := s.settings(ctx)
			return out, s.refused(ctx, err)
		})
}

func (s *Server) settings(ctx context.Context) (*settingsOutput, error) {
	set := s.cfg.Settings
	var err error
	if set.City, err = s.city(ctx); err != nil {
		return nil, err
	}
	if _, err := s.identify(requestOf(ctx)); err != nil {
		p := s.problemOf(ctx, err)
		if p.Code != string(codeAuth) {
			return nil, p
		}
		return &settingsOutput{"no-store", PublicSettings{City: City{Name: set.City.Name}, Demo: set.Demo, Languages: set.Languages, Accounts: set.Accounts}}, nil
	}
	version, err := s.cfg.Store.AreasVersion(ctx)
	if err != nil {
		return nil, err
	}
	return &settingsOutput{"no-store", SignedSettings{Settings: set, AreasVersion: version}}, nil
}

// city is the division that the house works for: the first of the highest level that was imported.
func (s *Server) city(ctx context.Context) (City, error) {
	for _, level := range []dispatch.AreaLevel{dispatch.LevelCity, dispatch.LevelCounty} {
		found, err := s.cfg.Service.Find(ctx, dispatch.System(dispatch.Live), dispatch.Query{Kind: dispatch.KindArea, States: []string{string(level)}, Limit: 1})
		if err != nil {
			return City{}, err
		}
		for _, r := range found {
			a := r.(*dispatch.Area)
			return City{a.Name, a.Code, a.Center, a.Bound}, nil
		}
	}
	return City{}, nil
}

// Vocabulary is every code table, so that the console holds no copy.
type Vocabulary struct {
	Version      string              `json:"version" doc:"source and version of the event codes"`
	Events       []EventWord         `json:"events"`
	Capabilities []CapabilityWord    `json:"capabilities"`
	Moves        dispatch.MoveTables `json:"moves"`
	Kinds        map[string]string   `json:"kinds" doc:"the nouns in Chinese"`
	Commands     []CommandWord       `json:"commands"`
}

// EventWord is a type of incident with what a dispatcher types to find it.
type EventWord struct {
	vocabulary.Event
	Initials []string `json:"initials" doc:"pinyin initials of the Chinese name, one for each way to read it"`
}

// CapabilityWord is a capability with what a dispatcher types to find it.
type CapabilityWord struct {
	vocabulary.Capability
	Initials []string `json:"initials" doc:"pinyin initials of the Chinese name, one for each way to read it"`
}

// CommandWord is a command's name in both languages and who may use it at all.
type CommandWord struct {
	Name  string          `json:"name"`
	ZH    string          `json:"zh"`
	EN    string          `json:"en"`
	Roles []dispatch.Role `json:"roles"`
}

func (s *Server) vocabularyRoutes() {
	v := Vocabulary{Version: vocabulary.EventsVersion, Moves: dispatch.Moves(), Kinds: map[string]string{}}
	for _, e := range vocabulary.Events() {
		v.Events = append(v.Events, EventWord{e, names.Initials(e.ZH, 4)})
	}
	for _, c := range vocabulary.Capabilities {
		v.Capabilities = append(v.Capabilities, CapabilityWord{c, names.Initials(c.ZH, 4)})
	}
	for _, k := range dispatch.Kinds {
		v.Kinds[string(k)] = dispatch.KindNameZH(k)
	}
	for _, c := range dispatch.Commands() {
		if len(c.Roles) > 0 {
			v.Commands = append(v.Commands, CommandWord{c.Name, c.Chinese, c.Summary, c.Roles})
		}
	}
	type output struct {
		CacheControl string `header:"Cache-Control"`
		Body         Vocabulary
	}
	read(s, huma.Operation{OperationID: "vocabulary", Method: http.MethodGet, Path: "/api/v1/vocabulary", Summary: "code tables and legal moves", Tags: []string{"reads"}},
		func(context.Context, *signedIn, *struct{}) (*output, error) {
			return &output{"private, max-age=300", v}, nil
		})
}
