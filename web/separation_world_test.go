package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// world is one side: what is real, or the drill. Every text that is written in it holds its mark.
type world struct {
	h      *house
	rng    *rand.Rand
	realm  dispatch.Realm
	mark   string
	near   geo.Point // where its things are
	ids    map[dispatch.Kind][]string
	legal  map[string][]string // values that refusals named, by field
	actors []dispatch.Actor

	accepted map[string]int
	given    int
}

// enums are the values of the named string types, by what the records say of their fields.
var enums = func() map[reflect.Type][]string {
	out := map[reflect.Type][]string{}
	var walk func(t reflect.Type)
	seen := map[reflect.Type]bool{}
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			if e := f.Tag.Get("enum"); e != "" && f.Type.Kind() == reflect.String && f.Type != reflect.TypeFor[string]() {
				out[f.Type] = strings.Split(e, ",")
			}
			walk(f.Type)
		}
	}
	for _, k := range dispatch.Kinds {
		r, _ := dispatch.New(k)
		walk(reflect.TypeOf(r))
	}
	for _, c := range dispatch.Commands() {
		walk(c.Input)
	}
	return out
}()

func (w *world) some(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[w.rng.IntN(len(all))]
}

// text is a text of this side.
func (w *world) text(name string) string {
	if legal := w.legal[name]; len(legal) > 0 && w.rng.IntN(2) == 0 {
		return w.some(legal)
	}
	switch name {
	case "area":
		return w.some([]string{"411000", "411002", "411003"})
	case "type":
		return w.some([]string{"12G03", "fire", "hospital", "crane"})
	case "code", "capability":
		return "fire"
	case "into":
		return w.some(w.ids[dispatch.KindIncident])
	case "phone", "from", "until", "to":
		return ""
	}
	if ids := w.ids[dispatch.Kind(name)]; len(ids) > 0 && w.rng.IntN(10) > 0 {
		return w.some(ids)
	}
	return fmt.Sprintf("%s%d", w.mark, w.rng.IntN(1e6))
}

// fill makes a value of the type, of which every text holds the mark.
func (w *world) fill(v reflect.Value, name string) {
	switch t := v.Type(); {
	case t == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(w.h.svc.Now(w.realm).Add(time.Duration(w.rng.IntN(7200)-600) * time.Second)))
	case t == reflect.TypeFor[geo.Point]():
		v.Set(reflect.ValueOf(geo.At(w.near.Lon()+w.rng.Float64()/100, w.near.Lat()+w.rng.Float64()/100)))
	case t == reflect.TypeFor[dispatch.Expect](), t == reflect.TypeFor[json.RawMessage]():
	case t.Kind() == reflect.Pointer:
		if w.rng.IntN(3) > 0 {
			v.Set(reflect.New(t.Elem()))
			w.fill(v.Elem(), name)
		}
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			tag, how, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && (tag != "" || f.Anonymous) && tag != "-" && (how == "" || tag == "reason" || tag == "text" || w.rng.IntN(3) == 0) {
				w.fill(v.Field(i), tag)
			}
		}
	case t.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1+w.rng.IntN(2), 3))
		for i := range v.Len() {
			w.fill(v.Index(i), strings.TrimSuffix(name, "s"))
		}
	case t.Kind() == reflect.String:
		if e := enums[t]; len(e) > 0 {
			v.SetString(w.some(e))
		} else {
			v.SetString(w.text(name))
		}
	case t.Kind() == reflect.Bool:
		v.SetBool(w.rng.IntN(2) == 0)
	case v.CanInt():
		v.SetInt(int64(1 + w.rng.IntN(4)))
	case v.CanFloat():
		v.SetFloat(1 + w.rng.Float64())
	}
}

// likely are commands that are often legal, with what they need.
func (w *world) likely() (string, any) {
	task := w.some(w.ids[dispatch.KindTask])
	if rec, err := w.h.store.Get(w.h.t.Context(), w.realm, dispatch.Ref{Kind: dispatch.KindTask, ID: task}, nil); err == nil && w.rng.IntN(3) == 0 {
		if t := rec.(*dispatch.Task); t.Next != "" {
			return "task.advance", dispatch.TaskAdvance{Task: t.ID, From: t.State, To: t.Next}
		}
	}
	p := geo.At(w.near.Lon()+w.rng.Float64()/100, w.near.Lat()+w.rng.Float64()/100)
	i := w.some(w.ids[dispatch.KindIncident])
	switch w.rng.IntN(8) {
	case 0:
		return "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: w.text("title"), Area: "411002", Place: dispatch.Place{Text: w.text("place"), Point: &p}, Caller: w.text("caller")}
	case 1, 2:
		return "note.add", dispatch.NoteAdd{Incident: i, Text: w.text("text"), To: w.text("whom")}
	case 3:
		return "report.take", dispatch.ReportTake{Channel: "hotline", Text: w.text("text"), Caller: w.text("caller"), Place: dispatch.Place{Text: w.text("place"), Point: &p}}
	case 4:
		return "task.assign", dispatch.TaskAssign{Incident: i, Team: w.some(w.ids[dispatch.KindTeam]), Choice: w.text("choice")}
	case 5:
		return "task.release", dispatch.TaskEnd{Task: task, Reason: w.text("reason")}
	case 6:
		return "team.distress", dispatch.TeamDistress{Team: w.some(w.ids[dispatch.KindTeam]), Text: w.text("text")}
	}
	return "team.relieve", dispatch.TeamRelieve{Team: w.some(w.ids[dispatch.KindTeam]), Reason: w.text("reason")}
}

// perimeter is a fence, a thing or an agreement: more than chance makes.
func (w *world) perimeter() (string, any) {
	p := w.near
	switch w.rng.IntN(5) {
	case 0:
		return "depot.save", dispatch.DepotSave{Agency: w.h.fire, Area: "411002", Name: w.text("name"), Type: "station", Place: dispatch.Place{Text: w.text("place"), Point: &p}}
	case 1:
		return "hazard.save", dispatch.HazardSave{Agency: w.h.fire, Area: "411002", Name: w.text("name"), Operator: w.text("operator"), Place: dispatch.Place{Text: w.text("place"), Point: &p}, Level: 1}
	case 2:
		return "stock.save", dispatch.StockSave{Agency: w.h.fire, Area: "411002", Name: w.text("name"), Type: "sandbag", Unit: w.mark, Place: dispatch.Place{Text: w.text("place"), Point: &p}}
	case 3:
		return "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: w.some(w.ids[dispatch.KindIncident]), Name: w.text("name"), Purpose: dispatch.FencePurpose(w.some(enums[reflect.TypeFor[dispatch.FencePurpose]()])), Center: &p, Radius: 300}
	}
	return "equipment.save", dispatch.EquipmentSave{Agency: w.h.fire, Area: "411002", Name: w.text("name"), Type: "crane", Condition: "ready", Place: dispatch.Place{Text: w.text("place"), Point: &p}}
}

// give gives one random command.
func (w *world) give() {
	t := w.h.t
	t.Helper()
	name, in := w.likely()
	if w.rng.IntN(2) == 0 {
		c := dispatch.Commands()[w.rng.IntN(len(dispatch.Commands()))]
		if noun, verb, _ := strings.Cut(c.Name, "."); slices.Contains([]string{"person", "device", "link", "drill", "deadline"}, noun) || verb == "save" && noun == "agency" || noun == "part" || noun == "sim" && verb == "save" {
			return // who may sign in and whose clock runs is not left to chance here
		}
		v := reflect.New(c.Input)
		w.fill(v.Elem(), "")
		name, in = c.Name, v.Interface()
	}
	if w.rng.IntN(25) == 0 {
		name, in = w.perimeter()
	}
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	w.given++
	res, err := w.h.svc.Do(t.Context(), w.actors[w.rng.IntN(len(w.actors))], name, w.h.key(), body)
	var refused *dispatch.Error
	switch {
	case err == nil:
		w.accepted[name]++
		for _, p := range res.Change.Puts {
			ref := dispatch.RefOf(p.Record)
			if !slices.Contains(w.ids[ref.Kind], ref.ID) {
				w.ids[ref.Kind] = append(w.ids[ref.Kind], ref.ID)
			}
		}
		if res.Change.Realm != w.realm {
			t.Fatalf("%s made a change in %s", name, res.Change.Realm)
		}
	case errors.As(err, &refused):
		field := refused.Field[strings.LastIndex(refused.Field, ".")+1:]
		if refused.Code == dispatch.Invalid && len(refused.Legal) < 40 && len(w.legal[field]) < 200 {
			w.legal[field] = append(w.legal[field], refused.Legal...)
		}
		if strings.Contains(fmt.Sprint(refused.Message, refused.MessageZH), other(w.mark)) {
			t.Fatalf("the refusal of %s tells of the other side: %v", name, refused)
		}
	default:
		t.Fatalf("%s %s: %v", name, body, err)
	}
}
