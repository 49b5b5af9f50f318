// Command gen writes web/openapi.json, the HTTP contract, from the Go types. Run it by go generate.
package main

import (
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/realtime"
	"liandong/web"
	"liandong/web/imports"
)

func main() {
	if err := write("openapi.json"); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// write registers every route on a door that is never opened.
func write(file string) error {
	s := web.New(web.Config{Service: dispatch.NewService(nil, dispatch.Config{}), Hub: new(realtime.Hub), Lane: new(realtime.Lane),
		Log: zerolog.Nop(), Routes: imports.Routes(nil)})
	doc, err := s.Document()
	if err != nil {
		return err
	}
	return os.WriteFile(file, doc, 0o644)
}
