package web

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

//go:embed handover.html
var handoverPage string

var handoverTemplate = template.Must(template.New("handover").Parse(handoverPage))

// handoverRoutes serve the paper that is signed when a requisitioned thing
// changes hands: one page for both moments, filled in as far as they have come.
func (s *Server) handoverRoutes() {
	read(s, huma.Operation{OperationID: "handover", Method: http.MethodGet, Path: "/api/v1/requisitions/{id}/form", Tags: []string{"reads"},
		Summary:   "the form (交接单) that is signed at the take-over and at the return of a requisition, for printing",
		Responses: map[string]*huma.Response{"200": {Description: "HTML", Content: asBytes("text/html")}}}, s.handover)
}

func (s *Server) handover(ctx context.Context, me *signedIn, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Lang string `query:"lang" enum:"zh,en" default:"zh"`
}) (*huma.StreamResponse, error) {
	rec, err := s.cfg.Service.Get(ctx, me.actor, dispatch.Ref{Kind: dispatch.KindRequisition, ID: in.ID})
	if err != nil {
		return nil, err
	}
	q := rec.(*dispatch.Requisition)
	names, err := s.agencyNames(ctx, me.actor)
	if err != nil {
		return nil, err
	}
	incident := "—"
	// Who lost the thing may not see the incident that it went to.
	if r, err := s.cfg.Service.Get(ctx, me.actor, dispatch.Ref{Kind: dispatch.KindIncident, ID: q.Incident}); err == nil {
		i := r.(*dispatch.Incident)
		incident = i.Number + " " + i.Title
	} else if dispatch.CodeOf(err) != dispatch.NotFound {
		return nil, err
	}
	if err := s.audit(ctx, me, "export", "requisition "+q.ID); err != nil {
		return nil, err
	}
	var page bytes.Buffer
	f := newForm(q, in.Lang, incident, names, s.cfg.Now(), s.zone())
	f.Title = practised(me.actor.Realm, f.Title)
	if err := handoverTemplate.Execute(&page, f); err != nil {
		return nil, fmt.Errorf("form of requisition %s: %w", q.ID, err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/html; charset=utf-8")
		hc.SetHeader("Cache-Control", "no-store")
		_, _ = hc.BodyWriter().Write(page.Bytes()) // the reader may have left
	}}, nil
}

// agencyNames tells the name of an agency, or its id where it has none.
func (s *Server) agencyNames(ctx context.Context, actor dispatch.Actor) (func(string) string, error) {
	agencies, err := s.cfg.Service.Find(ctx, actor, dispatch.Query{Kind: dispatch.KindAgency, Archived: true, Limit: 1000})
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, a := range agencies {
		names[dispatch.RefOf(a).ID] = a.(*dispatch.Agency).Name
	}
	return func(id string) string {
		if n := names[id]; n != "" {
			return n
		}
		return id
	}, nil
}

// form is what the page shows.
type form struct {
	R                                                *dispatch.Requisition
	Lang, Owner, Authority, Receiver, Incident, Yuan string
	Title, TypeName, Until, State, Printed           string
	Ends                                             []formEnd
	zone                                             *time.Location
}

// formEnd is one of the two moments.
type formEnd struct {
	Back                                                         bool
	Title, At, Condition, Returned, Loss, Note, GivenBy, TakenBy string
}

func newForm(q *dispatch.Requisition, lang, incident string, agency func(string) string, now time.Time, zone *time.Location) *form {
	f := &form{R: q, Lang: map[string]string{"zh": "zh-CN", "en": "en"}[lang], Incident: incident, Authority: agency(q.Authority), Receiver: agency(q.Receiver), zone: zone}
	f.Owner = strings.TrimSpace(agency(q.Owner) + " " + q.OwnerName)
	if f.Owner == "" {
		f.Owner = "—"
	}
	f.Title, f.TypeName, f.State, f.Yuan = f.L("title"), f.L("type."+string(q.Type)), f.L("state."+string(q.State)), "—"
	if q.Value > 0 {
		f.Yuan = fmt.Sprintf("%s %d.%02d", f.L("yuan"), q.Value/100, q.Value%100)
	}
	f.Until = f.L("open")
	if q.Until != nil {
		f.Until = f.Time(*q.Until)
	}
	f.Printed = f.Time(now)
	took := f.end(q.TakenOver, q.Stamps, dispatch.RequisitionTakenOver)
	took.Title = f.L("take_over")
	back := f.end(q.CameBack, q.Stamps, dispatch.RequisitionReturned)
	back.Title, back.Back = f.L("return"), true
	if q.CameBack != nil {
		back.Returned, back.Loss = strconv.Itoa(q.Returned)+" "+q.Unit, q.Loss
	}
	f.Ends = []formEnd{took, back}
	return f
}

func (f *form) end(h *dispatch.Handover, stamps map[dispatch.RequisitionState]dispatch.Stamp, state dispatch.RequisitionState) formEnd {
	var e formEnd
	if h == nil {
		return e // empty lines, to be filled in by hand
	}
	e.Note, e.GivenBy, e.TakenBy = h.Note, h.GivenBy, h.TakenBy
	if h.Condition != "" {
		e.Condition = f.L("condition." + string(h.Condition))
	}
	if s, ok := stamps[state]; ok {
		e.At = f.Time(s.When())
	}
	return e
}

// Time is in the city's local time.
func (f *form) Time(t time.Time) string { return t.In(f.zone).Format("2006-01-02 15:04") }

// L is a word of the form.
func (f *form) L(word string) string {
	i := 0
	if f.Lang == "en" {
		i = 1
	}
	return formWords[word][i]
}

var formWords = map[string][2]string{
	"title": {"应急征用交接单", "Handover of a requisitioned thing"}, "decision": {"征用决定书文号", "Decision"},
	"thing": {"征用物", "What is requisitioned"}, "name": {"名称", "Name"}, "type": {"类别", "Type"}, "quantity": {"数量", "Quantity"},
	"value": {"评估价值", "Assessed value"}, "yuan": {"人民币", "CNY"}, "description": {"特征", "Marks"}, "owner": {"被征用单位（个人）", "Owner"}, "contact": {"联系方式", "Contact"},
	"authority": {"决定机关", "Authority"}, "receiver": {"使用单位", "Used by"}, "incident": {"事件", "Incident"}, "place": {"交接地点", "Place of handover"},
	"purpose": {"用途", "Purpose"}, "from": {"征用自", "From"}, "until": {"征用至", "Until"}, "open": {"使用完毕", "no longer needed"}, "state": {"现状", "State"},
	"take_over": {"接收", "Take-over"}, "return": {"返还", "Return"}, "at": {"时间", "Time"}, "condition": {"状况", "Condition"}, "returned": {"返还数量", "Quantity returned"},
	"loss": {"耗用、损坏、灭失", "Used up, damaged, lost"}, "note": {"备注", "Note"}, "given_by": {"交出人", "Handed over by"}, "taken_by": {"接收人", "Taken over by"},
	"signature": {"签名、日期", "Signature, date"}, "printed": {"打印于", "Printed"},
	"law":            {"依据《中华人民共和国突发事件应对法》第十二条、第七十六条和《生产安全事故应急条例》第二十六条：征用的财产使用完毕应当及时返还；征用或者征用后毁损、灭失的，应当给予公平、合理的补偿。一式两份，双方各执一份。", "Emergency Response Law, articles 12 and 76, and State Council Order 708, article 26: what was requisitioned is returned promptly after use; its use, damage or loss is compensated fairly. Two copies, one for each side."},
	"type.team":      {"队伍", "team"},
	"type.equipment": {"装备", "item"}, "type.stock": {"物资", "supply"}, "type.vehicle": {"车辆", "vehicle"}, "type.machine": {"工程机械", "machine"},
	"type.building": {"房屋", "building"}, "type.site": {"场地", "site"}, "type.material": {"其他物资", "material"}, "type.other": {"其他", "other"},
	"state.ordered": {"已决定，待接收", "ordered, not taken over yet"}, "state.taken_over": {"已接收，使用中", "taken over, in use"}, "state.returned": {"已返还", "returned"}, "state.cancelled": {"已撤销", "cancelled"},
	"condition.ready": {"完好", "good"}, "condition.worn": {"待修", "worn"}, "condition.broken": {"损坏", "broken"}, "condition.scrapped": {"报废", "scrapped or lost"},
}
