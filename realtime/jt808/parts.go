package jt808

// maxParts bounds a message; its body then has at most 32 KiB.
const maxParts = 32

// assembly puts one message together out of its parts, in whatever order they
// come. A part of another message drops what is there.
type assembly struct {
	id     ID
	first  uint16 // serial of part 1
	bodies [][]byte
	have   int
}

// add takes a part. It returns the whole message when this was the last one
// missing, with the serial of its first part; lost tells that an unfinished
// message was dropped.
func (a *assembly) add(f Frame) (whole Frame, done, lost bool, err error) {
	if f.Parts > maxParts {
		return f, false, false, errParts
	}
	first := f.Serial - (f.Part - 1)
	if a.id != f.ID || a.first != first || len(a.bodies) != int(f.Parts) {
		lost = a.have > 0
		*a = assembly{id: f.ID, first: first, bodies: make([][]byte, f.Parts)}
	}
	if a.bodies[f.Part-1] == nil {
		a.bodies[f.Part-1] = append([]byte{}, f.Body...)
		a.have++
	}
	if a.have < len(a.bodies) {
		return f, false, lost, nil
	}
	whole = f
	whole.Serial, whole.Parts, whole.Part, whole.Body = first, 0, 0, nil
	for _, b := range a.bodies {
		whole.Body = append(whole.Body, b...)
	}
	*a = assembly{}
	return whole, true, lost, nil
}
