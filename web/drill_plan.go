package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

// DrillPerson is somebody who can take part in the drill.
type DrillPerson struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	Agency string          `json:"agency"`
	Roles  []dispatch.Role `json:"roles"`
	Team   string          `json:"team,omitempty" doc:"the team that a leader leads"`
	Post   string          `json:"post,omitempty"`
}

type drillPersonsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Persons []DrillPerson `json:"persons"`
	}
}

type drillChecksOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Faults []dispatch.PlanFault `json:"faults" doc:"what keeps the plan from being played"`
	}
}

type drillDutiesOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Duties []dispatch.DrillDuty `json:"duties"`
	}
}

func (s *Server) drillPlanRoutes() {
	read(s, huma.Operation{OperationID: "drill-persons", Method: http.MethodGet, Path: "/api/v1/drills/persons", Tags: []string{"drills"},
		Summary: "who can take part in the drill that you are in: the persons of its agencies"}, s.drillPersons)
	read(s, huma.Operation{OperationID: "drill-checks", Method: http.MethodGet, Path: "/api/v1/drills/checks", Tags: []string{"drills"},
		Summary: "what keeps the plan of the drill that you are in from being played"},
		func(ctx context.Context, me *signedIn, _ *struct{}) (*drillChecksOutput, error) {
			faults, err := s.cfg.Service.PlanFaults(ctx, me.actor)
			if err != nil {
				return nil, err
			}
			out := &drillChecksOutput{CacheControl: "no-store"}
			out.Body.Faults = append([]dispatch.PlanFault{}, faults...)
			return out, nil
		})
	read(s, huma.Operation{OperationID: "drill-duties", Method: http.MethodGet, Path: "/api/v1/drills/duties", Tags: []string{"drills"},
		Summary: "the duty to drill of your agency and of those in its jurisdiction, with what was held"}, s.drillDuties)
	s.paperRoutes()
}

// runs refuses those who do not run the drill that they are in.
func (me *signedIn) runs() error {
	if dispatch.RunsDrill(me.actor) {
		return nil
	}
	return refusal(dispatch.Forbidden, "仅导调人员可查看演练方案", "the plan is for those who run the drill")
}

// mostPersons bounds who is listed to choose from.
const mostPersons = 5000

func (s *Server) drillPersons(ctx context.Context, me *signedIn, _ *struct{}) (*drillPersonsOutput, error) {
	if err := me.runs(); err != nil {
		return nil, err
	}
	agencies, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: me.actor.Realm, Kind: dispatch.KindAgency, Limit: -1})
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	for _, r := range agencies {
		in[dispatch.RefOf(r).ID] = true
	}
	people, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindPerson, Limit: -1})
	if err != nil {
		return nil, err
	}
	out := &drillPersonsOutput{CacheControl: "no-store"}
	out.Body.Persons = []DrillPerson{}
	for _, r := range people {
		p := r.(*dispatch.Person)
		if agency := dispatch.HeadOf(p).Scope.Agency; in[agency] && !p.Locked && len(out.Body.Persons) < mostPersons {
			out.Body.Persons = append(out.Body.Persons, DrillPerson{dispatch.RefOf(p).ID, p.Name, agency, p.Roles, p.Team, p.Post})
		}
	}
	return out, nil
}

// mostHeld bounds how many drills that were held are looked through, the newest first.
const mostHeld = 300

func (s *Server) drillDuties(ctx context.Context, me *signedIn, _ *struct{}) (*drillDutiesOutput, error) {
	live := me.liveActor()
	if !slices.Contains([]dispatch.Role{dispatch.RolePlanner, dispatch.RoleChief, dispatch.RoleAdmin}, live.Role) {
		return nil, refusal(dispatch.Forbidden, "仅演练策划、值班长和管理员可查看演练义务", "the duty to drill is for planners, chiefs and administrators")
	}
	held, err := s.heldDrills(ctx, me)
	if err != nil {
		return nil, err
	}
	dangerous := map[string]bool{}
	for _, k := range []dispatch.Kind{dispatch.KindHazard, dispatch.KindTeam} {
		recs, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: dispatch.Live, Kind: k, Limit: -1})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			if t, ok := r.(*dispatch.Team); !ok || t.Type == dispatch.TeamMine {
				dangerous[dispatch.HeadOf(r).Scope.Agency] = true
			}
		}
	}
	agencies, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindAgency, Limit: -1})
	if err != nil {
		return nil, err
	}
	out := &drillDutiesOutput{CacheControl: "no-store"}
	out.Body.Duties = []dispatch.DrillDuty{}
	for _, r := range agencies {
		a := r.(*dispatch.Agency)
		h := dispatch.HeadOf(a)
		if h.ID != live.Agency && (live.Jurisdiction == "" || !strings.HasPrefix(h.Scope.Area, live.Jurisdiction)) {
			continue
		}
		out.Body.Duties = append(out.Body.Duties, dispatch.DutiesOf(a, dispatch.DrillUnit(a, dangerous[h.ID]), held, s.cfg.Now())...)
	}
	return out, nil
}

// heldDrills are the drills that were held, with the agencies that took part.
func (s *Server) heldDrills(ctx context.Context, me *signedIn) ([]dispatch.HeldDrill, error) {
	all, err := s.cfg.Store.Drills(ctx, me.Person.ID)
	if err != nil {
		return nil, err
	}
	var out []dispatch.HeldDrill
	for _, of := range all {
		d := of.Drill
		at, ok := dispatch.Held(d)
		if !ok || len(out) == mostHeld {
			continue
		}
		parts, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: dispatch.DrillRealm(d.ID), Kind: dispatch.KindPart, Limit: -1})
		if err != nil {
			return nil, err
		}
		h := dispatch.HeldDrill{Drill: d.ID, Name: d.Name, Content: d.Content, At: at, Agencies: []string{d.Scope.Agency}}
		for _, r := range parts {
			if p := r.(*dispatch.Part); !slices.Contains(h.Agencies, p.Agency) {
				h.Agencies = append(h.Agencies, p.Agency)
			}
		}
		out = append(out, h)
	}
	return out, nil
}
