package realtime

// pages is a list that grows without being copied and without room to spare
// beyond its last page.
type pages[T any] struct {
	page [][]T
	n    int
}

const perPage = 1024

func (p *pages[T]) len() int { return p.n }

// at is the i-th entry; there must be one.
func (p *pages[T]) at(i uint32) *T { return &p.page[i/perPage][i%perPage] }

// add appends v and returns its place.
func (p *pages[T]) add(v T) uint32 {
	if p.n%perPage == 0 {
		room := perPage
		if p.n == 0 {
			room = 16 // most lists are short
		}
		p.page = append(p.page, make([]T, 0, room))
	}
	last := &p.page[len(p.page)-1]
	*last = append(*last, v)
	p.n++
	return uint32(p.n - 1)
}
