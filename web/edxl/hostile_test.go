package edxl

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileIsCheap: within the bounds nothing that a stranger can send costs
// more than a moment. Each document is as bad as it can be in one way.
func TestHostileIsCheap(t *testing.T) {
	t.Parallel()
	right := string(mustEncode(t, commitment()))
	in := func(old, with string) string { return strings.Replace(right, old, with, 1) }
	var nested strings.Builder
	for i := range 28 {
		fmt.Fprintf(&nested, "<d%d", i)
		for j := range MaxAttrs {
			fmt.Fprintf(&nested, ` xmlns:p%dx%d="u"`, i, j)
		}
		nested.WriteByte('>')
	}
	for name, text := range map[string]string{
		"text in pieces":    in("两辆", strings.Repeat("a<!---->", 120_000)),
		"text in sections":  in("两辆", strings.Repeat("<![CDATA[a]]>", 70_000)),
		"many of one name":  in("<rmsg:Funding>", strings.Repeat("<rmsg:Funding/>", 19_000)+"<rmsg:Funding>"),
		"many unknown":      in("<rmsg:Funding>", strings.Repeat("<x/>", 19_000)+"<rmsg:Funding>"),
		"many prefixes":     nested.String() + strings.Repeat("<p0x0:a/>", 17_000),
		"many attributes":   in("<rmsg:Funding>", strings.Repeat("<x "+manyAttributes()+"/>", 1_500)+"<rmsg:Funding>"),
		"a long name":       in("<rmsg:Funding>", "<"+strings.Repeat("x", 900_000)+"/><rmsg:Funding>"),
		"a long root":       "<" + strings.Repeat("x", 900_000) + "/>",
		"a long attribute":  in("<rmsg:Funding>", "<rmsg:Funding "+strings.Repeat("x", 900_000)+"=''>"),
		"a long prefix":     in("<rmsg:Funding>", "<"+strings.Repeat("x", 900_000)+":a/><rmsg:Funding>"),
		"a long declared":   in("<rmsg:Funding>", "<rmsg:Funding xmlns:"+strings.Repeat("x", 900_000)+"=''>"),
		"a long value":      in(">Accept<", ">"+strings.Repeat("x", 900_000)+"<"),
		"a long URI":        in("urn:radio", strings.Repeat(" ", 900_000)+"x"),
		"a long entity":     in("两辆", "&"+strings.Repeat("x", 900_000)+";"),
		"a long end":        in("</rmsg:Funding>", "</"+strings.Repeat("x", 900_000)+">"),
		"a long number":     in("<rm:Amount>1<", "<rm:Amount>"+strings.Repeat("1", 900_000)+"<"),
		"many coordinates":  in(pos, "<gml:pos>"+strings.Repeat("1 ", 450_000)+"</gml:pos>"),
		"a long white text": in(asSender, asSender+strings.Repeat(" \n", 450_000)),
	} {
		if len(text) > MaxBytes {
			t.Fatalf("%s: %d bytes are refused at once", name, len(text))
		}
		begin := time.Now()
		_, err := Decode([]byte(text))
		took := time.Since(begin)
		t.Logf("%s: %v, %.200v", name, took, err)
		if err != nil && len(err.Error())+len(err.(*Error).MessageZH) > 1500 {
			t.Errorf("%s: %d bytes of words", name, len(err.Error()))
		}
		// A slow machine with the race detector stays far below; what is quadratic does not.
		if took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}
