package dispatch

import "time"

// Requisition (征用) is what a government takes for a rescue by its order: a
// registered team, item or quantity of a supply, or a thing that is in no
// register. It is given back promptly after use, and what was used, damaged or
// lost is compensated (Emergency Response Law, articles 12 and 76; State Council
// Order 708, articles 18 and 26). It holds what an account of that needs: the
// decision, the owner, the condition at both ends, value, period and loss.
type Requisition struct {
	Head
	// Decision is the number of the written decision (征用决定书文号); one decision
	// may take several things, each of which is a requisition.
	Decision  string           `json:"decision"`
	Incident  string           `json:"incident"`
	Authority string           `json:"authority" doc:"the government agency that decides"`
	State     RequisitionState `json:"state" enum:"ordered,taken_over,returned,cancelled"`
	Next      RequisitionState `json:"next,omitempty" doc:"the usual next step"`
	Type      RequisitionType  `json:"type" enum:"team,equipment,stock,vehicle,machine,building,site,material,other"`
	// Resource is what is taken, where it is in the register.
	Resource    *Ref   `json:"resource,omitempty"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty" doc:"what tells it apart: plate, make, floor space"`
	Quantity    int    `json:"quantity"`
	Unit        string `json:"unit"`
	// Owner is the agency that it belongs to; OwnerName and OwnerContact name an
	// owner who is no agency here. They are personal data.
	Owner        string `json:"owner,omitempty" doc:"agency"`
	OwnerName    string `json:"owner_name,omitempty" doc:"personal data"`
	OwnerContact string `json:"owner_contact,omitempty" doc:"personal data"`
	// Receiver is the agency that uses it: it is the holder meanwhile.
	Receiver string     `json:"receiver" doc:"agency"`
	Purpose  string     `json:"purpose"`
	Place    Place      `json:"place" doc:"where it is handed over"`
	From     time.Time  `json:"from"`
	Until    *time.Time `json:"until,omitempty" doc:"left out: until it is no longer needed"`
	// Value is what it was assessed at when it was taken over, in fen.
	Value     int                        `json:"value,omitempty" doc:"assessed value in fen"`
	TakenOver *Handover                  `json:"taken_over,omitempty"`
	CameBack  *Handover                  `json:"came_back,omitempty"`
	Returned  int                        `json:"returned,omitempty" doc:"how much of the quantity came back"`
	Loss      string                     `json:"loss,omitempty" doc:"wear, damage and loss, in words"`
	Reason    string                     `json:"reason,omitempty" doc:"why it was cancelled"`
	Stamps    map[RequisitionState]Stamp `json:"stamps"`
}

// Handover is the moment at which the thing changes hands.
type Handover struct {
	Condition Condition `json:"condition,omitempty" enum:"ready,worn,broken,scrapped"`
	Note      string    `json:"note,omitempty"`
	GivenBy   string    `json:"given_by" doc:"who handed it over: personal data"`
	TakenBy   string    `json:"taken_by" doc:"who took it over: personal data"`
}

// RequisitionState is where a requisition is.
type RequisitionState string

// The states of a requisition.
const (
	RequisitionOrdered   RequisitionState = "ordered"    // 已决定
	RequisitionTakenOver RequisitionState = "taken_over" // 已接收
	RequisitionReturned  RequisitionState = "returned"   // 已返还
	RequisitionCancelled RequisitionState = "cancelled"  // 已撤销
)

// requisitionMoves is every legal move, the usual next step first.
var requisitionMoves = map[RequisitionState][]RequisitionState{
	RequisitionOrdered:   {RequisitionTakenOver, RequisitionCancelled},
	RequisitionTakenOver: {RequisitionReturned},
	RequisitionReturned:  {}, RequisitionCancelled: {},
}

// RequisitionType says what is taken.
type RequisitionType string

// The types of what is taken. The first three are in the register.
const (
	TakeTeam      RequisitionType = "team"      // 队伍
	TakeEquipment RequisitionType = "equipment" // 装备
	TakeStock     RequisitionType = "stock"     // 物资
	TakeVehicle   RequisitionType = "vehicle"   // 车辆
	TakeMachine   RequisitionType = "machine"   // 工程机械
	TakeBuilding  RequisitionType = "building"  // 房屋
	TakeSite      RequisitionType = "site"      // 场地
	TakeMaterial  RequisitionType = "material"  // 其他物资
	TakeOther     RequisitionType = "other"     // 其他
)

// RequisitionTypes lists what can be taken.
var RequisitionTypes = []RequisitionType{TakeTeam, TakeEquipment, TakeStock, TakeVehicle, TakeMachine, TakeBuilding, TakeSite, TakeMaterial, TakeOther}

// Open tells whether the owner is without what was taken.
func (q *Requisition) Open() bool {
	return q.State == RequisitionOrdered || q.State == RequisitionTakenOver
}

// mostValue bounds an assessed value: ten billion yuan, in fen.
const mostValue = 1_000_000_000_000

func (q *Requisition) check() error {
	switch {
	case !oneOf(q.Type, RequisitionTypes):
		return invalid("type", q.Type, "未知的征用对象类型", "unknown type of what is taken", words(RequisitionTypes)...)
	case q.Quantity < 1 || q.Quantity > mostQuantity:
		return invalid("quantity", q.Quantity, "数量应为 1 至一百万", "the quantity is 1 to 1,000,000", "1 to 1000000")
	case q.Value < 0 || q.Value > mostValue:
		return invalid("value", q.Value, "价值应为 0 至一百亿元（以分计）", "the value is 0 to 10,000,000,000 yuan, in fen")
	case q.Owner == "" && q.OwnerName == "":
		return invalid("owner", "", "请写明被征用单位或个人", "whose it is is missing: owner or owner_name", "owner", "owner_name")
	case q.Until != nil && !q.Until.After(q.From):
		return invalid("until", q.Until, "征用期限应晚于开始时间", "the end lies before the beginning", "a time later than "+q.From.Format(time.RFC3339))
	}
	return firstError(checkText("decision", q.Decision, 1, 60), checkText("name", q.Name, 1, 80), checkText("description", q.Description, 0, 300),
		checkText("unit", q.Unit, 1, 10), checkText("owner_name", q.OwnerName, 0, 80), checkText("owner_contact", q.OwnerContact, 0, 80),
		checkText("purpose", q.Purpose, 1, 200), checkText("reason", q.Reason, 0, 300), checkText("loss", q.Loss, 0, 500),
		q.Place.check("place"), q.TakenOver.check(), q.CameBack.check())
}

func (h *Handover) check() error {
	if h == nil {
		return nil
	}
	if h.Condition != "" && !oneOf(h.Condition, Conditions) {
		return invalid("condition", h.Condition, "未知的状态", "unknown condition", words(Conditions)...)
	}
	return firstError(checkText("note", h.Note, 0, 300), checkText("given_by", h.GivenBy, 1, 60), checkText("taken_by", h.TakenBy, 1, 60))
}

func (q *Requisition) redacted() Record {
	c := *q
	c.OwnerName, c.OwnerContact, c.Reason, c.Scope, c.Stamps = "", "", "", q.Scope.public(), unsigned(q.Stamps)
	c.TakenOver, c.CameBack = q.TakenOver.redacted(), q.CameBack.redacted()
	return &c
}

// redacted leaves the condition alone: names and notes go.
func (h *Handover) redacted() *Handover {
	if h == nil {
		return nil
	}
	return &Handover{Condition: h.Condition}
}

// enter moves the requisition to a state and stamps it, once.
func (q *Requisition) enter(to RequisitionState, s Stamp) {
	q.State, q.Next = to, ""
	if next := requisitionMoves[to]; len(next) > 0 {
		q.Next = next[0]
	}
	stampOnce(&q.Stamps, to, s)
}
