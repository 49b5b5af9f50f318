package edxl

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// matrix is the whole table as a person checks it: a line for each next kind, a
// column for each preceding one, both in the order of Kinds. "o" the other
// side, "s" the same side, "b" both, "." never.
var matrix = []string{
	//1  2  3  4  5  6  7  8  9  10 11 12 13 14 15 16
	". . . . . . . . . . . . . . . .", //  1 RequestResource
	"o . . . . . . . . . . . . . . .", //  2 ResponseToRequestResource
	"s o . . . o o . . . . o . . . .", //  3 RequisitionResource
	"o . o . . . . . . . . . . . . .", //  4 CommitResource
	"b b b b b b b b b b b b b b b b", //  5 RequestInformation
	". . . . o . . . . . . . . . . .", //  6 ResponseToRequestInformation
	". . . . . . . . . . . . . . . .", //  7 OfferUnsolicitedResource
	". . . o . . . . o s . . . b . o", //  8 ReleaseResource
	". . . s . . . . . o . . . b o s", //  9 RequestReturn
	". . . . . . . . o . . . . . . .", // 10 ResponseToRequestReturn
	"s o . . . o o . . . . o . . . .", // 11 RequestQuote
	". . . . . . . . . . o . . . . .", // 12 ResponseToRequestQuote
	". . b b . . . b b b . . . b b b", // 13 RequestResourceDeploymentStatus
	". . . b . . . b b b . . o b b b", // 14 ReportResourceDeploymentStatus
	". . . o . . . . o . . . . b . o", // 15 RequestExtendedDeploymentDuration
	". . . . . . . . . . . . . . o .", // 16 ResponseToRequestExtendedDeploymentDuration
}

// after are two letters of a thread that fit in all but their kinds.
func after(prev, next Kind, sender string) (Letter, Letter) {
	p := Letter{"A", &Message{Kind: prev, ID: "2", Originating: "1", Resources: []ResourceInfo{{ID: "R1"}}}}
	n := Letter{sender, &Message{Kind: next, ID: "3", Originating: "1"}}
	if kindRules["PrecedingMessageID"][next.number()] != '-' {
		n.Preceding = "2"
	}
	return p, n
}

func TestMayFollow(t *testing.T) {
	t.Parallel()
	for i, next := range Kinds {
		cells := strings.Fields(matrix[i])
		for j, prev := range Kinds {
			for sender, legal := range map[string]string{"A": "sb", "B": "ob"} {
				err := MayFollow(after(prev, next, sender))
				if want := strings.Contains(legal, cells[j]); (err == nil) != want {
					t.Errorf("%s by %s after %s of A: %v, want %v", next, sender, prev, err, want)
				}
				if e := new(Error); err != nil && (!errors.As(err, &e) || e.Field != string(next) || e.MessageZH == "") {
					t.Errorf("%s after %s: %#v", next, prev, err)
				}
			}
		}
	}
}

// TestTableIsSound: the table says nothing that the schemas rule out, and each
// kind can be reached from one that begins a thread.
func TestTableIsSound(t *testing.T) {
	t.Parallel()
	var can []Kind
	for _, k := range Kinds {
		if MayStart(&Message{Kind: k, ID: "1", Originating: "1"}) == nil {
			can = append(can, k)
		}
		named := kindRules["PrecedingMessageID"][k.number()] != '-'
		preceded := slices.ContainsFunc(Kinds, func(p Kind) bool { return turnOf(p, k) != never })
		if named != preceded {
			t.Errorf("%s: PrecedingMessageID may stand: %v, something precedes it: %v", k, named, preceded)
		}
	}
	if len(can) != 10 {
		t.Errorf("a thread may begin with %v", can)
	}
	for range Kinds {
		for _, k := range slices.Clone(can) {
			for _, a := range Answers(k) {
				if !slices.Contains(can, a) {
					can = append(can, a)
				}
			}
		}
	}
	if len(can) != len(Kinds) {
		t.Errorf("only %v can be sent", can)
	}
}

func TestThreadFits(t *testing.T) {
	t.Parallel()
	recall := &Recall{MessageID: "2", Type: RecallCancel}
	for name, c := range map[string]struct {
		prev, next  Kind
		sender      string
		change      func(p, n *Message)
		field, says string // field is "" where it may follow
	}{
		"another thread":       {RequisitionResource, CommitResource, "B", func(_, n *Message) { n.Originating = "9" }, "CommitResource/OriginatingMessageID", "another thread"},
		"another predecessor":  {RequisitionResource, CommitResource, "B", func(_, n *Message) { n.Preceding = "9" }, "CommitResource/PrecedingMessageID", "does not name"},
		"no predecessor":       {RequisitionResource, CommitResource, "B", func(_, n *Message) { n.Preceding = "" }, "CommitResource/PrecedingMessageID", "does not name"},
		"none needed":          {CommitResource, ReportStatus, "B", func(_, n *Message) { n.Preceding = "" }, "", ""},
		"the same ID":          {RequisitionResource, CommitResource, "B", func(_, n *Message) { n.ID = "2" }, "CommitResource/MessageID", "message before"},
		"no such line":         {RequisitionResource, CommitResource, "B", func(_, n *Message) { n.Resources = answer("R9") }, "CommitResource/ResourceInformation/ResponseInformation/PrecedingResourceInfoElementID", "no resource"},
		"that line":            {RequisitionResource, CommitResource, "B", func(_, n *Message) { n.Resources = answer("R1") }, "", ""},
		"no kind":              {RequisitionResource, CommitResource, "B", func(p, _ *Message) { p.Kind = "x" }, "CommitResource", "is no EDXL-RM"},
		"recalls its own":      {CommitResource, CommitResource, "A", func(_, n *Message) { n.Recall = recall }, "", ""},
		"recalls another's":    {CommitResource, CommitResource, "B", func(_, n *Message) { n.Recall = recall }, "CommitResource/MessageRecall/RecallMessageID", "sent oneself"},
		"recalls another kind": {RequestReturn, CommitResource, "A", func(_, n *Message) { n.Recall = recall }, "CommitResource/MessageRecall/RecallMessageID", "same kind"},
		"recalls elsewhere":    {CommitResource, CommitResource, "A", func(_, n *Message) { n.Recall, n.Originating = recall, "3" }, "CommitResource/OriginatingMessageID", "another thread"},
		"begins anew":          {RequestResource, RequestResource, "A", func(_, n *Message) { n.Recall, n.Originating = recall, "3" }, "", ""},
		"goes on":              {RequestResource, RequestResource, "A", func(_, n *Message) { n.Recall = recall }, "", ""},
	} {
		p, n := after(c.prev, c.next, c.sender)
		c.change(p.Message, n.Message)
		err := MayFollow(p, n)
		if c.field == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refused(t, name, err, c.field, c.says)
	}
}

func answer(line string) []ResourceInfo {
	return []ResourceInfo{{ID: "R1", Response: &Response{Preceding: line, Type: Accept}}}
}

func TestMayStart(t *testing.T) {
	t.Parallel()
	refused(t, "an answer", MayStart(&Message{Kind: CommitResource, ID: "1", Originating: "1"}), "CommitResource", "cannot be the first")
	refused(t, "of another", MayStart(&Message{Kind: RequestResource, ID: "1", Originating: "2"}), "RequestResource/OriginatingMessageID", "own MessageID")
	refused(t, "follows", MayStart(&Message{Kind: RequestReturn, ID: "1", Originating: "1", Preceding: "2"}), "RequestReturn/PrecedingMessageID", "follows none")
	refused(t, "recalls", MayStart(&Message{Kind: RequestResource, ID: "1", Originating: "1", Recall: &Recall{MessageID: "2"}}), "RequestResource/MessageRecall", "nothing to recall")
	refused(t, "no kind", MayStart(&Message{Kind: "x", ID: "1", Originating: "1"}), "x", "cannot be the first")
}

// TestLoan is a whole loan, from the request to the release, with a question and
// a longer stay between.
func TestLoan(t *testing.T) {
	t.Parallel()
	story := []struct {
		sender string
		kind   Kind
		on     int // index of the message that it follows
	}{
		{"C", RequestResource, -1}, {"S", RequestInformation, 0}, {"C", ResponseToInformation, 1}, {"S", ResponseToRequestResource, 0},
		{"C", RequestQuote, 3}, {"S", ResponseToQuote, 4}, {"C", RequisitionResource, 5}, {"S", CommitResource, 6}, {"S", ReportStatus, 7},
		{"C", RequestExtension, 8}, {"S", ResponseToExtension, 9}, {"S", RequestReturn, 10}, {"C", ResponseToReturn, 11}, {"C", ReleaseResource, 12},
		{"S", RequestStatus, 13}, {"C", ReportStatus, 14}, {"S", ReportStatus, 15},
	}
	letters := []Letter{}
	for i, s := range story {
		m := randomMessage(s.kind).Example(i)
		m.ID, m.Originating, m.Preceding, m.Recall = string(rune('a'+i)), "a", "", nil
		for j := range m.Resources {
			m.Resources[j].ID = string(rune('A' + j))
			if m.Resources[j].Response != nil {
				m.Resources[j].Response.Preceding = "A"
			}
		}
		if s.on >= 0 {
			m.Preceding = letters[s.on].ID
		}
		l := Letter{s.sender, m}
		if s.on < 0 {
			if err := MayStart(m); err != nil {
				t.Error(err)
			}
		} else if err := MayFollow(letters[s.on], l); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		d := envelope(wrapped(m))
		d.Sender, d.Sent = s.sender, d.Sent.Add(time.Duration(i)*time.Minute)
		backDistribution(t, d)
		letters = append(letters, l)
	}
}
