package bench

import "context"

func (b *bench) secured(ctx context.Context, f *Figures) error { return nil }
