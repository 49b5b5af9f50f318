package dispatch

import (
	"cmp"
	"slices"
)

// Picture is what lies on a realm's board at one moment: every record whole,
// whoever sees it. It is kept by folding changes into it, in their order.
type Picture map[Ref]Record

// Put lays records on the board, over those that are there.
func (p Picture) Put(records ...Record) {
	for _, r := range records {
		p[RefOf(r)] = r
	}
}

// Apply folds one change in, as the store writes it: first the records that it
// wrote at once (bulk; an import, nil where the change has no Reset), then its
// puts, then its drops. The picture shares the records with the change.
func (p Picture) Apply(c *Change, bulk []Record) {
	p.Put(bulk...)
	for _, put := range c.Puts {
		p.Put(put.Record)
	}
	for _, d := range c.Drops {
		delete(p, d.Ref)
	}
}

// Records lists the picture in the order of a snapshot: by Kinds, then by id.
func (p Picture) Records() []Record {
	out := make([]Record, 0, len(p))
	for _, r := range p {
		out = append(out, r)
	}
	rank := make(map[Kind]int, len(Kinds))
	for i, k := range Kinds {
		rank[k] = i
	}
	slices.SortFunc(out, func(a, b Record) int {
		x, y := a.head(), b.head()
		return cmp.Or(cmp.Compare(rank[x.Kind], rank[y.Kind]), cmp.Compare(x.ID, y.ID))
	})
	return out
}
