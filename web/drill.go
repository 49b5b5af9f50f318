package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime"
)

// DrillLine is a drill that the person may join.
type DrillLine struct {
	Drill *dispatch.Drill `json:"drill"`
	Realm dispatch.Realm  `json:"realm"`
	Role  dispatch.Role   `json:"role" doc:"as what the person joins" enum:"director,controller,evaluator,planner,dispatcher,chief,leader,observer"`
	Part  *dispatch.Part  `json:"part,omitempty"`
}

// DrillList are the drills that the person may join, the newest first.
type DrillList struct {
	Drills []DrillLine `json:"drills"`
}

type drillsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         DrillList
}

type realmInput struct {
	Body struct {
		Drill string `json:"drill" maxLength:"64" doc:"id of the drill to join; empty leaves the one that the session is in"`
	}
}

func (s *Server) drillRoutes() {
	read(s, huma.Operation{OperationID: "drills", Method: http.MethodGet, Path: "/api/v1/drills", Summary: "the drills that you may join", Tags: []string{"drills"}},
		func(ctx context.Context, me *signedIn, _ *struct{}) (*drillsOutput, error) {
			found, err := s.joinable(ctx, me)
			if err != nil {
				return nil, err
			}
			out := &drillsOutput{CacheControl: "no-store", Body: DrillList{Drills: []DrillLine{}}}
			for _, of := range found {
				seen := dispatch.SeeRecord(dispatch.Actor{Realm: of.Realm, Role: of.Role, Agency: me.Person.Scope.Agency}.Audience().At(s.cfg.Now()), of.Drill)
				of.Drill = seen.(*dispatch.Drill)
				out.Body.Drills = append(out.Body.Drills, of)
			}
			return out, nil
		})
}

// joinable are the drills that the person may join, with the part in each.
func (s *Server) joinable(ctx context.Context, me *signedIn) ([]DrillLine, error) {
	all, err := s.cfg.Store.Drills(ctx, me.Person.ID)
	if err != nil {
		return nil, err
	}
	live := me.liveActor()
	var out []DrillLine
	for _, of := range all {
		if role, ok := dispatch.Joins(live, of.Drill, of.Part); ok {
			out = append(out, DrillLine{of.Drill, dispatch.DrillRealm(of.Drill.ID), role, of.Part})
		}
	}
	return out, nil
}

// practised marks the title or the name of what may leave the house: that of a
// drill bears the word.
func practised(realm dispatch.Realm, text string) string {
	if realm.Drill() == "" {
		return text
	}
	return "演练 " + text
}

// liveActor is who the person is outside drills.
func (me *signedIn) liveActor() dispatch.Actor {
	if a, ok := me.Watch(); ok {
		return a
	}
	return me.actor
}

// setRealm takes the session into a drill, or back to what is real. Whoever leaves a drill is at
// once what it was before.
func (s *Server) setRealm(ctx context.Context, me *signedIn, in *realmInput) (*sessionOutput, error) {
	realm, role, back := dispatch.Live, me.LiveRole, dispatch.Role("")
	switch {
	case in.Body.Drill == "" && me.Realm.Drill() == "":
		return &sessionOutput{CacheControl: "no-store", Body: sessionBody(me.SignedIn)}, nil
	case in.Body.Drill != "":
		found, err := s.joinable(ctx, me)
		if err != nil {
			return nil, err
		}
		realm, back = dispatch.DrillRealm(in.Body.Drill), me.Role
		if me.Realm.Drill() != "" {
			back = me.LiveRole
		}
		role = ""
		for _, of := range found {
			if of.Realm == realm {
				role = of.Role
			}
		}
		if role == "" {
			return nil, dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindDrill, ID: in.Body.Drill})
		}
	}
	if err := s.cfg.Store.SetSessionRealm(ctx, me.Token, realm, role, back); err != nil {
		return nil, err
	}
	s.endSignIns(realtime.SignIns{Session: me.ID}, closeScope)
	if err := s.audit(ctx, me, "realm", string(realm)); err != nil {
		return nil, err
	}
	si, err := s.cfg.Store.SignedIn(ctx, me.Token)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{CacheControl: "no-store", Body: sessionBody(si)}, nil
}
