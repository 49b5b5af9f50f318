// Package jt808 takes vehicle terminals over TCP in the protocol JT/T 808, in
// its versions of 2011, 2013 and 2019: their positions go to the lane, their
// SOS becomes a distress of their team, and texts of the desk go to them.
//
// # Frame
//
//	7E │ id u16 │ props u16 │ [version u8] │ phone BCD │ serial u16 │ [parts u16, part u16] │ body │ xor u8 │ 7E
//	              │                          6 bytes; 2019: 10
//	              ├ bits 0–9    length of the body, at most 1,023
//	              ├ bits 10–12  encryption: 0 none, 1 RSA (refused)
//	              ├ bit  13     one part of a message; parts and part are there
//	              └ bit  14     2019; version is there
//
// All numbers are big-endian. xor goes over header and body. Between the
// marks 7E is written 7D 02 and 7D is written 7D 01. A mark ends one frame and
// may begin the next, so whatever lies between two marks and is no frame is
// counted as such and skipped.
//
// # Dialogue
//
//	terminal                            server
//	0100 register ────────────────────► the device with that phone number
//	     ◄──────────────── 8100 0, code   its code, new each time, kept hashed
//	     ◄──────────────── 8100 4         no such device, or revoked
//	     ◄──────────────── 8100 3         another terminal holds the number
//	0102 code ────────────────────────► the device that has the code
//	     ◄──────────────── 8001 0 / 1     from here on it is this team's terminal
//	0002 heartbeat, 0003 logout ──────► 8001 0
//	0200 location, 0704 batch ────────► lane
//	     ◄──────────────── 8001 0         after it is safe in the store
//	     ◄──────────────── 8001 1         it could not be stored: send it again
//	     ◄──────────────── 8001 2         it can never be stored
//	     ◄──────────────── 8300 text      the desk's text
//	0001 answer to it ────────────────► delivered, or failed
//	     ◄──────────────── 8203           the desk acknowledged the SOS
//	anything else ────────────────────► 8001 3, not supported
//
// Before the 0102 nothing but 0100 and 0102 is listened to, and nothing of such
// a connection reaches the lane. A number is registered by the first terminal
// that comes with it; the same one, told by maker, model and number, gets a new
// code when it has lost its own, another one only after an administrator has
// opened registration anew. The wire is not encrypted: who can listen can be
// that terminal, so the listener belongs on a carrier's private network.
//
// # What a location says
//
// Latitude and longitude are millionths of a degree, WGS-84 by the standard:
// they are taken as they are, never shifted from GCJ-02. Time is Beijing time
// (UTC+8), speed 0.1 km/h, altitude metres, direction degrees from north. A
// location without a fix (status bit 1), or whose place a plug-in has
// encrypted (bit 5), is no position: it is answered and counted. One with an
// unreadable time is refused, for nobody could tell how old it is.
//
// The SOS (alarm bit 0) is a distress of the team, once from its being set to
// its being cleared, also out of a batch of the past and also without a place.
// It is never taken back by the terminal: only the desk ends a distress. Until
// the distress is in the journal the location is answered 1 and comes again.
// After a restart, or on another node, an SOS that is still set is raised anew
// unless the distress is still open. Other alarm bits are counted when they are set.
//
// # Bounds
//
// Connections in all and of one address that have not shown a code, a deadline
// for the first frame, for the code, and between two frames, 1,023 bytes a
// body, 32 parts a message, one such message at a time, few unreadable frames
// in a row, few wrong codes of one number in ten minutes. A terminal that comes
// back replaces its old connection. A connection serves one terminal; gateways
// that send many over one connection are not.
//
// A goroutine serves each connection and waits for the store with each answer,
// so a terminal has at most one message under way. One more follows the journal
// for texts, acknowledged distress and changed devices.
package jt808
