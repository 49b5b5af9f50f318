package web_test

import (
	"strings"
	"testing"

	"liandong/dispatch"
)

// The form is empty where nothing was handed over yet, filled in when it was, in
// both languages, and nobody reads it who does not see the requisition.
func TestHandoverForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	chief := h.as("chief")
	incident := h.as("desk").incident()
	id := chief.done("requisition.order", dispatch.RequisitionOrder{Decision: "许政征〔2026〕3号", Incident: incident, Type: dispatch.TakeMachine, Name: "挖掘机 <b>",
		OwnerName: "孙某", OwnerContact: "13700000001", Purpose: "清障", Value: 350_000_05})
	path := "/api/v1/requisitions/" + id + "/form"
	a := chief.get(path)
	text := string(a.body)
	for _, want := range []string{"许政征〔2026〕3号", "挖掘机 &lt;b&gt;", "孙某", "13700000001", "应急管理局", "人民币 350000.05", "五女店民房起火", "已决定，待接收", "使用完毕", "工程机械", "@media print"} {
		if !strings.Contains(text, want) {
			t.Errorf("the form lacks %q:\n%s", want, text)
		}
	}
	if a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || strings.Contains(text, "待修") {
		t.Errorf("%d %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	chief.done("requisition.take", dispatch.RequisitionTake{Requisition: id, GivenBy: "孙某本人", Condition: dispatch.ConditionWorn, Note: "铲斗有裂纹"})
	chief.done("requisition.return", dispatch.RequisitionReturn{Requisition: id, TakenBy: "孙某之妻", Condition: dispatch.ConditionBroken, Loss: "液压管破裂"})
	text = string(chief.get(path + "?lang=en").body)
	for _, want := range []string{`<html lang="en">`, "孙某本人", "铲斗有裂纹", "孙某之妻", "液压管破裂", "worn", "broken", "returned", "machine", "2026-11-23 08:00"} {
		if !strings.Contains(text, want) {
			t.Errorf("the form lacks %q:\n%s", want, text)
		}
	}
	// A wall of the same agency reads no names.
	if text := string(h.as("wall").get(path).body); strings.Contains(text, "孙某") || strings.Contains(text, "13700000001") {
		t.Error("a redacted view prints personal data")
	}
	wantProblem(t, h.as("stranger").get(path), 404, "not_found", "")
	wantProblem(t, chief.get(path+"?lang=fr"), 422, "invalid", "lang")
}
