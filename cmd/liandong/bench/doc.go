// Package bench measures a server from outside, on one machine: how many
// commands it takes and keeps, how long until a console shows one, how many
// consoles it serves while two thousand teams move, and what a console costs in
// memory. The server is a process of its own with a real, durable database; the
// load comes from this process, over HTTPS and sockets, and takes its share of
// the same processors: on two machines the figures are better.
//
// It states figures and judges nothing: no test depends on them.
package bench
