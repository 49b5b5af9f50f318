package edxl

import (
	"bytes"
	"fmt"
	"strconv"
)

// The bounds of one document. The largest honest message is a requisition with
// some hundred resources; the bounds leave it room and a stranger none.
const (
	MaxBytes    = 1 << 20 // bytes of XML
	MaxDepth    = 32      // elements inside each other
	MaxElements = 20_000  // elements in all
	MaxAttrs    = 64      // attributes of one element, namespace declarations among them
	MaxList     = 1000    // elements of one name side by side
)

// node is an element of a document with its names resolved.
type node struct {
	parent       *node
	space, local string
	attrs        []Attr
	head         []byte // character data before the first child
	tail         []byte // character data after the end tag
	kids         []*node
}

// path names the node from the root.
func (n *node) path() string {
	if n == nil {
		return ""
	}
	name := cut(n.local)
	if n.parent == nil {
		return name
	}
	index, of := 0, 0
	for _, k := range n.parent.kids {
		if k.local == n.local {
			of++
		}
		if k == n {
			index = of
		}
	}
	if of > 1 {
		name += "[" + strconv.Itoa(index) + "]"
	}
	return n.parent.path() + "/" + name
}

// text is all character data directly inside the node.
func (n *node) text() string {
	if len(n.kids) == 0 {
		return string(n.head)
	}
	all := bytes.Clone(n.head)
	for _, k := range n.kids {
		all = append(all, k.tail...)
	}
	return string(all)
}

func tooLarge(path, zh, en string, most int, unitZH, unit string) error {
	return &Error{Code: TooLarge, Field: path, Value: most,
		Message:   fmt.Sprintf("%s has at most %d %s", en, most, unit),
		MessageZH: fmt.Sprintf("%s最多 %d %s", zh, most, unitZH)}
}
