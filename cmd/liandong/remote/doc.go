// Package remote meets a server from outside, as consoles, phones and devices
// do: people who sign in and give commands, devices that tell where they are,
// and a server of our own in a process of its own, which can be killed. The
// replay, the bench, the check of the feed and their tests use it; nothing in
// it knows the inside of the server.
package remote
