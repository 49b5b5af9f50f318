package main

import "context"

type backupCmd struct{}

func (backupCmd) Run(context.Context, console) error { return nil }

type restoreCmd struct{}

func (restoreCmd) Run(context.Context, console) error { return nil }
