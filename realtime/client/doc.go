// Package client is a console without a screen: it takes the snapshot, listens
// to the socket, keeps the picture, and resumes with its cursor after a cut. It
// checks the feed's contract as it goes, and tells how often it was broken,
// which must be never. The replay, the bench and the check of the feed use it.
//
// It holds records as the bytes that came over the wire, so that its picture
// can be compared with a fresh snapshot byte for byte.
package client
