package edxl

import "strings"

// Kind is what a message asks or tells. Its text is the name of the root
// element and the MessageContentType.
type Kind string

// The kinds, in the order of the standard. The arrow says who writes to whom:
// the consumer needs the resource, the supplier has it.
const (
	RequestResource           Kind = "RequestResource"                             // consumer → supplier
	ResponseToRequestResource Kind = "ResponseToRequestResource"                   // supplier → consumer
	RequisitionResource       Kind = "RequisitionResource"                         // consumer → supplier
	CommitResource            Kind = "CommitResource"                              // supplier → consumer
	RequestInformation        Kind = "RequestInformation"                          // any → any
	ResponseToInformation     Kind = "ResponseToRequestInformation"                // any → any
	OfferUnsolicited          Kind = "OfferUnsolicitedResource"                    // supplier → consumer
	ReleaseResource           Kind = "ReleaseResource"                             // consumer → supplier
	RequestReturn             Kind = "RequestReturn"                               // supplier → consumer
	ResponseToReturn          Kind = "ResponseToRequestReturn"                     // consumer → supplier
	RequestQuote              Kind = "RequestQuote"                                // consumer → supplier
	ResponseToQuote           Kind = "ResponseToRequestQuote"                      // supplier → consumer
	RequestStatus             Kind = "RequestResourceDeploymentStatus"             // any → any
	ReportStatus              Kind = "ReportResourceDeploymentStatus"              // any → any
	RequestExtension          Kind = "RequestExtendedDeploymentDuration"           // consumer → supplier
	ResponseToExtension       Kind = "ResponseToRequestExtendedDeploymentDuration" // supplier → consumer
)

// Kinds are all sixteen, in the order of the standard.
var Kinds = []Kind{
	RequestResource, ResponseToRequestResource, RequisitionResource, CommitResource,
	RequestInformation, ResponseToInformation, OfferUnsolicited, ReleaseResource,
	RequestReturn, ResponseToReturn, RequestQuote, ResponseToQuote,
	RequestStatus, ReportStatus, RequestExtension, ResponseToExtension,
}

var kindNames = []string{
	"请求资源", "答复资源请求", "调用资源", "承诺资源",
	"请求信息", "答复信息请求", "主动提供资源", "释放资源",
	"请求归还", "答复归还请求", "询价", "答复询价",
	"查询部署状态", "报告部署状态", "请求延长部署", "答复延长部署请求",
}

// number is the kind's place in Kinds, from 0; -1 for what is no kind.
func (k Kind) number() int {
	for i, other := range Kinds {
		if other == k {
			return i
		}
	}
	return -1
}

// NameZH is the Chinese name of the kind, "" for what is no kind.
func (k Kind) NameZH() string {
	if i := k.number(); i >= 0 {
		return kindNames[i]
	}
	return ""
}

// kindRules says what stands in which kind, one letter for each kind in the
// order of Kinds: "-" never, "?" at most once, "1" once, "*" any number, "+"
// once at least. Elements that are not named here are the same in all. It
// is the sixteen schemas side by side; a test holds it against them.
var kindRules = map[string]string{
	"MessageDescription": "????1???????????",
	"PrecedingMessageID": "-1?1?1-??1?1???1",
	"Funding":            "**+***-*********",

	"ResourceInformation":                     "++++**++++++++++",
	"ResourceInformation/ResponseInformation": "-1-1-?-?-1?1-?-1",
	"ResourceInformation/Resource":            "1?1???111?1?1?1?",

	"ResourceInformation/Resource/ResponsibleParty":                        "-???????????????",
	"ResourceInformation/Resource/OwnershipInformation":                    "-???????????????",
	"ResourceInformation/Resource/ResourceStatus":                          "-?-??????1-?-???",
	"ResourceInformation/Resource/ResourceStatus/InventoryRefreshDateTime": "-?-????----?-?--",
	"ResourceInformation/Resource/ResourceStatus/DeploymentStatus":         "-?-??????1-?-???",
	"ResourceInformation/Resource/ResourceStatus/Availability":             "-?--?????1-?-???",

	"ResourceInformation/AssignmentInformation":                        "??1?????????????",
	"ResourceInformation/AssignmentInformation/Quantity":               "??11???1????????",
	"ResourceInformation/AssignmentInformation/PriceQuote":             "-?????????-1????",
	"ResourceInformation/AssignmentInformation/OrderID":                "---???-???--????",
	"ResourceInformation/AssignmentInformation/AssignmentInstructions": "-?????????????-?",
}

// scheduleWords says which ScheduleType stands in which kind: "x" it may.
var scheduleWords = []struct {
	word ScheduleType
	in   string
}{
	{RequestedArrival, "xxxxxx-xxxxxxxxx"},
	{EstimatedArrival, "-xxxxxxxxx-xxxxx"},
	{ActualArrival, "----xx-xxx--xxxx"},
	{RequestedDeparture, "xxxxxx-xxxxxxxxx"},
	{EstimatedDeparture, "-xxxxxxxxx-xxxxx"},
	{ActualDeparture, "---xxx-xxx--xxxx"},
	{EstimatedReturnDeparture, "xxxxxx-x-xxxxxxx"},
	{EstimatedReturnArrival, "x-xxxx-x-xxxxxxx"},
	{ActualReturnArrival, "----xx------xx--"},
	{RequestedReturnDeparture, "-x-xxxxxxx-xxxxx"},
	{RequestedReturnArrival, "-x-xxxxxxx-xxxxx"},
	{ActualReturnDeparture, "----xx-x-x--xx--"},
	{BeginAvailable, "-x-xxxxxxx-xxx--"},
	{EndAvailable, "-x-xxxxxxx-xxx-x"},
	{Committed, "---xxx-xxx--xxxx"},
	{Current, "---xxx-x-x---x--"},
	{ReportTo, "xxxxxx-xxxxxxxxx"},
	{Route, "xxxxxxxxxxxxxxxx"},
}

// scopes are the two tables above, one for each kind.
var scopes = func() map[Kind]scope {
	all := map[Kind]scope{}
	for i, k := range Kinds {
		s := scope{kind: k, rules: map[string]byte{}, words: map[string][]string{}}
		for path, letters := range kindRules {
			s.rules[path] = letters[i]
		}
		const path = "ResourceInformation/ScheduleInformation/ScheduleType"
		for _, w := range scheduleWords {
			if w.in[i] == 'x' {
				s.words[path] = append(s.words[path], string(w.word))
			}
		}
		all[k] = s
	}
	return all
}()

func kindList() (words []string, joined string) {
	for _, k := range Kinds {
		words = append(words, string(k))
	}
	return words, strings.Join(words, ", ")
}
