// Package feedcheck proves the feed against the worst: a log is played into a
// server while consoles of many roles listen, the server is killed without
// warning and started again, and consoles are cut at random. In the end each
// console must hold, byte for byte, what a fresh snapshot shows it, and must
// have received exactly the changes that the journal shows it: none missing,
// none twice.
package feedcheck
