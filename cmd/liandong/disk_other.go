//go:build !linux

package main

import "liandong/web"

// disk is not measured on this system.
func disk(string) *web.Disk { return nil }
