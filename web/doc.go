// Package web is the HTTP door of Liandong: it lets people in, hands their commands to package
// dispatch, answers reads as each of them may see them, opens the socket and serves the console.
//
// It holds no rule of the domain. Whoever asks becomes a dispatch.Actor (session.go), whatever is
// refused becomes one kind of problem document (problem.go), and everything that is read goes
// through dispatch.Service with that actor, so that the snapshot, the reads, search and export
// show the same set.
//
//	request ─ limits ─ headers ─ gzip ─┬─ /api/v1/…  actor (cookie, CSRF) ─ commands, reads, socket
//	                                   ├─ /devices/… token ─ positions
//	                                   └─ /, /wall, /field/, /admin, /ca  the console's files
//
// The OpenAPI 3.1 document is made from the Go types while the routes are registered; go generate
// writes it to openapi.json, from which the console's types are made.
//
// What the door needs from others it declares itself as small interfaces (needs.go); only
// cmd/liandong knows who satisfies them.
package web

//go:generate go run ./gen
