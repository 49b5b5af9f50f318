package web_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"liandong/dispatch"
	"liandong/realtime"
	"liandong/web"
	"liandong/web/imports"
)

// TestContractIsFresh fails when openapi.json is not what the types say.
func TestContractIsFresh(t *testing.T) {
	t.Parallel()
	s := web.New(web.Config{Service: dispatch.NewService(nil, dispatch.Config{}), Hub: new(realtime.Hub), Lane: new(realtime.Lane), Routes: imports.Routes(nil)})
	doc, err := s.Document()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(doc, file) {
		t.Error("web/openapi.json is stale: go generate ./web writes it anew")
	}
	var contract struct {
		OpenAPI    string
		Components struct{ Schemas map[string]json.RawMessage }
		Paths      map[string]json.RawMessage
	}
	if err := json.Unmarshal(doc, &contract); err != nil || contract.OpenAPI != "3.1.0" {
		t.Fatalf("openapi %q, %v", contract.OpenAPI, err)
	}
	for _, name := range []string{"Agency", "Area", "Person", "Depot", "Hazard", "Report", "Incident", "Team", "Task", "Equipment", "Stock", "Device", "Note", "Alarm",
		"Record", "Seen", "Problem", "Done", "FrameHello", "FrameChanges", "FrameBeat", "FramePositions", "FramePresence", "FrameRefused"} {
		if contract.Components.Schemas[name] == nil {
			t.Errorf("the schema %s is missing", name)
		}
	}
	for _, path := range []string{"/api/v1/records/{kind}", "/api/v1/records/{kind}/{id}"} {
		for _, k := range dispatch.Kinds {
			if !bytes.Contains(contract.Paths[path], []byte(`"`+string(k)+`"`)) {
				t.Errorf("%s does not read a %s", path, k)
			}
		}
	}
	for _, c := range dispatch.Commands() {
		if there := contract.Paths["/api/v1/commands/"+c.Name] != nil; there != (len(c.Roles) > 0) {
			t.Errorf("%s: documented is %v", c.Name, there)
		}
	}
}
