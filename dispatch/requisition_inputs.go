package dispatch

import "time"

// RequisitionOrder takes something for an incident by a government's decision:
// what is in the register (team, equipment or stock, one of the three), or a
// thing that is described (type, name, owner).
type RequisitionOrder struct {
	Decision  string `json:"decision" doc:"number of the written decision (征用决定书文号)"`
	Incident  string `json:"incident"`
	Team      string `json:"team,omitempty"`
	Equipment string `json:"equipment,omitempty"`
	Stock     string `json:"stock,omitempty"`
	// Type, Name, Unit and the owner are told of what is in no register.
	Type         RequisitionType `json:"type,omitempty" enum:"vehicle,machine,building,site,material,other"`
	Name         string          `json:"name,omitempty"`
	Description  string          `json:"description,omitempty" doc:"plate, make, floor space …"`
	Quantity     int             `json:"quantity,omitempty" doc:"of a stock or a described thing; 1 when left out"`
	Unit         string          `json:"unit,omitempty" doc:"件 when left out"`
	Owner        string          `json:"owner,omitempty" doc:"agency that a described thing belongs to"`
	OwnerName    string          `json:"owner_name,omitempty" doc:"an owner who is no agency here"`
	OwnerContact string          `json:"owner_contact,omitempty"`
	Receiver     string          `json:"receiver,omitempty" doc:"agency that uses it; the one that leads the incident when left out"`
	Purpose      string          `json:"purpose"`
	Place        *Place          `json:"place,omitempty" doc:"where it is handed over; the incident's place when left out"`
	From         *time.Time      `json:"from,omitempty" doc:"now when left out"`
	Until        *time.Time      `json:"until,omitempty"`
	Value        int             `json:"value,omitempty" doc:"assessed value in fen"`
}

// RequisitionTake books the take-over.
type RequisitionTake struct {
	Expect
	Requisition string     `json:"requisition"`
	Condition   Condition  `json:"condition,omitempty" enum:"ready,worn,broken,scrapped" doc:"of everything but teams and supplies"`
	Note        string     `json:"note,omitempty"`
	GivenBy     string     `json:"given_by" doc:"who handed it over"`
	TakenBy     string     `json:"taken_by,omitempty" doc:"who took it over; the actor when left out"`
	Value       int        `json:"value,omitempty" doc:"assessed value in fen, where it is assessed only now"`
	EventTime   *time.Time `json:"event_time,omitempty"`
}

// RequisitionReturn books the return.
type RequisitionReturn struct {
	Expect
	Requisition string     `json:"requisition"`
	Condition   Condition  `json:"condition,omitempty" enum:"ready,worn,broken,scrapped" doc:"of everything but teams and supplies"`
	Returned    *int       `json:"returned,omitempty" doc:"how much comes back; all of it when left out"`
	Loss        string     `json:"loss,omitempty" doc:"wear, damage and loss; asked for where it is broken or less comes back"`
	Note        string     `json:"note,omitempty"`
	GivenBy     string     `json:"given_by,omitempty" doc:"who hands it back; the actor when left out"`
	TakenBy     string     `json:"taken_by" doc:"who takes it back for the owner"`
	EventTime   *time.Time `json:"event_time,omitempty"`
}

// RequisitionExtend gives a requisition another end.
type RequisitionExtend struct {
	Expect
	Requisition string     `json:"requisition"`
	Until       *time.Time `json:"until"`
	Reason      string     `json:"reason"`
}

// RequisitionEnd cancels a requisition before anything was taken over.
type RequisitionEnd struct {
	Expect
	Requisition string `json:"requisition"`
	Reason      string `json:"reason"`
}
