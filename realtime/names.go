package realtime

import (
	"hash/maphash"
	"strings"
)

// names gives ids small numbers, counted from 0 in the order in which they came,
// and knows them again. A number stands for its id as long as the program runs.
// It holds an id in half the memory of a map.
type names struct {
	seed  maphash.Seed
	slots []uint32 // number + 1 of the id that hashes here, 0: none; a power of two of them
	ids   pages[string]
}

// find returns the id's number, if it has one.
func (n *names) find(id string) (uint32, bool) {
	if len(n.slots) == 0 {
		return 0, false
	}
	s := n.slots[n.slot(id)]
	return s - 1, s != 0
}

// number returns the id's number and gives it one where it has none.
func (n *names) number(id string) uint32 {
	if k, ok := n.find(id); ok {
		return k
	}
	if 4*n.ids.len() >= 3*len(n.slots) {
		n.grow()
	}
	at := n.slot(id)
	k := n.ids.add(strings.Clone(id)) // the caller's may be a piece of something large
	n.slots[at] = k + 1
	return k
}

// slot is where the id is, or would be.
func (n *names) slot(id string) int {
	mask := len(n.slots) - 1
	i := int(maphash.String(n.seed, id)) & mask
	for n.slots[i] != 0 && *n.ids.at(n.slots[i] - 1) != id {
		i = (i + 1) & mask
	}
	return i
}

func (n *names) grow() {
	if len(n.slots) == 0 {
		n.seed = maphash.MakeSeed()
	}
	n.slots = make([]uint32, max(16, 2*len(n.slots)))
	for k := range uint32(n.ids.len()) {
		n.slots[n.slot(*n.ids.at(k))] = k + 1
	}
}

// id is the id with the number.
func (n *names) id(k uint32) string { return *n.ids.at(k) }
