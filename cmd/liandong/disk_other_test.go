//go:build !linux

package main

import "errors"

func mountSmall(string, string) error { return errors.New("only Linux can") }

func unmount(string) error { return nil }
